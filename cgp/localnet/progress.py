"""The progress of the network, read from the store that the validator writes."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.store import DONE, FAILED, Store


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a run.

    ``stage`` names the stage in a few words, ``trouble`` which annotators failed or fell back.
    """

    stage: str
    conversations: int = 0
    conversations_done: int = 0
    conversations_failed: int = 0
    windows: int = 0
    windows_done: int = 0
    answers: int = 0
    trouble: str = ""

    @property
    def is_finished(self) -> bool:
        """True once every conversation has ended, well or badly."""
        return self.conversations_done + self.conversations_failed >= self.conversations


def read_progress(store: Store, stage: str) -> Progress:
    """Return where the store stands."""
    counts = store.count_conversations()
    windows = store.count_windows()
    return Progress(
        stage=stage,
        conversations=sum(counts.values()),
        conversations_done=counts[DONE],
        conversations_failed=counts[FAILED],
        windows=windows.total,
        windows_done=windows.done,
        answers=sum(summary.answers for summary in store.score_summaries()),
    )
