"""Where conversations come from and results go to: the validator's own store, or a CGP API.

Both behave the same: a conversation is held by one validator at a time, results count once, and a
lease that is lost raises ``LeaseLost`` at the next write.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from bittensor.signing import Signer

from cgp.api.client import ApiClient, ApiError, ApiUnavailableError
from cgp.api.conversions import truth_message, truth_record, window_result
from cgp.api.messages import LeaseMessage
from cgp.config import Settings
from cgp.conversation_json import conversation_from_json
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    Lease,
    LeaseLost,
    SerialWorker,
    Store,
    WindowResult,
)
from validator.mirror import Mirror
from validator.outbox import Outbox

logger = logging.getLogger("validator")

MOST_OPEN = 32
"""Conversations not yet delivered to the API; beyond it, deliveries come first."""

MOST_PUT_OFF = 128
"""Conversations of an API that are put off at once: half of what a request can name as held."""

MAX_ATTEMPTS = 3
"""Attempts at a conversation before it is put aside as failed."""

# At a start results of an earlier run matter most; at a stop an operator waits.
_START_PATIENCE = 30.0
_PATIENCE = 10.0
_STOP_PATIENCE = 5.0


class ConversationSource(Protocol):
    """Conversations to work on, and where the work goes. Reading is the store's business."""

    @property
    def most_put_off(self) -> int | None:
        """Number of conversations that may be held without work on them; None for no bound."""
        ...

    async def resume(self) -> int:
        """Begin a run; return how many conversations an earlier run of this validator gave back."""
        ...

    async def leave(self) -> None:
        """End a run: give back all leases."""
        ...

    async def reserve(self, seconds: float) -> Lease | None:
        """Lease a free conversation; None where there is none."""
        ...

    async def heartbeat(self, lease: Lease, seconds: float) -> bool:
        """Keep a lease for ``seconds`` from now; False where it was lost."""
        ...

    async def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """Return a lease that was put off, with its conversation, kept for ``seconds`` from now.

        None where it was lost, or the conversation is no longer there.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give a conversation back, to be taken again."""
        ...

    async def fail(self, lease: Lease, reason: str, *, max_attempts: int) -> bool:
        """Record a failed attempt; return whether it was the last. Raises ``LeaseLost``."""
        ...

    async def seal(
        self, lease: Lease, truth: GroundTruthRecord, cuts: Sequence[tuple[int, int]]
    ) -> GroundTruthRecord:
        """Publish a ground truth; return the one in force. Raises ``LeaseLost``."""
        ...

    async def commit_window(self, lease: Lease, result: WindowResult) -> bool:
        """Store a window's result; False where it was done already. Raises ``LeaseLost``."""
        ...

    async def finish(self, lease: Lease, result: ConversationResult) -> None:
        """End a conversation. Raises ``LeaseLost``."""
        ...


class StoreSource:
    """The validator's own store, or one that several validators share."""

    most_put_off: int | None = None

    def __init__(self, store: Store, database: SerialWorker, hotkey: str) -> None:
        self._store = store
        self._database = database
        self._hotkey = hotkey

    async def resume(self) -> int:
        """Begin a run."""
        return await self._database(self._store.release_held, self._hotkey)

    async def leave(self) -> None:
        """End a run."""
        await self._database(self._store.release_held, self._hotkey)

    async def reserve(self, seconds: float) -> Lease | None:
        """Lease a free conversation; None where there is none."""
        return await self._database(self._store.reserve, self._hotkey, seconds)

    async def heartbeat(self, lease: Lease, seconds: float) -> bool:
        """Keep a lease; False where it was lost."""
        return await self._database(self._store.heartbeat, lease, seconds)

    async def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """Return a lease that was put off, with its conversation; None where it was lost."""
        is_held = await self.heartbeat(lease, seconds)
        return await self._database(with_conversation, self._store, lease) if is_held else None

    async def release(self, lease: Lease) -> None:
        """Give a conversation back."""
        await self._database(self._store.release, lease)

    async def fail(self, lease: Lease, reason: str, *, max_attempts: int) -> bool:
        """Record a failed attempt; return whether it was the last."""
        return await self._database(self._store.fail, lease, reason, max_attempts=max_attempts)

    async def seal(
        self, lease: Lease, truth: GroundTruthRecord, cuts: Sequence[tuple[int, int]]
    ) -> GroundTruthRecord:
        """Store a ground truth; return the one in force."""
        return await self._database(self._store.seal, lease, truth, cuts)

    async def commit_window(self, lease: Lease, result: WindowResult) -> bool:
        """Store a window's result; False where it was done already."""
        return await self._database(self._store.commit_window, lease, result)

    async def finish(self, lease: Lease, result: ConversationResult) -> None:
        """End a conversation."""
        await self._database(self._store.finish, lease, result)


class ApiSource:
    """A CGP API, with a mirror of leased conversations and an outbox for results.

    Leases and ground truths need the API at once; results are stored here first and delivered
    when the API takes them, so that work goes on while it is away.
    """

    most_put_off: int | None = MOST_PUT_OFF

    def __init__(self, mirror: Mirror, database: SerialWorker, client: ApiClient) -> None:
        self._mirror = mirror
        self._database = database
        self._client = client
        self._reserving = asyncio.Lock()
        self.outbox = Outbox(mirror, database, client)

    async def resume(self) -> int:
        """Begin a run: deliver the results of an earlier one, then claim the name at the API.

        Raises:
            ApiUnavailableError: if the API is away.
        """
        await self.outbox.flush(_START_PATIENCE)
        count = await self._client.claim(patience=_START_PATIENCE)
        await self._forget_leases()
        return count

    async def leave(self) -> None:
        """End a run; results that the API does not take now are delivered at the next start."""
        if not await self.outbox.flush(_STOP_PATIENCE):
            return
        try:
            await self._client.release_session(patience=_STOP_PATIENCE)
        except ApiError as error:
            logger.warning("Conversations are not given back, their leases run out: %s", error)
            return
        await self._forget_leases()

    async def reserve(self, seconds: float) -> Lease | None:
        """Lease a free conversation; None where there is none, or the API is away."""
        # One at a time: two takers that count open conversations at once would both find room.
        async with self._reserving:
            open_conversations = await self._database(self._mirror.open_conversations)
            if len(open_conversations) >= MOST_OPEN and not await self.outbox.flush(_PATIENCE):
                logger.warning(
                    "No conversation reserved: %d wait for the API to take them",
                    len(open_conversations),
                )
                return None
            open_conversations = await self._database(self._mirror.open_conversations)
            try:
                message = await self._client.reserve(
                    seconds, open_conversations, patience=_PATIENCE
                )
                return None if message is None else await self._adopt(message)
            except (ApiUnavailableError, LeaseLost) as error:
                logger.warning("No conversation reserved: %s", error)
                return None

    async def heartbeat(self, lease: Lease, seconds: float) -> bool:
        """Keep a lease; False where it was lost. While the API is away it counts as held."""
        identifier = lease.conversation.id
        try:
            # A sixth of the lease: the tries end before the next heartbeat, which is due after a
            # third.
            await self._client.heartbeat(identifier, lease.token, seconds, patience=seconds / 6)
        except LeaseLost:
            await self._database(self._mirror.close_conversation, identifier, lease.token)
            return False
        except ApiError as error:
            logger.warning("No heartbeat for %s: %s", identifier, error)
        return True

    async def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """Return a lease that was put off, with its conversation; None where it was lost."""
        is_held = await self.heartbeat(lease, seconds)
        return await self._database(with_conversation, self._mirror, lease) if is_held else None

    async def release(self, lease: Lease) -> None:
        """Give a conversation back, once its results are delivered."""
        identifier = lease.conversation.id
        # Given back before, its results would be refused, and made again by somebody else.
        if await self.outbox.flush(_STOP_PATIENCE):
            try:
                await self._client.release(identifier, lease.token, patience=_STOP_PATIENCE)
                await self._database(self._mirror.close_conversation, identifier, lease.token)
            except LeaseLost:
                await self._database(self._mirror.close_conversation, identifier, lease.token)
            except ApiError as error:
                logger.warning("%s is not given back, its lease runs out: %s", identifier, error)

    async def fail(self, lease: Lease, reason: str, *, max_attempts: int) -> bool:
        """Record a failed attempt; return whether it was the last."""
        identifier = lease.conversation.id
        await self.outbox.flush(_STOP_PATIENCE)
        try:
            final = await self._client.fail(
                identifier, lease.token, reason, max_attempts, patience=_PATIENCE
            )
        except ApiError as error:
            raise LeaseLost(f"the failure of {identifier!r} is not recorded: {error}") from error
        finally:
            await self._database(self._mirror.close_conversation, identifier, lease.token)
        return final

    async def seal(
        self, lease: Lease, truth: GroundTruthRecord, cuts: Sequence[tuple[int, int]]
    ) -> GroundTruthRecord:
        """Publish a ground truth at the API; return the one in force.

        Raises:
            LeaseLost: if the lease is lost.
            ApiError: if the API is away or refuses it.
        """
        answer = await self._client.seal(
            lease.conversation.id, lease.token, truth_message(truth), cuts, patience=_PATIENCE
        )
        record = truth_record(answer.truth)
        cuts_in_force = [(window.start, window.stop) for window in answer.windows]
        return await self._database(self._mirror.seal, lease, record, cuts_in_force)

    async def commit_window(self, lease: Lease, result: WindowResult) -> bool:
        """Store a window's result here, to be delivered; False where it was done already."""
        is_new = await self._database(self._mirror.commit_window, lease, result)
        self.outbox.wake()
        return is_new

    async def finish(self, lease: Lease, result: ConversationResult) -> None:
        """End a conversation here; the API is told when it has all results."""
        await self._database(self._mirror.finish, lease, result)
        self.outbox.wake()

    async def _adopt(self, message: LeaseMessage) -> Lease:
        """Mirror a lease, with the windows that earlier holders have done."""
        conversation = conversation_from_json(message.conversation)
        lease = Lease(conversation, self._client.hotkey, message.token, 0.0, message.attempts)
        truth = None if message.truth is None else truth_record(message.truth)
        cuts = [(window.start, window.stop) for window in message.windows]
        await self._database(self._mirror.adopt, lease, message.seconds, truth, cuts)
        done_windows = [window.index for window in message.windows if window.done]
        for index in await self._database(
            self._mirror.requeue_missing, conversation.id, done_windows
        ):
            copy = await self._client.answers(
                conversation.id, lease.token, index, patience=_PATIENCE
            )
            await self._database(self._mirror.copy_window, lease, window_result(copy))
        return lease

    async def _forget_leases(self) -> None:
        await self._database(self._mirror.close_all)
        await self._database(self._mirror.release_held, self._client.hotkey)


def with_conversation(store: Store, lease: Lease) -> Lease | None:
    """Return a lease with its conversation as ``store`` has it; None where it is not there."""
    conversation = store.conversation(lease.conversation.id)
    return None if conversation is None else replace(lease, conversation=conversation)


@asynccontextmanager
async def open_source(
    settings: Settings, store: Store, database: SerialWorker, keypair: Signer
) -> AsyncIterator[ConversationSource]:
    """Open where conversations come from: the API where ``store`` mirrors one, else ``store``.

    Raises:
        ApiError: if ``CGP_API_URL`` is not an address.
    """
    if not isinstance(store, Mirror):
        yield StoreSource(store, database, keypair.ss58_address)
        return
    async with ApiClient(settings.cgp_api_url or "", keypair) as client:
        source = ApiSource(store, database, client)
        async with asyncio.TaskGroup() as group:
            delivering = group.create_task(source.outbox.keep_delivering())
            yield source
            delivering.cancel()
