"""One conversation from its lease to its end: ground truth, seal, windows, fan-out,
scores, store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from cgp.config import ValidatorSettings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.errors import CgpError
from cgp.metadata import Metadata
from cgp.privacy import RedactionPolicy
from cgp.quality import QUALITY_VERSION, measure
from cgp.scoring import ScoringTask
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    Lease,
    MinedWindow,
    QualityRecord,
    ScoredAnswer,
    SerialWorker,
    Store,
    WindowRecord,
    WindowResult,
)
from cgp.windows import cut
from validator.background import Background, background_of
from validator.fanout import Fanout, WindowUnsendableError
from validator.gold import HiddenGold
from validator.ground_truth import GroundTruthMaker
from validator.holding import Holding
from validator.judging import Judge, WindowScores
from validator.model_trust import ModelTrust
from validator.own_faults import FaultKind, HeldError, own_fault
from validator.replies import Reply
from validator.selection import Candidate, Selection, draw
from validator.source import ConversationSource
from validator.standings import Standings
from validator.stopping import StoppedError, unless_stopped
from validator.story import Story
from validator.subnet import ObstacleError, Subnet
from validator.verified import stored_tree, verified_conversation

logger = logging.getLogger(__name__)


class BoringConversationError(
    CgpError, code="validator.boring", remedy="lower MIN_QUALITY to mine it all the same"
):
    """A conversation that is not worth mining; the message says why."""


@dataclass(frozen=True)
class Tools:
    """Tools for processing conversations; made once, shared by all of them.

    ``policy`` says what is redacted before a conversation is shown to anybody. ``asked_tags`` is
    how many tags miners are asked for, ``database`` runs the store's calls, ``source`` is where
    leases come from and results go to, ``holding`` says whether a fault of the validator's own
    forbids scoring, ``model`` whether the model's answers are of use, ``stopping`` that nothing
    new is to be begun. Conversations of a quality below ``min_quality`` are set aside.
    """

    settings: ValidatorSettings
    policy: RedactionPolicy
    asked_tags: int
    store: Store
    database: SerialWorker
    source: ConversationSource
    subnet: Subnet
    selection: Selection
    truths: GroundTruthMaker
    fanout: Fanout
    judge: Judge
    standings: Standings
    gold: HiddenGold
    holding: Holding
    model: ModelTrust
    embedder: Embedder
    min_quality: float
    story: Story
    stopping: asyncio.Event


@dataclass(frozen=True)
class _Work:
    """Data that the windows of one conversation have in common."""

    lease: Lease
    truth: GroundTruthRecord
    ground_truth: Metadata
    background: Background
    windows: int

    @property
    def conversation(self) -> Conversation:
        return self.lease.conversation


class Forward:
    """Takes conversations through. Several at once share the places for windows in flight."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._places = asyncio.Semaphore(tools.settings.windows_in_flight)

    async def process(self, lease: Lease) -> None:
        """Do the remaining work for a leased conversation, and mark it done.

        Raises:
            StoppedError: if the validator stops first; the windows that were done are stored.
            HeldError: if no miner answers, for a fault that is taken to be the validator's own.
            ObstacleError: if no miner may or can be asked any more.
            LeaseLost: if somebody else holds the conversation now (perhaps inside a group).
            AnnotationError: if there is no ground truth.
            BoringConversationError: if it is below ``MIN_QUALITY``.
        """
        tools, conversation = self._tools, lease.conversation
        # Everything after this sees the one redacted text: the log, seal, windows, miners, models, scores.
        # On a thread of its own: a long one takes seconds, in which leases must be kept up.
        safe = await asyncio.to_thread(tools.store.redacted, conversation, tools.policy)
        tools.story.tell_reservation(safe)
        lease = replace(lease, conversation=safe)
        async with self._kept_up(lease):
            quality = await self._quality(safe)
            truth = await self._ground_truth(lease)
            windows = await tools.database(tools.store.windows_of, conversation.id)
            tools.story.truth_made(conversation, truth, windows)
            await self._do_windows(lease, truth, windows)
            await self._finish(lease, truth, quality)

    @contextlib.asynccontextmanager
    async def _kept_up(self, lease: Lease) -> AsyncIterator[None]:
        """Keep a lease up for as long as the block runs."""
        beating = asyncio.create_task(self._beat(lease))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])

    async def _beat(self, lease: Lease) -> None:
        """Renew a lease for ever. Nothing to undo where it is lost: later writes are refused."""
        seconds = self._tools.settings.lease_seconds
        while True:
            # Two heartbeats may fail before the lease runs out.
            await asyncio.sleep(seconds / 3)
            try:
                is_held = await self._tools.source.heartbeat(lease, seconds)
            except SQLAlchemyError as error:
                logger.warning("No heartbeat for %s: %s", lease.conversation.id, error)
                continue
            if not is_held:
                logger.warning("Lost the lease of conversation %s", lease.conversation.id)
                return

    async def _ground_truth(self, lease: Lease) -> GroundTruthRecord:
        """Return the sealed ground truth, from the store or made now."""
        tools, conversation = self._tools, lease.conversation
        # A truth that is sealed stays, also after a restart: miners may have answered to it
        # already.
        earlier = await tools.database(tools.store.ground_truth, conversation.id)
        if earlier is not None:
            return earlier
        truth = await unless_stopped(tools.stopping, tools.truths.make(conversation))
        tools.model.usable()
        tree = await asyncio.to_thread(cut, conversation, truth.plan, tools.embedder)
        cuts = [(window.start, window.stop) for window in tree.leaves()]
        return await tools.source.seal(lease, truth, cuts)

    async def _do_windows(
        self, lease: Lease, truth: GroundTruthRecord, windows: list[WindowRecord]
    ) -> None:
        work = await self._work(lease, truth, len(windows))
        # Kept apart from errors, which end the group: the windows that are out are finished.
        reasons: list[HeldError | ObstacleError] = []
        async with asyncio.TaskGroup() as group:
            for window in windows:
                if window.done:
                    continue
                if self._tools.holding.fault is None and self._tools.gold.due():
                    await self._hide_gold(group, work, window)
                # Taken here, so that the windows of a conversation go out in order.
                await self._places.acquire()
                if reasons or self._tools.stopping.is_set():
                    self._places.release()
                    break
                # The place is released by a callback, which runs in any case: also where the task
                # is cancelled.
                task = group.create_task(self._do_window(work, window, reasons))
                task.add_done_callback(lambda _: self._places.release())
        if reasons:
            raise reasons[0]
        if self._tools.stopping.is_set():
            now = await self._tools.database(self._tools.store.windows_of, lease.conversation.id)
            if not all(window.done for window in now):
                raise StoppedError

    async def _hide_gold(self, group: asyncio.TaskGroup, work: _Work, before: WindowRecord) -> None:
        """Let a hidden gold window take a place of its own, in its turn, as any window does."""
        await self._places.acquire()
        if self._tools.stopping.is_set():
            self._places.release()
            return
        beside = work.conversation.excerpt(before.start, before.stop)
        task = group.create_task(self._tools.gold.send(work.lease, beside))
        task.add_done_callback(lambda _: self._places.release())

    async def _work(self, lease: Lease, truth: GroundTruthRecord, windows: int) -> _Work:
        tools = self._tools
        background = await tools.database(
            background_of,
            tools.store,
            lease.conversation,
            truth.plan,
            tools.settings.background_windows,
            truth.seed,
            policy=tools.policy,
        )
        return _Work(lease, truth, truth.metadata, background, windows)

    async def _do_window(
        self, work: _Work, window: WindowRecord, reasons: list[HeldError | ObstacleError]
    ) -> None:
        asked_at = self._tools.holding.now()
        try:
            replies = await self._ask(work, window)
        except StoppedError:
            return
        except (HeldError, ObstacleError) as error:
            reasons.append(error)
            return
        scores = await self._judge(work, window, replies)
        answers = await self._commit(work, window, replies, scores)
        self._tools.holding.end(asked_at)
        self._tools.story.tell_scores(
            work.conversation,
            window.index,
            work.windows,
            len(work.ground_truth.tags),
            answers,
            request_ids=[reply.task_id for reply in replies],
        )

    async def _ask(self, work: _Work, window: WindowRecord) -> tuple[Reply, ...]:
        """Send a window to a few miners; return the replies, of which one at least is a miner's
        own.

        Where all that were asked fail alike, others are asked, twice as many each time.

        Raises:
            HeldError: if no miner, or while holding none of a few, shows that our own end works.
        """
        tools, conversation = self._tools, work.conversation
        candidates = tools.subnet.require_candidates()
        count = tools.settings.miners_per_window
        replies: tuple[Reply, ...] = ()
        while True:
            hotkeys = {reply.miner.hotkey for reply in replies}
            fresh = [c for c in candidates if c.hotkey not in hotkeys]
            if replies:
                # A second opinion comes from miners that are not silent already.
                fresh = [c for c in fresh if not tools.fanout.rests(c.hotkey)]
            miners = tools.selection.choose(fresh, count, conversation.id, window.index)
            try:
                replies += await self._send(work, window, miners)
            except WindowUnsendableError as error:
                logger.warning("Window %s / %d not sent: %s", conversation.id, window.index, error)
                return ()
            fault = own_fault(replies)
            if fault is None:
                return replies
            is_known_fault = (
                tools.holding.fault is not None or fault.kind is FaultKind.CLOCK_STEPPED
            )
            if not miners or is_known_fault:
                tools.fanout.forgive(replies)
                raise HeldError(fault)
            # Few of many miners alike may be chance; twice as many each time settle it after a few
            # rounds.
            count *= 2

    async def _send(
        self, work: _Work, window: WindowRecord, miners: Sequence[Candidate]
    ) -> tuple[Reply, ...]:
        tools, conversation = self._tools, work.conversation
        if miners:
            tools.story.sending(conversation, window.index, miners)
        return await tools.fanout.ask(
            miners,
            conversation.excerpt(window.start, window.stop),
            f"{work.truth.seal}/{window.index}",
            tools.asked_tags,
        )

    async def _judge(
        self, work: _Work, window: WindowRecord, replies: tuple[Reply, ...]
    ) -> WindowScores:
        task = ScoringTask(
            window=work.conversation.excerpt(window.start, window.stop),
            ground_truth=work.ground_truth.shift(-window.start),
            background=work.background.windows,
            share=(window.stop - window.start) / len(work.conversation.turns),
        )
        answers = [reply.answer for reply in replies]
        return await self._tools.judge.judge(task, answers, self._tools.asked_tags)

    async def _commit(
        self, work: _Work, window: WindowRecord, replies: tuple[Reply, ...], scores: WindowScores
    ) -> list[ScoredAnswer]:
        """Fold the scores into the standings and store everything, in one transaction."""
        tools = self._tools
        # Held from reading the standings to storing them: two windows at once must not fold into
        # the same ones.
        async with tools.standings.lock:
            changes = await tools.database(
                tools.standings.after,
                f"{work.conversation.id}/{window.index}",
                replies,
                scores,
                tools.subnet.metagraph.block,
            )
            answers = [
                ScoredAnswer(
                    hotkey=reply.miner.hotkey,
                    uid=reply.miner.uid,
                    answer=reply.answer,
                    score=score,
                    seconds=reply.seconds,
                    evidence=reply.evidence,
                    body_hash=reply.body_hash,
                    peer_record=changes.record_of(reply.miner.hotkey),
                )
                for reply, score in zip(replies, scores.scores, strict=True)
            ]
            result = WindowResult(
                index=window.index,
                seed=draw(work.truth.seed, window.index),
                background=work.background.references,
                answers=answers,
                changes=changes.to_store(tools.judge.version),
            )
            # Only changes that are stored are taken over, so that memory and store never differ.
            if await tools.source.commit_window(work.lease, result):
                tools.standings.accept(changes)
        return answers

    async def _quality(self, conversation: Conversation) -> QualityRecord:
        """Return the quality of a conversation.

        Raises:
            BoringConversationError: if it is below the operator's minimum.
        """
        tools = self._tools
        quality = await asyncio.to_thread(measure, conversation, tools.embedder)
        if quality.summary < tools.min_quality:
            raise BoringConversationError(
                f"its quality {quality.summary:.2f} is below MIN_QUALITY ({tools.min_quality:g})"
            )
        return QualityRecord(QUALITY_VERSION, tools.embedder.id, quality)

    def _mined_windows(
        self,
        conversation: Conversation,
        truth: GroundTruthRecord,
        windows: list[WindowRecord],
        answers: Mapping[int, Sequence[ScoredAnswer]],
    ) -> list[MinedWindow]:
        """Return the verified metadata of the answers, for every window of the tree."""
        tools = self._tools
        tree = stored_tree(conversation, truth.plan, tools.embedder, windows)
        clusters = tools.standings.clusters
        return verified_conversation(
            truth.metadata,
            tree,
            windows,
            answers,
            conversation=conversation,
            clusters=clusters,
            embedder=tools.embedder,
        )

    async def _finish(self, lease: Lease, truth: GroundTruthRecord, quality: QualityRecord) -> None:
        tools, identifier = self._tools, lease.conversation.id
        windows = await tools.database(tools.store.windows_of, identifier)
        answers = {
            window.index: await tools.database(tools.store.answers_of, identifier, window.index)
            for window in windows
        }
        mined_windows = await asyncio.to_thread(
            self._mined_windows, lease.conversation, truth, windows, answers
        )
        # The first window is the whole: its metadata is the conversation's.
        metadata = mined_windows[0].metadata
        await tools.source.finish(lease, ConversationResult(metadata, mined_windows, quality))
        tags = [tag.text for tag in metadata.tags]
        tools.story.tell_end(lease.conversation, tags, len(windows))
