"""The validator: it leases conversations, has miners annotate their windows, and sets weights."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import bittensor as bt
from sqlalchemy.exc import SQLAlchemyError

from cgp.annotators import Annotator
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.annotators.report import report_of
from cgp.api.client import ApiError
from cgp.chain import ChainSetupError, is_public
from cgp.chain.metagraph import Chain
from cgp.config import Settings
from cgp.embedders import Embedder
from cgp.privacy import policy_of
from cgp.scoring import ScoringRule
from cgp.store import HolderReplacedError, SerialWorker, Store, StoreError
from cgp.telemetry import DutyName, Problem, keep_recording, make_recorder, supervise
from cgp.windows import WindowPlan
from validator.condition import Condition
from validator.demands import Demands
from validator.events import Event, Listener, WindowScored, ignore
from validator.fanout import Fanout
from validator.further_rewards import further_rewards
from validator.ground_truth import GroundTruthMaker, name_of
from validator.health import serving_health
from validator.judging import WindowJudge
from validator.measuring import Measuring
from validator.probe import probe_windows
from validator.run_parts import RunParts, make_run_parts
from validator.source import ConversationSource, open_source
from validator.standings import Standings
from validator.stopping import StoppedError, pause, unless_stopped
from validator.story import Story
from validator.subnet import NotRegisteredError, Subnet
from validator.taking import Counts, Taking
from validator.weights import Weights

logger = logging.getLogger("validator")

# Bounded: a run over a finite store ends, also where the chain stays away.
_WEIGHT_ATTEMPTS = 12
_FORESEEN = (bt.BittensorError, SQLAlchemyError, StoreError, ApiError, OSError)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Result of a run: conversations by outcome, windows scored, weights taken by the chain."""

    done: int
    failed: int
    windows: int
    weights_set: bool


class Validator:
    """A validator. The caller closes the chain, the store and the annotator that it gives.

    ``annotator`` makes the ground truth, together with ``others`` where there are any. ``notify``
    hears every event (see ``validator.events``). ``condition`` is given where its health is
    served already; else the validator serves it while it runs. ``clock`` gives nanoseconds since
    the epoch, for signatures.
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
        more_annotators: Sequence[Annotator] = (),
        notify: Listener = ignore,
        condition: Condition | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings
        self._keypair = wallet.hotkey
        self._chain = chain
        self._store = store
        self._annotators = (annotator, *more_annotators)
        self._embedder = embedder
        self._rule = rule
        self._listener = notify
        self._recorder = make_recorder(settings, "validator", self._keypair.ss58_address)
        self._measuring = Measuring(self._recorder)
        self._clock = clock
        self._story = Story(self._notify)
        self._serves_health = condition is None
        self.condition = condition or Condition(settings, self._keypair.ss58_address)
        self._stopping = self.condition.stopping
        self._subnet = Subnet(chain, allow_private=not is_public(settings.subtensor.network))
        self._demands = Demands(chain, settings.validator.version_key, self.condition.standing)
        self._counts = Counts()
        self._windows = 0
        self._taking: Taking | None = None
        self._weights: Weights | None = None
        self.health_port: int | None = None

    def _notify(self, event: Event) -> None:
        self._windows += isinstance(event, WindowScored)
        self._measuring(event)
        self._listener(event)

    def stop(self) -> None:
        """Finish the windows in flight, give back the conversations, and end ``run``."""
        self._stopping.set()

    async def run(self, *, until_empty: bool = False) -> RunSummary:
        """Work until stopped, or until every conversation is processed and weights are set.

        Raises:
            NotRegisteredError: if the hotkey has no uid on the subnet.
            ChainSetupError: if there is no such subnet.
        """
        weights_set = False
        async with AsyncExitStack() as stack:
            if self._serves_health:
                settings = self._settings.validator
                self.health_port = await stack.enter_async_context(
                    serving_health(
                        settings.health_host, settings.health_port, self.condition.health
                    )
                )
            try:
                await unless_stopped(self._stopping, self._join())
            except StoppedError:
                return RunSummary(0, 0, 0, weights_set=False)
            database = await stack.enter_async_context(SerialWorker("store"))
            # A thread of its own: scoring takes half a second, and heartbeats must reach the store
            # meanwhile.
            scoring = await stack.enter_async_context(SerialWorker("scoring"))
            source = await stack.enter_async_context(
                open_source(self._settings, self._store, database, self._keypair)
            )
            run = await self._parts(stack, database, scoring, source)
            self._weights = weights = self._make_weights(run)
            # Before anything is leased: leases are given back however the run ends.
            stack.push_async_callback(source.leave)
            self.condition.attach(self._subnet.obstacle, self._details, database)
            stack.enter_context(self._recorder)
            async with _in_background(
                self.condition.pulse.beat(),
                self._following(),
                self._setting(weights),
                self._recording(),
            ):
                await self._work(run, until_empty=until_empty)
            weights_set = await self._last_weights(weights) if until_empty else weights.are_on_chain
        return RunSummary(self._counts.done, self._counts.failed, self._windows, weights_set)

    async def _join(self) -> None:
        """Read the metagraph for the first time, however long that takes, and find ourselves in it.

        Raises:
            NotRegisteredError: if the hotkey has no uid on the subnet.
            ChainSetupError: if there is no such subnet.
        """
        self.condition.starting = f"reading the metagraph from {self._chain.endpoint}"

        async def read() -> None:
            await self._subnet.refresh()
            self.condition.duties[DutyName.SYNC].note_success()

        await self._supervise(DutyName.SYNC, read, fatal=(ChainSetupError,))
        self._require_registration()
        await self._demands.look(len(self._subnet.candidates))

    async def _supervise(
        self,
        name: DutyName,
        work: Callable[[], Awaitable[None]],
        *,
        fatal: tuple[type[BaseException], ...] = (),
    ) -> None:
        await supervise(self.condition.duties[name], work, fatal=fatal, defect=_is_defect)

    def _following(self) -> Coroutine[Any, Any, None]:
        async def follow() -> None:
            while True:
                await asyncio.sleep(self._settings.validator.refresh_seconds)
                await self._subnet.refresh()
                self.condition.duties[DutyName.SYNC].note_success()
                await self._demands.look(len(self._subnet.candidates))

        return self._supervise(DutyName.SYNC, follow)

    def _recording(self) -> Coroutine[Any, Any, None]:
        duty, events = self.condition.duties[DutyName.TELEMETRY], self.condition.brief_health
        return self._supervise(
            DutyName.TELEMETRY, lambda: keep_recording(self._recorder, duty, events)
        )

    def _setting(self, weights: Weights) -> Coroutine[Any, Any, None]:
        seconds, duty = (
            self._settings.validator.refresh_seconds,
            self.condition.duties[DutyName.WEIGHTS],
        )
        return self._supervise(DutyName.WEIGHTS, lambda: weights.keep_setting(seconds, duty))

    async def _parts(
        self,
        stack: AsyncExitStack,
        database: SerialWorker,
        scoring: SerialWorker,
        source: ConversationSource,
    ) -> RunParts:
        """Make the parts of a run; ``_resume`` loads their memory."""
        baseline = EmbeddedAnnotator()
        stack.push_async_callback(baseline.close)
        fanout = Fanout(
            self._keypair,
            self._embedder,
            self._settings.validator,
            pulse=self.condition.pulse,
            clock=self._clock,
        )
        await stack.enter_async_context(fanout)
        return make_run_parts(
            self._settings,
            self._rule,
            self._embedder,
            policy=await asyncio.to_thread(policy_of, self._settings),
            store=self._store,
            database=database,
            source=source,
            subnet=self._subnet,
            fanout=fanout,
            judge=WindowJudge(self._rule, baseline, self._embedder, scoring),
            truths=GroundTruthMaker(
                self._settings, self._annotators, self._embedder, self._rule, scoring
            ),
            condition=self.condition,
            story=self._story,
            probes=await asyncio.to_thread(probe_windows, WindowPlan.of(self._settings.window)),
        )

    async def _resume(self, run: RunParts) -> None:
        """Take back the leases of an earlier or a failed run; load the memory."""
        hotkey, version = self._keypair.ss58_address, self._rule.version
        if count := await run.source.resume():
            logger.info("Resuming %d conversations of an earlier run", count)
        standings = await run.database(
            Standings.load, self._store, hotkey, version, self._embedder, self._rule.settings
        )
        async with run.standings.lock:
            run.standings.replace_by(standings)
            await run.database(run.standings.regroup, self._subnet.identities)
        run.selection.replace(await run.database(self._store.times_asked, hotkey))

    def _make_weights(self, run: RunParts) -> Weights:
        return Weights(
            self._chain,
            subnet=self._subnet,
            standings=run.standings,
            holding=self.condition.holding,
            store=self._store,
            database=run.database,
            notify=self._notify,
            version_key=self._settings.validator.version_key,
            further=further_rewards(self._settings),
        )

    def _require_registration(self) -> None:
        neuron, hotkey, graph = (
            self._subnet.own_neuron,
            self._keypair.ss58_address,
            self._subnet.metagraph,
        )
        network = self._settings.subtensor.network
        logger.info(
            "Subnet %d of %s is called %r on chain; its owner is hotkey %s, coldkey %s",
            graph.netuid,
            network,
            graph.name,
            graph.owner_hotkey,
            graph.owner_coldkey,
        )
        if neuron is None:
            raise NotRegisteredError.of(self._settings, hotkey)
        logger.info(
            "Validating on %s, netuid %d, as uid %d, hotkey %s: annotator %s, embedder %s",
            network,
            self._chain.netuid,
            neuron.uid,
            hotkey,
            name_of(self._annotators),
            self._embedder.id,
        )

    async def _work(self, run: RunParts, *, until_empty: bool) -> None:
        """Process conversations until stopped (or until there are none left).

        Whatever stops it, such as a store that cannot be written, is tried again. Only another
        process with the same hotkey is given way to: the one that started last goes on.
        """
        duty = self.condition.duties[DutyName.FORWARD]
        self._taking = taking = Taking(
            run.forward,
            run.source,
            self._subnet,
            run.probe,
            story=self._story,
            settings=self._settings.validator,
            condition=self.condition,
            duty=duty,
            counts=self._counts,
            until_empty=until_empty,
        )

        async def work() -> None:
            await self._resume(run)
            await taking.run()

        try:
            await self._supervise(DutyName.FORWARD, work, fatal=(HolderReplacedError,))
        except HolderReplacedError as error:
            if until_empty:
                raise
            problem = Problem(
                "replaced", str(error), "stop one of the two, and start this one anew"
            )
            self.condition.standing[problem.name] = problem
            logger.critical("Standing by, doing nothing more: %s", error)
            assert self._weights is not None
            self._weights.stand_by()
            await self._stopping.wait()

    async def _last_weights(self, weights: Weights) -> bool:
        """Set weights from all that was scored; return whether the chain took them."""
        try:
            for _ in range(_WEIGHT_ATTEMPTS):
                if not weights.due or await unless_stopped(self._stopping, weights.attempt()):
                    break
                await pause(self._stopping, self._settings.validator.poll_seconds)
        except StoppedError:
            logger.info("Stopped before weights were set")
        return weights.are_on_chain and not weights.due

    def _details(self) -> dict[str, Any]:
        """Return the details of the health page besides problems. Blocks: reads the store."""
        neuron = self._subnet.own_neuron
        windows_done, windows = self._store.count_windows()
        metagraph, rules = self._subnet.metagraph, self._demands.rules
        return {
            "uid": neuron.uid if neuron else None,
            "annotator": name_of(self._annotators),
            "annotations": [report_of(annotator).to_json() for annotator in self._annotators],
            "embedder": self._embedder.id,
            "scoring": self._rule.version,
            "chain": {
                "endpoint": self._chain.endpoint,
                "block": metagraph.block,
                "age_seconds": round(self._subnet.age, 1),
                "tempo": metagraph.tempo,
                "epoch_age": metagraph.epoch_age,
                "reveal_epochs": None if rules is None else rules.reveal_epochs,
            },
            "miners": len(self._subnet.candidates),
            "conversations": self._store.count_conversations(),
            "in_progress": self._taking.active if self._taking else 0,
            "put_off": self._taking.put_off if self._taking else 0,
            "windows": {"done": windows_done, "known": windows},
            "answers": dict(self._measuring.answers),
            "failures": dict(self._measuring.failures),
            "holds": self.condition.holding.times,
            "weights": self._weights.status if self._weights else None,
        }


@asynccontextmanager
async def _in_background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``work`` while the block runs; an error in either ends both."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        yield
        # The duties never end by themselves; the group would wait for them for ever.
        for task in tasks:
            task.cancel()


def _is_defect(error: BaseException) -> bool:
    """Tell if an error is unforeseen; the others say all in their message."""
    return not isinstance(error, _FORESEEN)
