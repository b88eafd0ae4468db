"""Decision about windows that no miner answers: the conversation's fault or the validator's own."""

from __future__ import annotations

from collections import OrderedDict

from cgp.errors import CgpError
from validator.own_faults import FaultKind, OwnFault

HOLDS_BEFORE_BLAME = 5
"""Number of holds for one conversation after which the fault is not the validator's.

A hold counts if another conversation was finished since the last one.
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
    """Remembers for which conversations the validator held while it finished others.

    If no miner answers, the fault counts as the validator's own, and it holds standings and
    weights. But every miner may fail on one window. A hold for it would stop standings and weights
    as long as its conversation comes back, and anybody may bring a conversation.
    """

    def __init__(self) -> None:
        self._finished = 0
        # By conversation id: the conversations finished up to its last hold, and its holds.
        self._holds: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def note_finished(self) -> None:
        """Remember that a conversation was finished: miners answer, so our own end works."""
        self._finished += 1

    def is_to_blame(self, conversation_id: str, fault: OwnFault) -> bool:
        """Remember that nobody answered a window; return whether its conversation is to blame."""
        if fault.kind not in _MAY_BE_A_CONVERSATIONS:
            return False
        before, holds = self._holds.pop(conversation_id, (self._finished, 0))
        is_proven = self._finished > before
        holds += is_proven
        self._holds[conversation_id] = self._finished, holds
        if len(self._holds) > _REMEMBERED:
            self._holds.popitem(last=False)
        # Each blame needs a new proof: an outage of ours must not use up all attempts at once.
        return is_proven and holds >= HOLDS_BEFORE_BLAME
