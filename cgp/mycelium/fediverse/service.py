"""The actor at work: store, key, requests to others, deliveries, answers, and its inbox."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cgp.mycelium.fediverse.activitypub_transport import ActivityPubTransport
from cgp.mycelium.fediverse.actor_records import Effects, Follower, Outgoing, Post
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.answering import Answering
from cgp.mycelium.fediverse.deliverer import Deliverer
from cgp.mycelium.fediverse.documents import read_document
from cgp.mycelium.fediverse.errors import FediverseError
from cgp.mycelium.fediverse.fetching import Fetcher, FetchLimits
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.inbox import arrival_of, goodbye_in
from cgp.mycelium.fediverse.key_directory import KeyDirectory
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.fediverse.post_text import paragraph
from cgp.mycelium.fediverse.signing_key import open_key
from cgp.mycelium.fediverse.skills import Skills
from cgp.mycelium.fediverse.verification import Verifier

logger = logging.getLogger(__name__)

POST_SECONDS: Final = 2 * 86_400.0
_KEY_FILE: Final = "actor-key.pem"
_STORE_FILE: Final = "actor.sqlite"


@dataclass(frozen=True, slots=True)
class ActorOptions:
    """Properties of an actor. ``tags`` are hashtags, without ``#``, by which posts may ask it."""

    base_url: str
    name: str
    summary: str = ""
    tags: tuple[str, ...] = ()
    limits: FetchLimits = field(default_factory=FetchLimits)


class ActorService:
    """An actor that is open: what its routes and its commands call."""

    def __init__(
        self,
        actor: LocalActor,
        store: ActorStore,
        fetcher: Fetcher,
        options: ActorOptions,
        *,
        skills: Skills | None,
        clock: Callable[[], float],
    ) -> None:
        self.actor = actor
        self.store = store
        self.fetcher = fetcher
        self.directory = KeyDirectory(fetcher)
        self.verifier = Verifier(self.directory, clock=self._now)
        self.deliverer = Deliverer(store, fetcher, clock=clock)
        self.transport = ActivityPubTransport(
            actor, store, on_send=self.deliverer.wake, clock=clock
        )
        self.answering: Answering | None = None
        if skills is not None:
            self.answering = Answering(
                actor, store, skills, on_answer=self.deliverer.wake, clock=clock
            )
        self._tags = tuple(tag.lower().removeprefix("#") for tag in options.tags)
        self._clock = clock

    async def receive(self, message: HttpMessage) -> None:
        """Take a request to the inbox.

        Raises:
            SignatureError: if it is not signed as it must be.
            DocumentError: if its body is not an activity of its signer.
            NoRoomError: if there is no room for what it asks.
        """
        document = read_document(message.body)
        # Big servers tell everybody of each account that is deleted. Its key is gone with it, so to
        # ask for that would cost a request for each, and each would be refused and sent again.
        goodbye = goodbye_in(document)
        if goodbye and not await self.store.concerns(goodbye):
            return
        sender = await self.verifier.signer_of(message)
        now = self._clock()
        arrival = arrival_of(document, sender, self.actor, self._tags, now)
        if arrival.message is not None:
            # Nodes bear a message that comes twice, and refuse an old one: none is remembered here.
            if sender.id in await self.store.accepted_follows():
                self.transport.deliver(arrival.message)
            return
        effects = arrival.effects
        # An actor without skills keeps no questions: they would wait for ever.
        if self.answering is None and effects.question is not None:
            effects = replace(effects, question=None)
        # Most activities of a server do not concern us; remembered, they would fill the disk.
        if effects == Effects():
            return
        is_new = await self.store.take(arrival.activity, sender.id, effects, now)
        # Other servers deliver again where our answer was lost: that is not a second request.
        if not is_new:
            return
        if effects.outgoing:
            self.deliverer.wake()
        if self.answering is not None and effects.question is not None:
            self.answering.wake()

    async def follow(self, actor_id: str) -> bool:
        """Ask to follow an actor; False if that was asked before.

        Raises:
            FediverseError: if the actor cannot be read.
        """
        remote = await self.directory.actor(actor_id)
        activity = self.actor.follow(remote.id)
        now = self._clock()
        outgoing = Outgoing(
            str(activity["id"]), (remote.inbox,), as_bytes(activity), now + POST_SECONDS
        )
        is_new = await self.store.add_follow(Follower(remote.id, remote.inbox), outgoing, now)
        self.deliverer.wake()
        return is_new

    async def publish(self, text: str, *, key: str = "") -> bool:
        """Post a text to everybody; with a ``key`` once only, False if it is posted already."""
        now = self._clock()
        note = dict(self.actor.note(paragraph(text), datetime.fromtimestamp(now, UTC)))
        # The key makes the id, and an id exists once.
        if key:
            note["id"] = f"{self.actor.id}/statuses/{key}"
        create = self.actor.create(note)
        body = as_bytes(create)
        inboxes = await self.store.follower_inboxes()
        post = Post(str(note["id"]), str(create["id"]), body.decode())
        outgoing = Outgoing(str(create["id"]), inboxes, body, now + POST_SECONDS)
        is_new = await self.store.add_post(post, outgoing, now)
        self.deliverer.wake()
        return is_new

    async def follow_all(self, peers: Sequence[str], *, pause: float = 20.0) -> None:
        """Follow every peer, trying again those that are away, until all are asked."""
        missing = list(peers)
        while missing:
            missing = [peer for peer in missing if not await self._asked(peer)]
            if missing:
                await asyncio.sleep(pause)

    async def _asked(self, peer: str) -> bool:
        try:
            await self.follow(peer)
        except FediverseError as error:
            logger.warning("%s cannot be followed yet: %s", peer, error)
            return False
        return True

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


@contextlib.asynccontextmanager
async def open_actor(
    folder: Path,
    options: ActorOptions,
    *,
    skills: Skills | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[ActorService]:
    """Open the actor that is kept in a folder, and deliver and answer while it is open.

    Raises:
        FediverseError: if its key cannot be read.
        ValueError: if its address or its name is none.
    """
    draft = LocalActor(options.base_url, options.name)
    key = await asyncio.to_thread(open_key, folder / _KEY_FILE, draft.key_id)
    actor = replace(draft, public_pem=key.public_pem, summary=options.summary)
    async with AsyncExitStack() as stack:
        store = ActorStore(folder / _STORE_FILE)
        stack.push_async_callback(store.close)
        fetcher = await stack.enter_async_context(
            Fetcher(key, options.limits, clock=lambda: datetime.fromtimestamp(clock(), UTC))
        )
        service = ActorService(actor, store, fetcher, options, skills=skills, clock=clock)
        stack.push_async_callback(service.transport.close)
        await stack.enter_async_context(in_background(service.deliverer.run()))
        if service.answering is not None:
            await stack.enter_async_context(in_background(service.answering.run()))
        yield service


@contextlib.asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do a part of the actor's work while the context lasts; a fault of it is logged at once."""
    task = asyncio.create_task(_logged(work))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        # Nothing waits for its result, and the other parts go on.
        logger.exception("A part of the actor has stopped; restart it")
