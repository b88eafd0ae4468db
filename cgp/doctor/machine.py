"""Checks of this machine: Python, the SDK, ``.env``, the disk, the store, the ports."""

from __future__ import annotations

import os
import resource
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import sqlalchemy as sa

from cgp.annotators.embedded.dictionaries import (
    WITH_DICTIONARY,
    dictionary_languages,
    dictionary_names,
)
from cgp.counts import counted
from cgp.doctor.findings import Examination, Finding, Role, error, warning, well
from cgp.extras import how_to_install
from cgp.settings_reference import settings_reference, unknown_names
from cgp.sqlite_files import open_sqlite
from cgp.store import FAILED, Store, StoreError

LEAST_PYTHON: Final = (3, 11)
SDK: Final = "11.3."
# A store that cannot grow stops a neuron, so too little room is an error; a little more is a
# warning in time.
LEAST_FREE: Final = 200 * 2**20
LITTLE_FREE: Final = 2 * 2**30
# Each connection takes an open file, and a miner serves many addresses at once.
FILES: Final = 4096

# A working program holds the store's write lock for milliseconds: one that holds it for 2 s hangs.
_LOCK_SECONDS = 2.0


def check_python(case: Examination) -> Iterator[Finding]:
    """Look at the versions of Python and of the SDK."""
    version = ".".join(map(str, case.python))
    if case.python < LEAST_PYTHON:
        yield error(
            "python", f"Python {version} is too old", "install 3.11 or newer, run ./setup.sh"
        )
    else:
        yield well("python", f"Python {version}")
    if case.sdk.startswith(SDK):
        yield well("sdk", f"bittensor {case.sdk}")
    else:
        yield error(
            "sdk",
            f"bittensor {case.sdk} is not {SDK}*",
            "run ./setup.sh: it installs the right one",
        )


def check_dictionaries(_case: Examination) -> Iterator[Finding]:
    """Say how words of Japanese and Chinese are read: both ways are well."""
    names = ", ".join(dictionary_names()) or "none for Japanese and Chinese"
    is_whole = len(dictionary_languages()) == len(WITH_DICTIONARY)
    further = "" if is_whole else f" (to add words of both: {how_to_install('dictionaries')})"
    yield well("dictionaries", names + further)


def check_env_file(case: Examination) -> Iterator[Finding]:
    """Look at the ``.env``: its place, unknown names in it, and the users that can read its
    secrets.
    """
    file = case.env_file
    if not file.is_file():
        yield well("env", f"no {file}: settings come from flags and the environment")
        return
    yield well("env", f"settings come from {file}")
    for name, support_by_meaning in unknown_names(file).items():
        hint = (
            f"write {support_by_meaning}"
            if support_by_meaning
            else "remove it; cgp config lists what there is"
        )
        yield warning("env names", f"{name} in {file} is not a setting, and ignored", hint)
    secrets = [s.variable for s in settings_reference() if s.secret]
    text = file.read_text(encoding="utf-8", errors="replace")
    open_to_all = file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    # A key on the first line has no line break before it, hence the one in front of the text.
    if open_to_all and any(f"\n{name}=" in f"\n{text}" for name in secrets):
        yield warning(
            "env secrets",
            f"others on this machine can read the keys in {file}",
            f"chmod 600 {file}",
        )


def check_disk(case: Examination) -> Iterator[Finding]:
    """Look at whether ``DATA_DIR`` can be written, and at the room that is left."""
    folder = case.settings.data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permissions do not tell of a full disk or one that is mounted read-only: only a write
        # does.
        probe = folder / ".doctor"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as problem:
        yield error(
            "data folder",
            f"{folder} cannot be written: {problem.strerror}",
            "set DATA_DIR to a folder of the user that runs the neuron",
        )
        return
    free = case.free_bytes(folder)
    if free < LEAST_FREE:
        yield error(
            "disk",
            f"{free / 2**20:.0f} MiB free",
            "make room: cgp state --prune 30 --compact drops old answers",
        )
    elif free < LITTLE_FREE:
        yield warning(
            "disk", f"{free / 2**30:.1f} GiB free", "make room soon: cgp state --prune 30 --compact"
        )
    else:
        yield well("disk", f"{free / 2**30:.0f} GiB free for {folder}")


def check_files(_case: Examination) -> Iterator[Finding]:
    """Look at how many connections the operating system allows this user."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # A limit of -1 means that there is none.
    if 0 <= soft < FILES:
        yield warning("open files", f"at most {soft} open files", f"raise it: ulimit -n {FILES}")
    else:
        yield well("open files", f"at most {soft} open files")


def check_store(case: Examination) -> Iterator[Finding]:
    """Look at whether the store opens, is whole, and can be written."""
    remedy = "cgp state --repair, or cgp restore FILE from a backup"
    try:
        url = sa.make_url(case.settings.store_url)
        # Before ``Store`` opens the file: damage and a held lock get messages of their own.
        if url.get_backend_name() == "sqlite" and url.database and Path(url.database).exists():
            _try_sqlite(Path(url.database))
        store = Store(case.settings.store_url)
    except sqlite3.OperationalError as problem:
        yield error(
            "store",
            f"the store cannot be written: {problem}",
            "stop the program that holds it (fuser DATA_DIR/store.sqlite), or make room on the disk",
        )
        return
    except sqlite3.DatabaseError as problem:
        yield error("store", f"the store is damaged: {problem}", remedy)
        return
    except (StoreError, sa.exc.SQLAlchemyError, OSError) as problem:
        yield error(
            "store", str(problem), "see DATA_DIR and DATABASE_URL; an older program needs an update"
        )
        return
    try:
        counts = store.count_conversations()
        yield well("store", f"{store.url}: {counted(sum(counts.values()), 'conversation')}")
        if case.role is Role.VALIDATOR and (failures := counts[FAILED]):
            yield warning(
                "failed conversations", f"{failures} were given up", "cgp state --requeue-failed"
            )
    finally:
        store.close()


def _try_sqlite(file: Path) -> None:
    connection = open_sqlite(file, busy_seconds=_LOCK_SECONDS)
    try:
        # One fault is enough to know, and quick_check leaves the contents of the indexes out.
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        # Takes the write lock and gives it back: it shows whether this user may write, and changes
        # nothing.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()


async def check_own_ports(case: Examination, hotkey: str | None) -> list[Finding]:
    """Check that the port that the neuron listens on is free, or is the neuron's own already."""
    settings = case.settings
    if case.role is Role.MINER:
        host, port, flag = settings.axon.host, settings.axon.port, "--axon.port"
    else:
        host, health_port = settings.validator.health_host, settings.validator.health_port
        port, flag = health_port or 0, "--validator.health_port"
        if health_port is None:
            text, remedy = "no health page is served", "set --validator.health_port 9100"
            return [warning("port", text, remedy)]
    if port == 0 or _is_free(host, port):
        return [well("port", f"{host}:{port} is free" if port else "any free port is taken")]
    # A server on 0.0.0.0 or :: listens on every interface; a client needs one address of it.
    url = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}/healthz"  # noqa: S104
    try:
        timeout = aiohttp.ClientTimeout(total=min(3.0, case.seconds))
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as reply:
            document = await reply.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        document = {}
    # A chained comparison: the page names our hotkey, and there is a hotkey.
    if isinstance(document, dict) and document.get("hotkey") == hotkey is not None:
        status = str(document.get("status"))
        if status == "ok":
            return [well("port", f"{host}:{port} is this neuron, running and ready")]
        why = "; ".join(str(p.get("reason")) for p in document.get("problems", [])) or status
        return [error("port", f"the neuron runs on {host}:{port}, and says: {why}", f"see {url}")]
    return [
        error("port", f"{host}:{port} is taken by another program", f"choose another with {flag}")
    ]


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the neuron's own socket: a port that a stopped neuron has just left counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_user(_case: Examination) -> Iterator[Finding]:
    """Look at whether the neuron would run as root."""
    if os.geteuid() == 0:
        yield warning("user", "this is root", "run neurons as a user of their own")
    else:
        yield well("user", "not root")
