"""Keys and actors of other servers, fetched from the servers that own them and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from cgp.mycelium.fediverse.addresses import require_fetchable
from cgp.mycelium.fediverse.documents import (
    Document,
    RemoteActor,
    actor_of,
    is_same_origin,
    text_field,
)
from cgp.mycelium.fediverse.errors import DocumentError, FediverseError, FetchError
from cgp.mycelium.fediverse.fetching import Fetcher
from cgp.mycelium.fediverse.http_message import authority_of
from cgp.mycelium.fediverse.signing_key import PublicKey
from cgp.signing import RateLimit

KEPT_SECONDS: Final = 6 * 3600.0
"""Time for which an actor is kept: a key that its owner withdrew counts no longer than that."""

REFRESH_SECONDS: Final = 60.0
"""Least time between two fetches of one key: a forger must not make us fetch with each request."""

FETCHES_PER_MINUTE: Final = 300
"""Keys asked for a minute of one server: a forger can name any number, to flood it through us."""

AT_ONCE: Final = 32
"""Keys asked for at once: a forger can name servers that hardly answer."""

_MOST_KEPT: Final = 10_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """A key with the actor that owns it."""

    key: PublicKey
    actor: RemoteActor


@dataclass(frozen=True, slots=True)
class _Entry:
    owner: KeyOwner
    fetched_at: float


@dataclass(frozen=True, slots=True)
class _Failure:
    # As text: an error would hold on to its whole stack, the body of the forger's request included.
    reason: str
    at: float


class KeyDirectory:
    """Looks up actors and keys. ``clock`` gives seconds.

    A key counts only if the document of its owner names it: a document elsewhere that claims to be
    somebody's key is not proof.
    """

    def __init__(self, fetcher: Fetcher, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._failures: OrderedDict[str, _Failure] = OrderedDict()
        self._searches: dict[str, asyncio.Task[KeyOwner]] = {}
        self._rates = RateLimit(FETCHES_PER_MINUTE, clock=self._now)

    async def owner_of(self, key_id: str, *, anew: bool = False) -> KeyOwner:
        """Return a key with its owner.

        ``anew`` asks the server again, for a key that its owner may have changed, unless it was
        asked in the last minute.

        Raises:
            FediverseError: if the key cannot be fetched, or is not its owner's.
        """
        entry = self._entries.get(key_id)
        now = self._clock()
        if entry is not None:
            kept_for = REFRESH_SECONDS if anew else KEPT_SECONDS
            if now - entry.fetched_at < kept_for:
                return entry.owner
        failure = self._failures.get(key_id)
        if failure is not None and now - failure.at < REFRESH_SECONDS:
            raise FetchError(failure.reason)
        search = self._searches.get(key_id)
        if search is None:
            self._require_moderation(key_id)
            search = asyncio.create_task(self._search(key_id, now))
            self._searches[key_id] = search
            search.add_done_callback(lambda _: self._searches.pop(key_id))
        # Requests with the same key at the same time wait for one search, whichever is cut off.
        return await asyncio.shield(search)

    def _require_moderation(self, key_id: str) -> None:
        """Check that a server is not asked too often, and count the question.

        Raises:
            FediverseError: if it is, or the key's address is none.
        """
        if len(self._searches) >= AT_ONCE:
            raise FetchError("too many keys are asked for just now")
        require_fetchable(key_id, allow_loopback=self._fetcher.limits.allow_loopback)
        server = authority_of(key_id)
        if self._rates.wait(server):
            raise FetchError(f"{server} is asked for too many keys just now")
        self._rates.count(server)

    def _now(self) -> float:
        return self._clock()

    async def _search(self, key_id: str, now: float) -> KeyOwner:
        try:
            owner = await self._fetch(key_id)
        except FediverseError as error:
            _remember(self._failures, key_id, _Failure(str(error), now))
            raise
        self._failures.pop(key_id, None)
        _remember(self._entries, key_id, _Entry(owner, now))
        return owner

    async def actor(self, actor_id: str) -> RemoteActor:
        """Return the actor at an address.

        Raises:
            FediverseError: if it cannot be fetched, or is another than the address says.
        """
        actor = actor_of(await self._fetcher.document(actor_id))
        # Else one actor could speak through the address of another.
        if actor.id != actor_id:
            raise DocumentError("the actor has another id than its address")
        return actor

    async def _fetch(self, key_id: str) -> KeyOwner:
        document = await self._fetcher.document(key_id)
        actor = await self._actor_in(document, key_id)
        key = actor.key(key_id)
        if key is None:
            raise DocumentError("the owner of the key does not name it as its own")
        return KeyOwner(key, actor)

    async def _actor_in(self, document: Document, key_id: str) -> RemoteActor:
        """Return the owner of a key: the actor whose document came, or the one that a key names."""
        if "inbox" in document:
            actor = actor_of(document)
            # The document of one actor at the address of another's key proves nothing.
            if not is_same_origin(actor.id, key_id):
                raise DocumentError("the key is on another server than its owner")
            if actor.id == key_id.partition("#")[0]:
                return actor
            return await self.actor(actor.id)
        # GoToSocial answers a request for a key with a part of the actor; others with the key
        # alone.
        owner = document.get("owner")
        owner_id = owner if isinstance(owner, str) else text_field(document, "id")
        if not is_same_origin(owner_id, key_id):
            raise DocumentError("the key is on another server than its owner")
        return await self.actor(owner_id)


def _remember(memory: OrderedDict[str, T], key_id: str, value: T) -> None:
    """Keep a value in bounded memory: the one that was kept first leaves first."""
    memory[key_id] = value
    memory.move_to_end(key_id)
    while len(memory) > _MOST_KEPT:
        memory.popitem(last=False)
