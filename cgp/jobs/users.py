"""Users of the NATS server: their keys, their subjects, and the rights of each.

Subjects, with the public key of a worker in the place of WORKER:

- ``jobs.ask.WORKER``: a gateway asks
- ``jobs.frame.WORKER.GATEWAY.JOB``: a worker answers
- ``jobs.frame.WORKER.GATEWAY.beats``: a worker tells which of its jobs are still at work
- ``jobs.tell.WORKER``: a gateway tells which jobs it still wants, and which it cancels
- ``jobs.census``: a gateway asks all workers for their state at once
- ``jobs.here.OWNER.WORKER``: a worker tells its state

Nodes of ``cgp.mycelium`` share the server and talk under ``mycelium.``: they need no jobs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cgp.durable_files import private_folder, write_whole
from cgp.jobs.errors import JobsExtraError

CENSUS: Final = "jobs.census"
BEATS: Final = "beats"
"""Stands in the place of a job for the signs of life of many quiet ones."""
MYCELIUM_PREFIX: Final = "mycelium"
_PUBLIC_KEY = re.compile(r"U[A-Z2-7]{55}")
_USER_PREFIX = 20 << 3


class Role(StrEnum):
    """Part that a user plays."""

    GATEWAY = "gateway"
    WORKER = "worker"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class User:
    """A key that may connect, its part, and (for a worker) the token of its owner."""

    public_key: str
    role: Role
    owner: str = ""


def owner_token(owner: str) -> str:
    """Return the name of an owner as a token of a subject: 32 hexadecimal digits."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]


def ask_subject(worker: str) -> str:
    """Return the subject at which a worker is asked."""
    return f"jobs.ask.{worker}"


def tell_subject(worker: str) -> str:
    """Return the subject at which a worker hears which jobs are wanted and cancelled."""
    return f"jobs.tell.{worker}"


def here_subject(owner: str, worker: str) -> str:
    """Return the subject at which a worker tells its state."""
    return f"jobs.here.{owner}.{worker}"


def frame_subject(worker: str, gateway: str, job: str) -> str:
    """Return the subject of the frames of a job; ``*`` stands for every one."""
    return f"jobs.frame.{worker}.{gateway}.{job}"


def is_public_key(text: str) -> bool:
    """Tell if a text has the form of a user's public key and the right checksum."""
    if not _PUBLIC_KEY.fullmatch(text):
        return False
    import base64

    from nkeys import crc16

    raw = base64.b32decode(text)
    return bool(int.from_bytes(raw[-2:], "little") == crc16(bytearray(raw[:-2])))


def own_seed(path: Path) -> str:
    """Return the seed of this machine's user from a file, made where it is missing.

    Raises:
        JobsExtraError: if the package ``nkeys`` is missing.
        OSError: if the file cannot be read or written.
    """
    try:
        import nkeys
    except ImportError:
        raise JobsExtraError("chat needs the package nkeys, of the extra chat") from None
    if not path.exists():
        private_folder(path.parent)
        write_whole(path, bytes(nkeys.encode_seed(os.urandom(32), _USER_PREFIX)))
    return path.read_text(encoding="ascii").strip()


def public_key_of(seed: str) -> str:
    """Return the public key that belongs to a seed."""
    import nkeys

    return str(nkeys.from_seed(bytearray(seed, "ascii")).public_key.decode())


def permissions(user: User) -> Mapping[str, Any]:
    """Return the permissions of a user, as the server's configuration has them."""
    if user.role is Role.GATEWAY:
        return {
            "publish": ["jobs.ask.*", "jobs.tell.*", CENSUS],
            "subscribe": ["jobs.here.*.*", frame_subject("*", user.public_key, "*")],
        }
    if user.role is Role.NODE:
        # Their messages are signed one by one, so any node may use any of these subjects.
        subjects = [f"{MYCELIUM_PREFIX}.*"]
        return {"publish": subjects, "subscribe": subjects}
    # A worker answers under its own name alone, and a gateway takes a job's frames from the worker
    # that it asked. (NATS' own ``allow_responses`` forgets what it allowed when users change.)
    return {
        "publish": [
            here_subject(user.owner, user.public_key),
            frame_subject(user.public_key, "*", "*"),
        ],
        "subscribe": [ask_subject(user.public_key), tell_subject(user.public_key), CENSUS],
    }


def authorization(users: Iterable[User]) -> str:
    """Return the part ``authorization`` of a NATS server's configuration for these users.

    Raises:
        ValueError: for no users, since the server would let everybody in.
    """
    entries = [
        {"nkey": user.public_key, "permissions": permissions(user)}
        for user in sorted(users, key=lambda user: user.public_key)
    ]
    if not entries:
        raise ValueError("a NATS server without users lets everybody in")
    # The server reads JSON as its own format.
    return f"authorization: {json.dumps({'timeout': 2, 'users': entries}, indent=2)}\n"
