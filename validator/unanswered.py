"""Decision about windows that no miner answers: the conversation's fault or the validator's own."""

from __future__ import annotations

from collections import OrderedDict

from cgp.errors import CgpError
from validator.holding import Holding
from validator.own_faults import FaultKind, OwnFault

HOLDS_BEFORE_BLAME = 3
"""Number of holds for one conversation after which the fault is not the validator's.

A hold counts if miners had answered another conversation since the last one.
"""
_REMEMBERED = 1_000
# A clock and a permit are never a conversation's fault.
_MAY_BE_A_CONVERSATIONS = frozenset(
    {FaultKind.NETWORK, FaultKind.MINERS_BUSY, FaultKind.GARBLED},
)


class UnansweredError(
    CgpError,
    code="validator.unanswered",
    remedy="see why miners fail on it: cgp annotate works on it without miners",
):
    """A conversation has a window that no miner answers, while miners answer others."""


class Unanswered:
    """Remembers for which conversations the validator held while miners answered others.

    If no miner answers, the fault counts as the validator's own, and it holds standings and
    weights. But every miner may fail on one window. A hold for it would stop standings and weights
    as long as its conversation comes back, and anybody may bring a conversation.
    """

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        # By conversation id: the count of answers at the last hold for it, and its holds.
        self._holds: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def is_to_blame(self, conversation_id: str, fault: OwnFault) -> bool:
        """Remember that nobody answered a window; return whether its conversation is to blame."""
        if fault.kind not in _MAY_BE_A_CONVERSATIONS:
            return False
        answers = self._holding.answers
        before, holds = self._holds.pop(conversation_id, (-1, 0))
        holds += answers > before
        self._holds[conversation_id] = answers, holds
        if len(self._holds) > _REMEMBERED:
            self._holds.popitem(last=False)
        return holds >= HOLDS_BEFORE_BLAME
