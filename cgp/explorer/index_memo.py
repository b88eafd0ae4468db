"""Answers of the index that cost much and change only with it, such as lists over all tags."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from cgp.search import GenomeIndex

T = TypeVar("T")

_MOST_ANSWERS = 256
"""Answers kept at once; a reader who leafs through all tags must not fill the memory."""


class IndexMemo:
    """Keeps answers of one state of the index. Used by the thread to which the index is lent."""

    def __init__(self) -> None:
        self._state: object = None
        self._answers: dict[Hashable, object] = {}

    def of(self, index: GenomeIndex, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question, read at most once for each state of the index."""
        # The reader opens a new index object when a writer has saved a newer state.
        if index is not self._state or len(self._answers) >= _MOST_ANSWERS:
            self._state, self._answers = index, {}
        if question not in self._answers:
            self._answers[question] = read()
        return self._answers[question]  # type: ignore[return-value] # by its question
