"""Decision about windows that no miner answers: the conversation's fault or the validator's own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from cgp.errors import CgpError
from validator.own_faults import OwnFault

HOLDS_BEFORE_BLAME = 8
"""Number of holds for one conversation after which the fault is not the validator's.

Where a network of our own is gone half of the time, one honest window in a thousand meets that.
"""
_REMEMBERED = 1_000


class UnansweredError(
    CgpError,
    code="validator.unanswered",
    remedy="see why miners fail on it: cgp annotate works on it without miners",
):
    """A conversation has a window that no miner answers, while miners answer others."""


@dataclass(slots=True)
class _Record:
    """A conversation's holds: ``tries`` in all, of which ``proofs`` count.

    ``finished`` is the number of conversations that were finished up to the last of them;
    ``windows`` are those that were unanswered each time.
    """

    finished: int
    windows: frozenset[int]
    tries: int = 0
    proofs: int = 0


class Unanswered:
    """Remembers for which conversations the validator held while miners answered others.

    If no miner answers, the fault counts as the validator's own, and it holds standings and
    weights. But every miner may fail on one window. A hold for it would stop standings and weights
    as long as its conversation comes back, and anybody may bring a conversation.
    """

    def __init__(self) -> None:
        self._finished = 0
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def note_finished(self, conversation_id: str) -> None:
        """Remember that a conversation was finished: miners answer, so our own end works."""
        self._finished += 1
        self._records.pop(conversation_id, None)

    def is_alone(self, conversation_id: str) -> bool:
        """Tell if there was no hold for another conversation since one was last finished.

        Where miners answer a probe, a fault of ours is unlikely; but one that lets probes through
        would meet one conversation after the other. So no more than the first is blamed by probes.
        """
        return not any(
            record.finished == self._finished
            for identifier, record in self._records.items()
            if identifier != conversation_id
        )

    def tries(self, conversation_id: str) -> int:
        """Return the number of holds for a conversation."""
        record = self._records.get(conversation_id)
        return record.tries if record else 0

    def is_to_blame(
        self, conversation_id: str, fault: OwnFault, windows: frozenset[int], *, is_proven: bool
    ) -> bool:
        """Remember that nobody answered ``windows``; return whether their conversation is to blame.

        A hold counts if another conversation was finished since the last one for this, or with
        ``is_proven``: where a probe showed that our own end works. Only holds for the same window
        add up: a long conversation meets every outage while it is worked on, each at another one.
        """
        record = self._records.pop(conversation_id, None) or _Record(self._finished, windows)
        if not record.windows & windows:
            record = _Record(record.finished, windows)
        record.windows &= windows
        is_counted = fault.may_be_a_conversations and (
            is_proven or self._finished > record.finished
        )
        record.tries += 1
        record.proofs += is_counted
        record.finished = self._finished
        self._records[conversation_id] = record
        if len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)
        # Each blame needs a new proof: an outage of ours must not use up all attempts at once.
        return is_counted and record.proofs >= HOLDS_BEFORE_BLAME
