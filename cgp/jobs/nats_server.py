"""The product's own NATS server: the system's program or the wheel's, as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.child_process import end, start_apart
from cgp.durable_files import open_private, private_folder, write_whole
from cgp.jobs.errors import JobsExtraError, NatsServerError
from cgp.jobs.users import User, authorization

logger = logging.getLogger(__name__)

MAX_PAYLOAD: Final = 4 << 20
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_RELOAD_SECONDS = 5.0
_RELOAD_POLL_SECONDS = 0.01
_RELOADED = b"Reloaded server configuration"
_NOT_RELOADED = b"Failed to reload"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Address of the server, and the certificate that makes it speak TLS.

    Port 0 takes any free port at the first start and keeps it for later ones.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Raise unless the place is on loopback or has TLS.

        Raises:
            NatsServerError: if others could read jobs on their way.
        """
        if (self.certificate is None) != (self.key is None):
            raise NatsServerError("NATS_CERTIFICATE and NATS_KEY_FILE go together")
        if self.host not in _LOOPBACK and self.certificate is None:
            raise NatsServerError(
                f"NATS on {self.host} is reached by others, and jobs would go in clear: "
                "set NATS_CERTIFICATE and NATS_KEY_FILE, or NATS_HOST=127.0.0.1"
            )


class NatsServer:
    """A running NATS server of our own. It is started again where it ends by itself."""

    def __init__(self, program: str, folder: Path, place: ServerPlace) -> None:
        self._program = program
        self._folder = folder
        self._place = place
        self._process: asyncio.subprocess.Process | None = None
        self._port = place.port
        self._reloading = asyncio.Lock()
        self.starts = 0

    @property
    def url(self) -> str:
        """Address for clients on this machine."""
        scheme = "nats" if self._place.certificate is None else "tls"
        host = self._place.host
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def trust(self) -> ssl.SSLContext | None:
        """Trust of this machine in its own server, None where it speaks in clear.

        Exactly the server's certificate is trusted. It names the machine as others reach it, and
        this machine goes by the loopback address; so the name is not compared.
        """
        if self._place.certificate is None:
            return None
        context = ssl.create_default_context(cafile=str(self._place.certificate))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context

    @property
    def process_id(self) -> int | None:
        """Process id of the server, None while none runs."""
        return self._process.pid if self._process is not None else None

    async def start(self, users: Iterable[User]) -> None:
        """Start the program and wait until it takes connections.

        Raises:
            NatsServerError: if it does not.
        """
        private_folder(self._folder)
        if self._port == 0:
            self._port = free_port(self._place.host)
        self.write_users(users)
        await self._launch()

    def write_users(self, users: Iterable[User]) -> None:
        """Write the configuration with these users."""
        # The server reads JSON values as its own; so paths and names need no quoting of ours.
        lines = [
            f"host: {json.dumps(self._place.host)}",
            f"port: {self._port}",
            f"max_payload: {MAX_PAYLOAD}",
            "max_connections: 8192",
            'ping_interval: "10s"',
            'write_deadline: "5s"',
            f"log_file: {json.dumps(str(self._folder / 'nats.log'))}",
            "logfile_size_limit: 10MB",
            "logfile_max_num: 3",
        ]
        if self._place.certificate is not None:
            pair = {"cert_file": str(self._place.certificate), "key_file": str(self._place.key)}
            lines.append(f"tls: {json.dumps(pair)}")
        text = "\n".join([*lines, authorization(users)])
        write_whole(self._configuration, text.encode())

    async def reload(self, users: Iterable[User]) -> None:
        """Change the users of the running server; users that are gone are disconnected.

        Returns when the change is in force.

        Raises:
            NatsServerError: if the server does not take it.
        """
        async with self._reloading:
            log = self._folder / "nats.log"
            begin = log.stat().st_size if log.exists() else 0
            self.write_users(users)
            if self._process is None or self._process.returncode is not None:
                return  # the next start reads it
            self._process.send_signal(signal.SIGHUP)
            # The server tells the end of a reload in its log alone.
            for _ in range(int(_RELOAD_SECONDS / _RELOAD_POLL_SECONDS)):
                await asyncio.sleep(_RELOAD_POLL_SECONDS)
                text = _read_from(log, begin)
                if _RELOADED in text:
                    return
                if _NOT_RELOADED in text:
                    break
            raise NatsServerError(f"the server in {self._folder} does not take its new users")

    async def supervise(self) -> None:
        """Start the server again whenever it ends; runs until cancelled."""
        while True:
            assert self._process is not None
            status = await self._process.wait()
            logger.warning("The NATS server ended with status %d; it is started again", status)
            try:
                await self._launch()
            except NatsServerError:
                logger.exception("The NATS server does not start")
                await asyncio.sleep(1.0)

    async def stop(self) -> None:
        """Ask the server to end, and kill it if it takes too long."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            await end(process, _STOP_SECONDS)

    @property
    def _configuration(self) -> Path:
        return self._folder / "nats.conf"

    async def _launch(self) -> None:
        # The log's own lines go to nats.log; a fault before that goes to start.log.
        errors = self._folder / "start.log"
        with os.fdopen(open_private(errors, os.O_WRONLY | os.O_TRUNC), "wb") as file:
            self._process = await start_apart(
                self._program, "--config", str(self._configuration), log=file
            )
        self.starts += 1
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._answers():
                    if self._process.returncode is not None:
                        text = errors.read_text(encoding="utf-8", errors="replace").strip()
                        raise NatsServerError(f"{self._program} in {self._folder}: {text[-500:]}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NatsServerError(
                f"{self._program} in {self._folder} took no connection in {_START_SECONDS:g} s"
            ) from None

    async def _answers(self) -> bool:
        host = "127.0.0.1" if self._place.host == "0.0.0.0" else self._place.host  # noqa: S104
        try:
            reader, writer = await asyncio.open_connection(host, self._port)
        except OSError:
            return False
        try:
            return (await reader.readline()).startswith(b"INFO")
        except OSError:
            return False
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def find_program() -> str:
    """Return the path of ``nats-server``: the system's, else the wheel's beside this Python.

    Raises:
        JobsExtraError: if there is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    program = shutil.which("nats-server") or (str(beside) if beside.exists() else None)
    if program is None:
        raise JobsExtraError("there is no program nats-server")
    return program


def _read_from(log: Path, begin: int) -> bytes:
    """Return the log from a place on; a log that was begun anew is read from its start."""
    if not log.exists():
        return b""
    with log.open("rb") as file:
        file.seek(begin if begin <= file.seek(0, os.SEEK_END) else 0)
        return file.read()


def free_port(host: str) -> int:
    """Return a port of ``host`` that nobody listens at now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        return int(listener.getsockname()[1])


@contextlib.asynccontextmanager
async def nats_server(
    folder: Path, place: ServerPlace, users: Iterable[User]
) -> AsyncIterator[NatsServer]:
    """Run a NATS server with its configuration and log in ``folder`` while the context lasts.

    Raises:
        NatsServerError: if it does not start.
        JobsExtraError: if there is no such program.
    """
    place.check()
    server = NatsServer(find_program(), folder, place)
    watching: asyncio.Task[None] | None = None
    try:
        await server.start(users)
        watching = asyncio.create_task(server.supervise())
        yield server
    finally:
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])
        await server.stop()
