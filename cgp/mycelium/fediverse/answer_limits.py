"""Limits of answers, the same for bot and actor: for one author, for all, and for one question."""

from __future__ import annotations

from collections import Counter
from typing import Final

from cgp.signing import RateLimit

PER_MINUTE: Final = 6
"""Answers a minute to one author, and four times as many to all together."""

MAX_FAILURES: Final = 20
"""Failures of the annotator over one question before the question is dropped."""


class AnswerLimits:
    """Counts answers and failures. An author or a post is named by any text of its own."""

    def __init__(self) -> None:
        self._of_author = RateLimit(PER_MINUTE)
        self._of_all = RateLimit(4 * PER_MINUTE)
        self._failures: Counter[str] = Counter()

    @property
    def is_reached(self) -> bool:
        """True where all together have had their answers: the others wait."""
        return self._of_all.wait("") > 0

    def is_reached_by(self, author: str) -> bool:
        """Tell if an author has had so many answers that a further question is dropped."""
        return self._of_author.wait(author) > 0

    def count_answer(self, author: str, post: str) -> None:
        """Count an answer; a question that is asked again after a failure counts once."""
        self._of_all.count("")
        self._of_author.count(author)
        self._failures.pop(post, None)

    def is_given_up(self, post: str) -> bool:
        """Count a failure over a post; True where it was the last that is borne."""
        self._failures[post] += 1
        if self._failures[post] < MAX_FAILURES:
            return False
        del self._failures[post]
        return True
