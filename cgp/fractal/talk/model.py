"""The talk model: entries, a fractal head that scores them, and answers with their confidence."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.fractal.network import FractalNetwork
from cgp.fractal.talk.entries import Comparison, Entries
from cgp.fractal.talk.errors import EmptyMessageError
from cgp.fractal.talk.pairs import MOST_QUESTION
from cgp.fractal.talk.phrases import PhraseModel
from cgp.text import normal_form

NO_ANSWER: Final = "I don't know"
LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.1, 2.0


class ReplyKind(StrEnum):
    """Origin of a reply."""

    ANSWER = "answered"
    """An answer that was learned, word by word."""
    INTERPOLATION = "interpolated"
    """Words between several answers that fit, none of them well enough alone."""
    ABSTENTION = "abstained"
    """Nothing that was learned fits."""


@dataclass(frozen=True, slots=True)
class TalkReply:
    """A reply, never empty. ``confidence`` is the probability of its answers, 0 to 1."""

    text: str
    kind: ReplyKind
    confidence: float


@dataclass(frozen=True, slots=True)
class Chances:
    """Probabilities of answers for questions.

    ``answers`` maps a question's place to the probability of each number of an answer; ``none`` is
    that of no answer, shape ``(questions,)``. For each question all sum to 1.
    """

    answers: tuple[dict[int, float], ...]
    none: Floats


class TalkModel:
    """Answers by heart. ``threshold`` is the least probability of an answer that is given."""

    def __init__(self, entries: Entries, head: FractalNetwork, threshold: float) -> None:
        self.entries = entries
        self.head = head
        self.threshold = threshold
        self._texts: dict[int, str] = {}
        for number, pair in zip(entries.answer_numbers.tolist(), entries.pairs, strict=True):
            self._texts.setdefault(number, pair.answer)

    def chances(
        self, questions: Sequence[str], hidden_answers: Sequence[AbstractSet[int]] | None = None
    ) -> Chances:
        """Return the probabilities of answers for questions.

        ``hidden_answers`` holds for each question the numbers of answers that do not count.

        Raises:
            ValueError: if there is no question.
        """
        comparison = self.entries.compare(questions)
        numbers = self.entries.answer_numbers[comparison.places]
        is_hidden = np.zeros(numbers.shape, dtype=bool)
        for place, answers in enumerate(hidden_answers or ()):
            is_hidden[place] = np.isin(numbers[place], sorted(answers))
        shares, none = probabilities(scores(self.head, comparison, infer=True), is_hidden)
        answers_by_question: list[dict[int, float]] = []
        for row, row_numbers in zip(shares, numbers, strict=True):
            total: dict[int, float] = {}
            # Entries with one answer speak for it together.
            for share, number in zip(row.tolist(), row_numbers.tolist(), strict=True):
                total[number] = total.get(number, 0.0) + share
            answers_by_question.append(total)
        return Chances(tuple(answers_by_question), none)

    def reply(
        self,
        message: str,
        random: np.random.Generator,
        *,
        temperature: float = 0.7,
        earlier: Sequence[str] = (),
    ) -> TalkReply:
        """Return a reply; ``earlier`` are replies of this conversation, which are not said again.

        ``temperature`` says how freely words between answers are chosen.

        Raises:
            EmptyMessageError: if the message has no word.
            ValueError: if the temperature is not 0.1 to 2.
        """
        check_temperature(temperature)
        if not normal_form(message):
            raise EmptyMessageError("the message has no word")
        plain = {normal_form(text) for text in earlier}
        repeats = {n for n, text in self._texts.items() if normal_form(text) in plain}
        chances = self.chances([message[:MOST_QUESTION]], [repeats])
        answers = chances.answers[0]
        best = max(answers, key=lambda number: (answers[number], -number))
        if answers[best] >= self.threshold:
            return TalkReply(self._texts[best], ReplyKind.ANSWER, answers[best])
        # No answer alone is likely enough; together they may be.
        fitting = 1.0 - float(chances.none[0])
        if fitting >= self.threshold:
            weights = {self._texts[n]: share for n, share in answers.items() if share > 0.01}
            text = PhraseModel(weights).speak(random, temperature)
            return TalkReply(text, ReplyKind.INTERPOLATION, fitting)
        return TalkReply(NO_ANSWER, ReplyKind.ABSTENTION, fitting)


def check_temperature(temperature: float) -> None:
    """Raise ``ValueError`` if a temperature is outside 0.1 to 2."""
    if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
        raise ValueError(
            f"the temperature is {LEAST_TEMPERATURE:g} to {MOST_TEMPERATURE:g}: {temperature:g}"
        )


def scores(head: FractalNetwork, comparison: Comparison, *, infer: bool) -> Floats:
    """Return the head's score of each entry, shape ``(questions, near)``."""
    rows = comparison.features.reshape(-1, comparison.features.shape[2])
    values = head.infer(rows) if infer else head.forward(rows)
    return values.reshape(comparison.places.shape)


def probabilities(entry_scores: Floats, is_hidden: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the probability of each entry, and that of none: a softmax with one more score, 0."""
    visible = np.where(is_hidden, -np.inf, entry_scores)
    top = np.maximum(visible.max(axis=1, keepdims=True), 0.0)
    sizes = np.exp(visible - top)
    none = np.exp(-top[:, 0])
    total = sizes.sum(axis=1) + none
    return sizes / total[:, None], none / total
