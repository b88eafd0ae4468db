"""The validator: it leases conversations, has miners annotate their windows, and sets weights."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import bittensor as bt

import cgp
from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.annotators.errors import (
    BackendRefusedError,
    BackendUnavailableError,
    BudgetExhaustedError,
)
from cgp.api.client import ApiUnavailableError
from cgp.chain.metagraph import Chain
from cgp.config import Settings
from cgp.embedders import Embedder
from cgp.privacy import policy_of
from cgp.scoring import ScoringRule, ScoringSettings
from cgp.store import Lease, LeaseLost, SerialWorker, Store
from cgp.windows import WindowPlan
from validator.events import Event, Listener, WindowScored, ignore
from validator.fanout import Fanout
from validator.forward import BoringConversationError, Forward, Tools
from validator.gold import GoldTools, HiddenGold
from validator.ground_truth import GroundTruthMaker, name_of
from validator.health import serving_health
from validator.judging import Judge
from validator.selection import Selection
from validator.source import ConversationSource, open_source
from validator.standings import Standings
from validator.stopping import StoppedError, pause, unless_stopped
from validator.story import Story
from validator.subnet import NotRegisteredError, Subnet
from validator.weights import Weights

logger = logging.getLogger("validator")

CONVERSATIONS_AT_ONCE = 2
"""So that one conversation's ground truth is made while another's windows are out."""

MAX_ATTEMPTS = 3
"""Attempts at a conversation before it is put aside as failed."""

_WEIGHT_ATTEMPTS = 12
_LONGEST_PAUSE = 300.0
_EMPTY_POLL_SECONDS = 0.05
_OUTAGES = (
    BackendUnavailableError,
    BackendRefusedError,
    BudgetExhaustedError,
    ApiUnavailableError,
)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run came to: conversations by outcome, windows scored, weights taken by the chain."""

    done: int
    failed: int
    windows: int
    weights_set: bool


class Validator:
    """A validator. What it is given (chain, store, annotator) stays the caller's to close.

    ``annotator`` makes the ground truth, together with ``others`` where there are any. ``notify`` hears
    every event (see ``validator.events``).
    """

    def __init__(  # noqa: PLR0917 - its parts, in the order in which a neuron opens them
        self,
        settings: Settings,
        wallet: bt.Wallet,
        chain: Chain,
        store: Store,
        annotator: Annotator,
        embedder: Embedder,
        rule: ScoringRule,
        *,
        others: Sequence[Annotator] = (),
        notify: Listener = ignore,
    ) -> None:
        self._settings = settings
        self._keypair = wallet.hotkey
        self._chain = chain
        self._store = store
        self._annotators = (annotator, *others)
        self._embedder = embedder
        self._rule = rule
        self._listener = notify
        self._story = Story(self._notify)
        self._stopping = asyncio.Event()
        self._subnet = Subnet(
            chain, allow_private=settings.subtensor.network not in {"finney", "test"}
        )
        self._started = time.monotonic()
        self._active = 0
        self._failures = 0
        self._counted = {"done": 0, "failed": 0, "windows": 0}
        self._weights: Weights | None = None
        self.health_port: int | None = None

    def _notify(self, event: Event) -> None:
        self._counted["windows"] += isinstance(event, WindowScored)
        self._listener(event)

    def stop(self) -> None:
        """Finish the windows in flight, give back the conversations, and end ``run``."""
        self._stopping.set()

    async def run(self, *, until_empty: bool = False) -> RunSummary:
        """Work until stopped, or until every conversation is processed and weights are set.

        Raises:
            NotRegisteredError: if the hotkey has no uid on the subnet.
        """
        await self._subnet.refresh()
        self._require_registration()
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(SerialWorker("store"))
            scoring = await stack.enter_async_context(SerialWorker("scoring"))
            source = await stack.enter_async_context(
                open_source(self._settings, self._store, database, self._keypair)
            )
            tools = await self._tools(stack, database, scoring, source)
            self._weights = weights = self._make_weights(tools)
            stack.push_async_callback(source.leave)
            chosen = self._settings.validator
            self.health_port = await stack.enter_async_context(
                serving_health(chosen.health_host, chosen.health_port, self._health)
            )
            async with _in_background(
                self._subnet.follow(chosen.refresh_seconds),
                weights.keep_setting(chosen.refresh_seconds),
            ):
                await self._work(tools, until_empty=until_empty)
            weights_set = await self._last_weights(weights) if until_empty else weights.taken
        return RunSummary(**self._counted, weights_set=weights_set)

    async def _tools(
        self,
        stack: AsyncExitStack,
        database: SerialWorker,
        scoring: SerialWorker,
        source: ConversationSource,
    ) -> Tools:
        """Load what is remembered and make what conversations are processed with."""
        hotkey, chosen = self._keypair.ss58_address, self._settings.validator
        if released := await source.resume():
            logger.info("Resuming %d conversations of an earlier run", released)
        version = self._rule.version
        baseline = EmbeddedAnnotator()
        stack.push_async_callback(baseline.close)
        standings = await database(Standings.load, self._store, hotkey, version, self._embedder)
        await database(standings.regroup, self._subnet.identities)
        asked = await database(self._store.times_asked, hotkey)
        policy = await asyncio.to_thread(policy_of, self._settings)
        asked_tags = ScoringSettings().tags.counted
        selection = Selection(asked, chosen.seed)
        fanout = await stack.enter_async_context(Fanout(self._keypair, self._embedder, chosen))
        judge = Judge(self._rule, baseline, self._embedder, scoring)
        gold = GoldTools(
            settings=chosen,
            plan=WindowPlan.of(self._settings.window),
            policy=policy,
            asked_tags=asked_tags,
            store=self._store,
            database=database,
            subnet=self._subnet,
            selection=selection,
            fanout=fanout,
            judge=judge,
            standings=standings,
            chance=random.SystemRandom(),
        )
        return Tools(
            settings=chosen,
            policy=policy,
            asked_tags=asked_tags,
            store=self._store,
            database=database,
            source=source,
            subnet=self._subnet,
            selection=selection,
            truths=GroundTruthMaker(
                self._settings, self._annotators, self._embedder, version, scoring
            ),
            fanout=fanout,
            judge=judge,
            standings=standings,
            gold=HiddenGold(gold),
            embedder=self._embedder,
            min_quality=self._settings.min_quality,
            story=self._story,
            stopping=self._stopping,
        )

    def _make_weights(self, tools: Tools) -> Weights:
        version_key = self._settings.validator.version_key
        return Weights(self._chain, tools, self._notify, version_key=version_key)

    def _require_registration(self) -> None:
        own, hotkey = self._subnet.own, self._keypair.ss58_address
        if own is None:
            raise NotRegisteredError(_registration_remedy(self._settings, hotkey))
        logger.info(
            "Validating on %s, netuid %d, as uid %d, hotkey %s: annotator %s, embedder %s",
            self._settings.subtensor.network,
            self._chain.netuid,
            own.uid,
            hotkey,
            name_of(self._annotators),
            self._embedder.id,
        )

    async def _work(self, tools: Tools, *, until_empty: bool) -> None:
        """Process conversations, a few at once, until stopped (or until there are none left)."""
        forward = Forward(tools)
        async with asyncio.TaskGroup() as group:
            for _ in range(CONVERSATIONS_AT_ONCE):
                group.create_task(self._take_turns(forward, tools, until_empty=until_empty))

    async def _take_turns(self, forward: Forward, tools: Tools, *, until_empty: bool) -> None:
        chosen = self._settings.validator
        while not self._stopping.is_set():
            lease = await tools.source.reserve(chosen.lease_seconds)
            if lease is not None:
                self._active += 1
                try:
                    await self._process(forward, tools, lease, patient=not until_empty)
                finally:
                    self._active -= 1
            elif until_empty and self._active == 0:
                return
            else:
                seconds = _EMPTY_POLL_SECONDS if until_empty else chosen.poll_seconds
                await pause(self._stopping, seconds)

    async def _process(
        self, forward: Forward, tools: Tools, lease: Lease, *, patient: bool
    ) -> None:
        """Process one conversation. Whatever goes wrong with it does not stop the others.

        ``patient``: a model that is away is waited for, and counts as no attempt.
        """
        conversation = lease.conversation
        try:
            await forward.process(lease)
        except StoppedError:
            await tools.source.release(lease)
        except Exception as error:  # noqa: BLE001 - see below
            # Whatever it is, it is this conversation's: the others go on. (If it is the store, then
            # recording the failure fails as well, and ends the run.)
            cause = first_cause(error)
            if isinstance(cause, LeaseLost):
                logger.warning("%s", cause)
            elif isinstance(cause, BoringConversationError):
                await self._set_aside(tools, lease, cause)
            elif patient and isinstance(cause, _OUTAGES):
                await tools.source.release(lease)
                await self._wait_after_failure(f"{conversation.id}: {cause}")
            else:
                await self._fail(tools, lease, cause)
        else:
            self._failures = 0
            self._counted["done"] += 1

    async def _set_aside(self, tools: Tools, lease: Lease, why: BoringConversationError) -> None:
        """Take a conversation out of the line for good: asking again would change nothing."""
        await self._fail(tools, lease, why, max_attempts=1)

    async def _fail(
        self,
        tools: Tools,
        lease: Lease,
        cause: BaseException,
        *,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> None:
        if not isinstance(cause, AnnotationError | BoringConversationError):
            logger.error("Conversation %s", lease.conversation.id, exc_info=cause)
        reason = f"{type(cause).__name__}: {cause}"
        try:
            final = await tools.source.fail(lease, reason, max_attempts=max_attempts)
        except LeaseLost as error:
            logger.warning("%s", error)
            return
        self._counted["failed"] += final
        self._story.failed(lease.conversation, reason, final=final)

    async def _wait_after_failure(self, why: str) -> None:
        """Wait longer after each failure in a row."""
        seconds = min(_LONGEST_PAUSE, self._settings.validator.poll_seconds * 2.0**self._failures)
        self._failures = min(self._failures + 1, 20)
        logger.warning("Trying again in %.0f s: %s", seconds, why)
        await pause(self._stopping, seconds)

    async def _last_weights(self, weights: Weights) -> bool:
        """Set weights from all that was scored; return whether the chain took them."""
        try:
            for _ in range(_WEIGHT_ATTEMPTS):
                if not weights.due or await unless_stopped(self._stopping, weights.attempt()):
                    break
                await pause(self._stopping, self._settings.validator.poll_seconds)
        except StoppedError:
            logger.info("Stopped before weights were set")
        return weights.taken and not weights.due

    async def _health(self) -> tuple[bool, dict[str, Any]]:
        own, age = self._subnet.own, self._subnet.age
        conversations = await asyncio.to_thread(self._store.count_conversations)
        windows_done, windows = await asyncio.to_thread(self._store.count_windows)
        status = "ok"
        if self._stopping.is_set():
            status = "stopping"
        elif own is None:
            status = "unregistered"
        elif age > 10 * self._settings.validator.refresh_seconds:
            status = "chain away"
        document = {
            "status": status,
            "version": cgp.__version__,
            "netuid": self._chain.netuid,
            "hotkey": self._keypair.ss58_address,
            "uid": own.uid if own else None,
            "annotator": name_of(self._annotators),
            "embedder": self._embedder.id,
            "scoring": self._rule.version,
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "chain": {"block": self._subnet.metagraph.block, "age_seconds": round(age, 1)},
            "miners": len(self._subnet.candidates),
            "conversations": conversations,
            "in_progress": self._active,
            "windows": {"done": windows_done, "known": windows},
            "weights": self._weights.status if self._weights else None,
        }
        return status == "ok", document


@asynccontextmanager
async def _in_background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``work`` while the block runs; an error in either ends both."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        yield
        for task in tasks:
            task.cancel()


def _registration_remedy(settings: Settings, hotkey: str) -> str:
    network, wallet = settings.subtensor.network, settings.wallet
    told = f"hotkey {hotkey} is not registered on netuid {settings.netuid} of {network}"
    if network == "local":
        return f"{told}: `cgp localnet` makes a chain with a registered validator"
    return (
        f"{told}; register it: btcli -n {network} -w {wallet.name} -H {wallet.hotkey} "
        f"subnets register --netuid {settings.netuid}"
    )


def first_cause(error: BaseException) -> BaseException:
    """Return the first error inside nested groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
