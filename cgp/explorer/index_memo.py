"""Answers of the index that cost much and change only with it, such as the order of all tags."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from cgp.search import GenomeIndex

T = TypeVar("T")

_MOST_ANSWERS = 256
"""Answers about single things that are kept: a reader of all must not fill the memory."""


class IndexMemo:
    """Keeps answers of one state of the index. Used by the thread to which the index is lent."""

    def __init__(self, most: int = _MOST_ANSWERS) -> None:
        self._most = most
        self._state: object = None
        self._answers: OrderedDict[Hashable, object] = OrderedDict()

    def of(self, index: GenomeIndex, question: Hashable, read: Callable[[], T]) -> T:
        """Return the answer to a question, read once for each state of the index."""
        # The reader opens a new index object when a writer has saved a newer state.
        if index is not self._state:
            self._state, self._answers = index, OrderedDict()
        if question not in self._answers:
            self._answers[question] = read()
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        self._answers.move_to_end(question)
        return self._answers[question]  # type: ignore[return-value] # by its question
