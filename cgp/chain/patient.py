"""A chain that is asked with patience, never for ever: deadlines, several endpoints, growing
pauses.

Every call ends within its deadline. A call that gets no answer closes the connection, and the next
one goes to the next endpoint; calls that come before a pause is over fail at once. An *answer* of
the chain (a refusal, ``bittensor.ChainError``) is passed on as it is: only silence is a matter of
patience.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar

import bittensor as bt
from websockets.exceptions import WebSocketException

from cgp.backoff import pause_after
from cgp.chain.errors import ChainAwayError, ChainMismatchError, ChainSetupError
from cgp.chain.metagraph import Chain, Commitment, Metagraph, SubnetRules, WeightsOutcome

logger = logging.getLogger(__name__)

R = TypeVar("R")

# The first pause is short: most outages are a dropped connection. The longest is a few blocks.
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 60.0
WEIGHTS_PATIENCE: Final = 5.0
"""Setting weights may take so many times as long as a read: it waits for a block to take them."""

BLOCK_PATIENCE_SECONDS: Final = 60.0
"""A head that has not moved for so long stands still: blocks come every 12 s."""

# A node that is silent does not answer a goodbye either.
_CLOSE_SECONDS = 2.0
_SILENCE = (
    TimeoutError,
    OSError,
    bt.RpcConnectionError,
    bt.ConnectionNotReady,
    WebSocketException,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a chain can be reached. ``connect`` opens one neuron's view of its subnet there."""

    name: str
    connect: Callable[[], AbstractAsyncContextManager[Chain]]


@dataclass(frozen=True, slots=True)
class _Connection:
    chain: Chain
    stack: AsyncExitStack


class PatientChain:
    """The ``Chain`` of a neuron over one or several endpoints. An async context manager.

    ``seconds`` is the deadline of one read, connecting included. Nothing is connected before the
    first call. Every call raises ``ChainAwayError``, which names the endpoint, where no answer
    comes in time, and ``ChainMismatchError`` where the chain's runtime does not fit the SDK.
    """

    def __init__(
        self,
        netuid: int,
        hotkey: str,
        endpoints: Sequence[Endpoint],
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._netuid = netuid
        self._hotkey = hotkey
        self._endpoints = tuple(endpoints)
        self._seconds = seconds
        self._clock = clock
        self._at = 0
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()
        self._failures = 0
        self._retry_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    @property
    def netuid(self) -> int:
        """The subnet's number."""
        return self._netuid

    @property
    def hotkey(self) -> str:
        """This neuron's own hotkey (SS58)."""
        return self._hotkey

    @property
    def endpoint(self) -> str:
        """The endpoint in use."""
        return self._endpoints[self._at].name

    async def block(self) -> int:
        """Return the current block number."""
        return await self._call("block", lambda chain: chain.block())

    async def metagraph(self) -> Metagraph:
        """Read the metagraph at the head.

        Raises:
            ChainSetupError: if there is no such subnet.
        """
        return await self._call("metagraph", lambda chain: chain.metagraph())

    async def rules(self) -> SubnetRules:
        """Return the subnet's rules for weights."""
        return await self._call("rules", lambda chain: chain.rules())

    async def runtime(self) -> int:
        """Return the version of the chain's runtime."""
        return await self._call("runtime version", lambda chain: chain.runtime())

    async def serve(self, ip: str, port: int) -> None:
        """Advertise an endpoint, unless the chain already shows it.

        Raises:
            bittensor.ChainError: if the chain refuses.
        """
        seconds = WEIGHTS_PATIENCE * self._seconds
        await self._call("serve", lambda chain: chain.serve(ip, port), seconds)

    async def blocks_until_weights(self) -> int:
        """Return the number of blocks until this hotkey may set weights (0: now).

        Raises:
            bittensor.ChainError: NOT_REGISTERED, if the hotkey has no uid.
        """
        return await self._call("weights limit", lambda chain: chain.blocks_until_weights())

    async def set_weights(self, weights: Mapping[int, float], version_key: int) -> WeightsOutcome:
        """Set weights by uid (any positive scale), plain or commit-reveal as the subnet asks.

        One that gets no answer in time may have been taken all the same: ask
        ``blocks_until_weights`` before the next.
        """
        seconds = WEIGHTS_PATIENCE * self._seconds
        return await self._call(
            "set weights", lambda chain: chain.set_weights(weights, version_key), seconds
        )

    async def weights_of(self, uid: int) -> Mapping[int, float]:
        """Return the revealed weights set by ``uid``, normalised to a sum of 1 (empty: none)."""
        return await self._call("weights", lambda chain: chain.weights_of(uid))

    async def commit(self, text: str) -> None:
        """Publish a short text as this hotkey's commitment, in place of its earlier one.

        Raises:
            bittensor.ChainError: if the chain refuses.
        """
        seconds = WEIGHTS_PATIENCE * self._seconds
        await self._call("commit", lambda chain: chain.commit(text), seconds)

    async def commitment_of(self, hotkey: str) -> Commitment | None:
        """Return the commitment of a hotkey, None where it has none."""
        return await self._call("commitment", lambda chain: chain.commitment_of(hotkey))

    async def wait_for_block(self, block: int) -> None:
        """Return once the chain's head is at least ``block``; a head that stands still is away."""
        patience = max(self._seconds, BLOCK_PATIENCE_SECONDS)
        head = await self.block()
        while head < block:
            await self._call("new blocks", lambda c: _until(c, block, patience), 2 * patience)
            before, head = head, await self.block()
            if head <= before:
                await self._away("new blocks", f"no new block within {patience:g} s")

    async def _call(
        self, task: str, work: Callable[[Chain], Awaitable[R]], seconds: float | None = None
    ) -> R:
        patience = self._seconds if seconds is None else seconds
        if (pause := self._retry_at - self._clock()) > 0:
            raise ChainAwayError(f"{self.endpoint} is away ({task}): asked again in {pause:.0f} s")
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(patience):
                connection = await self._open()
                result = await work(connection.chain)
        except (ChainSetupError, bt.ChainError):
            # An answer, although a refusal: the endpoint is there.
            self._failures = 0
            raise
        except TimeoutError:
            await self._away(task, f"no answer within {patience:g} s", connection)
        except _SILENCE as error:
            await self._away(task, f"{type(error).__name__}: {error}"[:300], connection)
        except (ValueError, LookupError, TypeError) as error:
            # The SDK's own errors for a storage item, a call or a field that is not as it expects.
            runtime = await self._runtime_of(connection)
            raise ChainMismatchError(
                f"{self.endpoint} runs runtime {runtime}, which does not fit this program's SDK "
                f"{bt.__version__} ({task}: {type(error).__name__}: {error}): {ChainMismatchError.remedy}"
            ) from error
        self._failures = 0
        return result

    async def _runtime_of(self, connection: _Connection | None) -> str:
        """Return the version of the chain's runtime as text, also where it cannot be told."""
        if connection is None:
            return "of an unknown version"
        try:
            async with asyncio.timeout(self._seconds):
                return str(await connection.chain.runtime())
        except (*_SILENCE, bt.BittensorError, ValueError, LookupError, TypeError) as error:
            logger.debug("The version of the runtime cannot be told: %r", error)
            return "of an unknown version"

    async def _open(self) -> _Connection:
        # The lock: calls at the same time share one connection, and only the first of them makes
        # it.
        async with self._connecting:
            if self._connection is None:
                async with AsyncExitStack() as stack:
                    endpoint = self._endpoints[self._at]
                    chain = await stack.enter_async_context(endpoint.connect())
                    self._connection = _Connection(chain, stack.pop_all())
                if self._failures:
                    logger.warning("Connected to %s again", endpoint.name)
            return self._connection

    async def _away(self, task: str, why: str, connection: _Connection | None = None) -> None:
        """Give up an endpoint for now, and raise.

        Raises:
            ChainAwayError: always.
        """
        name = self.endpoint
        # Several calls can fail with one connection; only the first of them counts and closes it.
        if connection is None or connection is self._connection:
            self._failures += 1
            self._at = (self._at + 1) % len(self._endpoints)
            rounds = self._failures // len(self._endpoints)
            # No pause before every endpoint has had its turn.
            if rounds:
                self._retry_at = self._clock() + pause_after(
                    rounds - 1, first=FIRST_PAUSE_SECONDS, longest=LONGEST_PAUSE_SECONDS
                )
            await self._close()
        then = f", {self.endpoint} is next" if self.endpoint != name else ""
        raise ChainAwayError(f"{name} is away ({task}): {why}{then}")

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await connection.stack.aclose()
        except (*_SILENCE, bt.BittensorError) as error:
            logger.debug("A connection to the chain did not close in order: %r", error)


async def _until(chain: Chain, block: int, seconds: float) -> None:
    """Wait for a block, at most ``seconds``."""
    waiting = asyncio.ensure_future(chain.wait_for_block(block))
    try:
        await asyncio.wait({waiting}, timeout=seconds)
        if waiting.done():
            waiting.result()
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
