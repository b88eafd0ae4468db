"""Asking miners about a window: a few of them, and more where those all fail alike."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.store import WindowRecord
from validator.conversation_work import ConversationWork
from validator.fanout import Fanout, WindowUnsendableError
from validator.holding import Holding
from validator.own_faults import FaultKind, HeldError, own_fault
from validator.replies import Reply
from validator.selection import MinerCandidate, Selection
from validator.story import Story
from validator.subnet import Subnet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WindowAsking:
    """Sends windows to ``miners_per_window`` miners each, and asks them for ``asked_tags`` tags.

    ``holding`` knows a fault of the validator's own, with which nobody is asked twice.
    """

    subnet: Subnet
    selection: Selection
    fanout: Fanout
    holding: Holding
    story: Story
    miners_per_window: int
    asked_tags: int

    async def ask(self, work: ConversationWork, window: WindowRecord) -> tuple[Reply, ...]:
        """Send a window to a few miners; return the replies, of which one at least is a miner's
        own.

        Where all that were asked fail alike, others are asked, twice as many each time.

        Raises:
            HeldError: if no miner, or while holding none of a few, shows that our own end works.
            ObstacleError: if no miner may or can be asked.
        """
        conversation = work.conversation
        candidates = self.subnet.require_candidates()
        count = self.miners_per_window
        replies: tuple[Reply, ...] = ()
        while True:
            hotkeys = {reply.miner.hotkey for reply in replies}
            fresh = [c for c in candidates if c.hotkey not in hotkeys]
            if replies:
                # A second opinion comes from miners that are not silent already.
                fresh = [c for c in fresh if not self.fanout.rests(c.hotkey)]
            miners = self.selection.choose(fresh, count, conversation.id, window.index)
            try:
                replies += await self._send(work, window, miners)
            except WindowUnsendableError as error:
                logger.warning("Window %s / %d not sent: %s", conversation.id, window.index, error)
                return ()
            fault = own_fault(replies)
            if fault is None:
                return replies
            is_known_fault = self.holding.fault is not None or fault.kind is FaultKind.CLOCK_STEPPED
            if not miners or is_known_fault:
                self.fanout.forgive(replies)
                raise HeldError(fault, frozenset({window.index}))
            # Few of many miners alike may be chance; twice as many each time settle it after a few
            # rounds.
            count *= 2

    async def _send(
        self, work: ConversationWork, window: WindowRecord, miners: Sequence[MinerCandidate]
    ) -> tuple[Reply, ...]:
        if miners:
            self.story.sending(work.conversation, window.index, miners)
        return await self.fanout.ask(
            miners,
            work.conversation.excerpt(window.start, window.stop),
            f"{work.truth.seal}/{window.index}",
            self.asked_tags,
        )
