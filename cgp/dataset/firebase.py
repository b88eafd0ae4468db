"""A finished dataset sent to a Firebase Realtime Database, through its REST interface.

Writes are multi-path updates, always cut the same way, so an interrupted transfer continues after
the last update that is recorded as done. An update that is sent twice changes nothing. The node
``dataset`` says ``unfinished`` until all rows are there and the rows of an earlier dataset are
gone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from cgp.backoff import pause_after
from cgp.dataset.columns import TABLES
from cgp.dataset.errors import DatasetError, SendError
from cgp.dataset.export import WORK, Progress
from cgp.dataset.files import read_json, write_json
from cgp.dataset.firebase_tree import Write, bodies, value_of, writes
from cgp.dataset.manifest import Manifest

ROOT = "conversation-genome"
# The database takes up to 16 MB in one write; half leaves room and keeps a retry cheap.
BODY_BYTES = 8 * 2**20
"""Firebase takes 16 MB from its own clients in one write, and up to 256 MB through REST."""

_SECONDS = 120.0
_ATTEMPTS = 8
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
# Statuses of failures that pass: the same request may succeed later.
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN, _AUTH = "FIREBASE_TOKEN", "FIREBASE_AUTH"


@dataclass(frozen=True)
class Target:
    """A place in a database with its credentials; ``address`` is its address without secrets."""

    address: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    auth: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str] = os.environ) -> Target:
        """Read ``https://HOST`` or ``https://HOST/PATH``; without a path it is ``ROOT``.

        ``FIREBASE_TOKEN`` in the environment is an OAuth2 access token, ``FIREBASE_AUTH`` an ID
        token or a database secret. An emulator's address (``http://localhost:9000?ns=NAME``) needs
        neither.

        Raises:
            DatasetError: if the address is malformed, or no credentials are set.
        """
        try:
            parts = urlsplit(url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError as error:
            raise DatasetError(f"--firebase: not an address: {error}") from None
        local = parts.hostname in _LOCAL
        if parts.scheme not in ({"http", "https"} if local else {"https"}) or not parts.hostname:
            raise DatasetError("--firebase: https://HOST or https://HOST/PATH is needed")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.username or parts.password or parts.fragment or set(query) - {"ns"}:
            raise DatasetError(
                f"--firebase: no secrets in the address, please: set {_TOKEN} or {_AUTH}"
            )
        token, auth = environment.get(_TOKEN, ""), environment.get(_AUTH, "")
        if token and auth:
            raise DatasetError(f"{_TOKEN} and {_AUTH} are both set: choose one")
        if not token and not auth and not local:
            raise DatasetError(f"--firebase needs {_TOKEN} (an access token) or {_AUTH} to be set")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(
            f"{parts.scheme}://{host}{port}/{parts.path.strip('/') or ROOT}",
            query,
            {"Authorization": f"Bearer {token}"} if token else {},
            tuple(secret for secret in (token, auth) if secret),
            {"auth": auth} if auth else {},
        )

    def without_secrets(self, text: str) -> str:
        """Return a text without the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


async def send(
    folder: Path,
    manifest: Manifest,
    target: Target,
    *,
    limit: int = BODY_BYTES,
    progress: Progress = lambda _stage, _done, _total: None,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> int:
    """Make the place in the database hold the dataset in ``folder``; return the requests it took.

    0 where it held it already. ``limit`` is the most bytes of a request's body.

    Raises:
        SendError: if Firebase cannot be reached or refuses. The same call goes on from there.
        DatasetError: if a text is larger than ``limit``.
    """
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, headers=target.headers) as session:
        transfer = _Transfer(folder, manifest, _Database(session, target, sleep), limit, progress)
        return await transfer.run()


class _Database:
    """The REST interface: requests that are tried again after passing failures."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        target: Target,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._session = session
        self.target = target
        self._sleep = sleep

    async def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON values
        """Return the value at a path below the root."""
        return json.loads(await self._request("GET", f"/{path}.json", query) or "null")

    async def update(self, body: bytes) -> None:
        """Write a multi-path update, given as JSON."""
        await self._request("PATCH", ".json", {"print": "silent"}, body)

    async def _request(
        self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None
    ) -> bytes:
        reason = ""
        for attempt in range(_ATTEMPTS):
            retry_after = None
            try:
                async with self._session.request(
                    method,
                    self.target.address + path,
                    params={**self.target.query, **self.target.auth, **query},
                    data=body,
                    headers={"Content-Type": "application/json"} if body else None,
                    allow_redirects=False,
                ) as response:
                    answer = await response.read()
                    if response.status in {200, 204}:
                        return answer
                    reason = f"HTTP {response.status}: {answer[:300].decode(errors='replace')}"
                    if response.status not in _TRANSIENT:
                        break
                    retry_after = response.headers.get("Retry-After")
            except (aiohttp.ClientError, TimeoutError) as error:
                reason = f"{type(error).__name__}: {error}"
            if attempt < _ATTEMPTS - 1:
                await self._sleep(_wait(attempt, retry_after))
        raise SendError(
            f"{self.target.address} did not take the dataset: {self.target.without_secrets(reason).strip()}; "
            "the same command goes on from here"
        )


def _wait(attempt: int, retry_after: str | None) -> float:
    """Return the seconds until the next attempt; the server may ask for more, within bounds."""
    seconds = (
        float(retry_after)
        if retry_after and retry_after.isascii() and retry_after.isdigit()
        else 0.0
    )
    # The server's own wish counts if it is longer, and never beyond the longest wait.
    return min(
        _LONGEST_WAIT, max(seconds, pause_after(attempt, first=_FIRST_WAIT, longest=_LONGEST_WAIT))
    )


class _Transfer:
    """One dataset on its way."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        database: _Database,
        limit: int,
        progress: Progress,
    ) -> None:
        self._folder = folder
        self._manifest = manifest
        self._database = database
        self._limit = limit
        self._progress = progress
        self._file = folder / WORK / "firebase.json"
        text = json.dumps(manifest.document, sort_keys=True)
        self._fingerprint = hashlib.sha256(text.encode()).hexdigest()
        place = json.dumps([database.target.address, dict(database.target.query)])
        self._state = {
            "target": hashlib.sha256(place.encode()).hexdigest(),
            "dataset": self._fingerprint,
            "limit": limit,
        }
        self._keys: dict[str, set[str]] = {table: set() for table in TABLES}

    async def run(self) -> int:
        """Send the missing updates; return their number."""
        present = await self._database.get("dataset")
        present = present if isinstance(present, dict) else {}
        if present.get("fingerprint") == self._fingerprint:
            return 0
        finished_count = 0
        if present.get("unfinished") == self._fingerprint:
            state = await asyncio.to_thread(read_json, self._file) or {}
            number = state.pop("done", 0)
            finished_count = number if state == self._state else 0
        count = await self._begin(fresh=finished_count == 0)
        updates = bodies(self._remember_keys(writes(self._folder, self._manifest)), self._limit)
        number = 0
        while (body := await asyncio.to_thread(next, updates, None)) is not None:
            number += 1
            if number > finished_count:
                await self._database.update(body)
                count += 1
                await asyncio.to_thread(write_json, self._file, self._state | {"done": number})
            self._progress("requests to Firebase", number, 0)
        return count + await self._remove_others() + await self._end()

    def _remember_keys(self, passing: Iterator[Write]) -> Iterator[Write]:
        """Remember the keys of the writes that pass."""
        for path, value in passing:
            table, _, key = path.partition("/")
            self._keys[table].add(key)
            yield path, value

    async def _begin(self, *, fresh: bool) -> int:
        if fresh:
            await self._database.update(_body({"dataset": {"unfinished": self._fingerprint}}))
        return int(fresh)

    async def _remove_others(self) -> int:
        """Remove rows of an earlier dataset that this one does not have."""
        # Only keys are read ("shallow"), so that a large database costs little.
        stale: list[Write] = []
        for table, keys in self._keys.items():
            present = await self._database.get(table, shallow="true")
            surplus = sorted(set(present) - keys) if isinstance(present, dict) else []
            stale += ((f"{table}/{key}", None) for key in surplus)
        count = 0
        for body in bodies(iter(stale), self._limit):
            await self._database.update(body)
            count += 1
        return count

    async def _end(self) -> int:
        document = self._manifest.document
        about = {
            "fingerprint": self._fingerprint,
            "schema_version": document["schema_version"],
            "embedder": document["embedder"],
            "rows": {table: self._manifest.rows(table) for table in TABLES},
        }
        await self._database.update(_body({"dataset": value_of(about)}))
        await asyncio.to_thread(self._file.unlink, missing_ok=True)
        return 1


def _body(update: Mapping[str, object]) -> bytes:
    return json.dumps(update, ensure_ascii=False).encode()
