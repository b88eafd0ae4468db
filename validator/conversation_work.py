"""Work on one conversation: the data that all of its windows need."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.conversation import Conversation
from cgp.store import GroundTruthRecord, Lease
from validator.background import Background


@dataclass(frozen=True)
class ConversationWork:
    """A leased conversation with its sealed truth; ``windows`` is the number of its windows."""

    lease: Lease
    truth: GroundTruthRecord
    background: Background
    windows: int

    @property
    def conversation(self) -> Conversation:
        """The conversation, redacted."""
        return self.lease.conversation
