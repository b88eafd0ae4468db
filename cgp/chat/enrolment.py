"""Enrolment: the workers that may connect, kept in a file, each with its owner and its proof."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cgp.chat.errors import ChatError
from cgp.durable_files import private_folder, write_whole
from cgp.jobs.nats_server import NatsServer
from cgp.jobs.users import Role, User, is_public_key, owner_token

# The server reads all users at each change, and one owner must not fill the list for the others.
MAX_WORKERS: Final = 4096
MAX_PER_OWNER: Final = 256


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One worker. ``key`` is the API key that enrolled it, empty where a hotkey signed."""

    public_key: str
    owner: str
    key: str = ""

    @property
    def user(self) -> User:
        """User of the NATS server that this worker is."""
        return User(self.public_key, Role.WORKER, owner_token(self.owner))


class Enrolments:
    """All workers that may connect. Changes reach the own NATS server; a cluster's operator reads
    them by ``cgp gateway --users``.
    """

    def __init__(self, file: Path, gateway: str) -> None:
        self._file = file
        self._gateway = User(gateway, Role.GATEWAY)
        self._workers = {worker.public_key: worker for worker in _read(file)}
        self._changing = asyncio.Lock()
        self.server: NatsServer | None = None

    def users(self) -> list[User]:
        """Return all users, the gateway first."""
        return [self._gateway, *(worker.user for worker in self._workers.values())]

    async def add(self, worker: Enrolment) -> None:
        """Let a worker connect from now on. A worker that is there already keeps its owner.

        Raises:
            ChatError: 400 for no public key, 409 for a worker of another owner, 429 for too many.
        """
        if not is_public_key(worker.public_key):
            raise ChatError(
                400, "invalid_value", "public_key: must be the public key of a NATS user"
            )
        async with self._changing:
            present = self._workers.get(worker.public_key)
            if present is not None and present.owner != worker.owner:
                raise ChatError(409, "other_owner", "this worker belongs to another owner")
            if present == worker:
                return
            count = sum(peer.owner == worker.owner for peer in self._workers.values())
            if present is None and (len(self._workers) >= MAX_WORKERS or count >= MAX_PER_OWNER):
                raise ChatError(429, "too_many_workers", "too many workers are enrolled")
            await self._change({**self._workers, worker.public_key: worker})

    async def remove(self, public_key: str, owner: str) -> bool:
        """Cut off a worker of ``owner``; return whether there was one."""
        async with self._changing:
            worker = self._workers.get(public_key)
            if worker is None or worker.owner != owner:
                return False
            rest = {name: kept for name, kept in self._workers.items() if name != public_key}
            await self._change(rest)
        return True

    async def keep_keys(self, active: Iterable[str]) -> None:
        """Cut off the workers whose API key is not among the ``active`` ones any more."""
        keys = {"", *active}
        async with self._changing:
            rest = {name: worker for name, worker in self._workers.items() if worker.key in keys}
            if len(rest) < len(self._workers):
                await self._change(rest)

    async def _change(self, workers: dict[str, Enrolment]) -> None:
        # The file first: a crash after it leaves a server that the next start tells.
        document = [asdict(worker) for worker in workers.values()]
        private_folder(self._file.parent)
        write_whole(self._file, json.dumps(document, indent=1).encode())
        self._workers = workers
        if self.server is not None:
            await self.server.reload(self.users())


def _read(file: Path) -> list[Enrolment]:
    """Return the workers in a file, none where there is no file.

    Raises:
        ValueError: if the file holds something else.
    """
    if not file.exists():
        return []
    try:
        return [Enrolment(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{file} cannot be read ({error}); delete it and workers enrol anew"
        ) from None
