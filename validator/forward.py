"""One conversation from its lease to its end: ground truth, seal, windows, fan-out,
scores, store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from cgp.store import GroundTruthRecord, Lease, WindowRecord
from validator.conversation_work import ConversationWork
from validator.finishing import Finishing
from validator.gold import HiddenGold
from validator.holding import Holding
from validator.lease_keeping import LeaseKeeping
from validator.own_faults import HeldError
from validator.preparing import Preparing
from validator.sealing import Sealing
from validator.stopping import StoppedError
from validator.story import Story
from validator.subnet import ObstacleError
from validator.window_asking import WindowAsking
from validator.window_scoring import WindowScoring


class Forward:
    """Takes conversations through. Several at once share the places for windows in flight.

    ``holding`` says whether a fault of the validator's own forbids scoring, ``stopping`` that
    nothing new is to be begun.
    """

    def __init__(
        self,
        *,
        keeping: LeaseKeeping,
        preparing: Preparing,
        sealing: Sealing,
        asking: WindowAsking,
        scoring: WindowScoring,
        finishing: Finishing,
        gold: HiddenGold,
        holding: Holding,
        story: Story,
        stopping: asyncio.Event,
        windows_in_flight: int,
    ) -> None:
        self._keeping = keeping
        self._preparing = preparing
        self._sealing = sealing
        self._asking = asking
        self._scoring = scoring
        self._finishing = finishing
        self._gold = gold
        self._holding = holding
        self._story = story
        self._stopping = stopping
        self._places = asyncio.Semaphore(windows_in_flight)

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
        # Everything after this sees the one redacted text: the log, seal, windows, miners, models,
        # scores.
        safe = await self._preparing.redacted(lease.conversation)
        lease = replace(lease, conversation=safe)
        self._story.tell_reservation(safe)
        async with self._keeping.kept_up(lease):
            quality = await self._preparing.quality(safe)
            truth = await self._sealing.truth_of(lease)
            windows = await self._sealing.windows_of(lease)
            self._story.truth_made(safe, truth, windows)
            await self._do_windows(lease, truth, windows)
            await self._finishing.finish(lease, truth, quality)

    async def _do_windows(
        self, lease: Lease, truth: GroundTruthRecord, windows: list[WindowRecord]
    ) -> None:
        work = await self._sealing.work_on(lease, truth, len(windows))
        # Kept apart from errors, which end the group: the windows that are out are finished.
        reasons: list[HeldError | ObstacleError] = []
        async with asyncio.TaskGroup() as group:
            for window in windows:
                if window.done:
                    continue
                if self._holding.fault is None and self._gold.due():
                    await self._hide_gold(group, work, window)
                # Taken here, so that the windows of a conversation go out in order.
                await self._places.acquire()
                if reasons or self._stopping.is_set():
                    self._places.release()
                    break
                # The place is released by a callback, which runs in any case: also where the task
                # is cancelled.
                task = group.create_task(self._do_window(work, window, reasons))
                task.add_done_callback(lambda _: self._places.release())
        if reasons:
            raise _reason_of_all(reasons)
        if self._stopping.is_set():
            now = await self._sealing.windows_of(lease)
            if not all(window.done for window in now):
                raise StoppedError

    async def _hide_gold(
        self, group: asyncio.TaskGroup, work: ConversationWork, before: WindowRecord
    ) -> None:
        """Let a hidden gold window take a place of its own, in its turn, as any window does."""
        await self._places.acquire()
        if self._stopping.is_set():
            self._places.release()
            return
        beside = work.conversation.excerpt(before.start, before.stop)
        task = group.create_task(self._gold.send(work.lease, beside))
        task.add_done_callback(lambda _: self._places.release())

    async def _do_window(
        self, work: ConversationWork, window: WindowRecord, reasons: list[HeldError | ObstacleError]
    ) -> None:
        asked_at = self._holding.now()
        try:
            replies = await self._asking.ask(work, window)
        except StoppedError:
            return
        except (HeldError, ObstacleError) as error:
            reasons.append(error)
            return
        answers = await self._scoring.score(work, window, replies)
        self._holding.end(asked_at)
        self._story.tell_scores(
            work.conversation,
            window.index,
            work.windows,
            len(work.truth.metadata.tags),
            answers,
            request_ids=[reply.task_id for reply in replies],
        )


def _reason_of_all(reasons: Sequence[HeldError | ObstacleError]) -> HeldError | ObstacleError:
    """Return the first reason; where windows are held, one that names all of them."""
    first = reasons[0]
    if isinstance(first, ObstacleError):
        return first
    held = (reason.windows for reason in reasons if isinstance(reason, HeldError))
    return HeldError(first.fault, frozenset().union(*held))
