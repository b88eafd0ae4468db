"""Totals of the live page: exact on a small store every second, else as often as is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.explorer.pace import Pace
from cgp.explorer.store_reads import ExplorerStore

_LATE_SECONDS = 120.0
"""Time within which an answer may reach the store late: only older ones are counted once."""


@dataclass
class StoreCounts:
    """Counts of one store. A count of millions takes time, so that each has a pace of its own.

    Answers are counted once up to a moment; after it by the index of their times, so that their
    number is of this second on a store of any size.
    """

    store: ExplorerStore
    conversations: Mapping[str, int] = field(default_factory=dict)
    windows: int = 0
    windows_done: int = 0
    _conversations_pace: Pace = field(default_factory=Pace)
    _windows_pace: Pace = field(default_factory=Pace)
    _answers_pace: Pace = field(default_factory=Pace)
    _old_answers: int = 0
    _old_until: float = 0.0

    def read(self) -> None:
        """Count anew whatever is due. Blocks: reads the store."""
        if self._conversations_pace.due:
            with self._conversations_pace.reading():
                counts = self.store.count_conversations()
                self.conversations = {str(state): count for state, count in counts.items()}
        if self._windows_pace.due:
            with self._windows_pace.reading():
                self.windows_done, self.windows = self.store.count_windows()

    def answers(self, latest: float) -> int:
        """Return the number of answers; ``latest`` is the time of the latest one. Blocks."""
        if self._answers_pace.due:
            with self._answers_pace.reading():
                self._old_until = latest - _LATE_SECONDS
                self._old_answers = self.store.count_answers(until=self._old_until)
        return self._old_answers + self.store.count_answers(after=self._old_until)
