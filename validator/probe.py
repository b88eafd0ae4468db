"""Probe: a question to miners that shows whether the validator's own end works."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence

from cgp import samples
from cgp.conversation import Conversation
from cgp.windows import WindowPlan, cut
from validator.fanout import Fanout
from validator.own_faults import OwnFault, own_fault
from validator.selection import MinerCandidate
from validator.subnet import Subnet


def probe_windows(plan: WindowPlan) -> list[Conversation]:
    """Return the first window of each sample conversation, cut as all windows are."""
    return [next(cut(sample, plan).leaves()).of(sample) for sample in samples.load()]


class Probe:
    """Asks miners about windows that anybody can answer; the answers are not scored.

    A window on which every miner fails looks like a fault of our own. These are harmless, and of
    the usual length, so that whatever lets them through lets others through.
    ``count`` miners are asked each time.
    """

    def __init__(
        self,
        subnet: Subnet,
        fanout: Fanout,
        windows: Sequence[Conversation],
        *,
        count: int,
        asked_tags: int,
    ) -> None:
        self._subnet = subnet
        self._fanout = fanout
        self._windows = itertools.cycle(windows)
        self._count = count
        self._asked_tags = asked_tags
        self._first = 0

    async def fault(self) -> OwnFault | None:
        """Ask a few miners, others than the last time; return the fault that their replies show.

        None where one of them answers.

        Raises:
            ObstacleError: if no miner may or can be asked.
        """
        replies = await self._fanout.ask(
            self._next_miners(), next(self._windows), secrets.token_hex(16), self._asked_tags
        )
        # Silence towards a probe is no reason to ask a miner less often.
        self._fanout.forgive(replies)
        return own_fault(replies)

    def _next_miners(self) -> list[MinerCandidate]:
        candidates = self._subnet.require_candidates()
        able = [c for c in candidates if not self._fanout.rests(c.hotkey)] or list(candidates)
        first = self._first % len(able)
        self._first += self._count
        return (able[first:] + able[:first])[: self._count]
