"""A PostgreSQL server for tests: Debian's, on a Unix socket in a folder of its own, as no root user."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import psycopg

DEBIAN_BINARIES = "/usr/lib/postgresql"


def binaries() -> Path | None:
    """Return the folder of the newest installed server, None where there is none."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(
        (path for path in Path(DEBIAN_BINARIES).glob("*/bin") if (path / "initdb").exists()),
        key=lambda path: float(path.parent.name),
    )
    return installed[-1] if installed else None


class PostgresServer:
    """A running server; a context manager. What it keeps is gone with it, so it never syncs."""

    def __init__(self, folder_of_binaries: Path) -> None:
        self._binaries = folder_of_binaries
        # Not below pytest's folder, which another user may not enter; short, as socket paths must be.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _unprivileged()
        self._number = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._user:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "-D", "data", "-U", "store", "-A", "trust", "-E", "UTF8", "-N")
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._binaries / "postgres",
                    *("-D", "data", "-k", self._folder, "-h", "", "-F"),
                    *("-c", "full_page_writes=off", "-c", "autovacuum=off"),
                    *("-c", "shared_buffers=32MB", "-c", "deadlock_timeout=200ms"),
                ],
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        self._wait()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
        shutil.rmtree(self._folder)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql://store@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Make a database and return its name."""
        self._number += 1
        name = f"test_{self._number}"
        with self._administer() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    def _administer(self) -> "psycopg.Connection":
        import psycopg

        return psycopg.connect(
            host=str(self._folder), user="store", dbname="postgres", autocommit=True
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self._as_user(),
        )
        assert done.returncode == 0, done.stdout.decode()

    def _as_user(self) -> dict[str, object]:
        options: dict[str, object] = {
            "cwd": self._folder,
            "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        }
        if self._user:
            options |= {"user": self._user, "group": _group(self._user), "extra_groups": []}
        return options

    def _wait(self) -> None:
        import psycopg

        give_up = time.monotonic() + 240
        while True:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            try:
                self._administer().close()
            except psycopg.OperationalError:
                assert time.monotonic() < give_up, (self._folder / "log").read_text()
                time.sleep(0.05)
            else:
                return


def _unprivileged() -> str | None:
    """Return the user to run as, None for this process's own: the server refuses root."""
    if os.getuid() != 0:
        return None
    users = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
