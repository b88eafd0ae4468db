"""Entries: what was learned by heart, and how alike a question is to each of them, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import numpy as np

from cgp.arrays import Floats, Ids, Vectors
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.fractal.talk.pairs import Pair
from cgp.text import normal_form
from cgp.words import PLAIN_WORDS

FEATURES: Final = (
    "encoded_question",
    "encoded_answer",
    "static_question",
    "static_answer",
    "question_says_words",
    "words_say_question",
    "answer_says_words",
    "letters",
)
"""The numbers of a question beside an entry, each 0 to 1 but for cosines, which are -1 to 1."""

# Entries that a question is compared with closely: the others are far in both spaces.
SHORTLIST: Final = 32


@dataclass(frozen=True, slots=True)
class Comparison:
    """Questions beside their nearest entries.

    ``places`` are numbers of entries, shape ``(questions, near)``; ``features`` has shape
    ``(questions, near, len(FEATURES))``.
    """

    places: Ids
    features: Floats


class Entries:
    """Questions with answers, and their vectors.

    ``question_vectors`` and ``answer_vectors`` are the encoder's, float32, shape
    ``(pairs, dimension)``.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        encoder: Encoder,
        embedder: Embedder,
        vectors: tuple[Vectors, Vectors] | None = None,
    ) -> None:
        self.pairs = tuple(pairs)
        self.encoder, self.embedder = encoder, embedder
        questions = [pair.question for pair in self.pairs]
        answers = [pair.answer for pair in self.pairs]
        self.question_vectors, self.answer_vectors = vectors or (
            encoder.encode(questions),
            encoder.encode(answers),
        )
        self._static_questions = embedder.embed(_plain(questions))
        self._static_answers = embedder.embed(_plain(answers))
        self._question_words = [_words(text) for text in questions]
        self._answer_words = [_words(text) for text in answers]
        self._letters = [_letters(text) for text in questions]
        self._weights = _weights(self._question_words)
        self.answer_numbers = _numbers(answers)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.pairs)

    def compare(self, questions: Sequence[str]) -> Comparison:
        """Return questions beside their nearest entries, the nearest first.

        Raises:
            ValueError: if there is no question.
        """
        if not questions:
            raise ValueError("there is no question to compare")
        question_rows = self.encoder.encode(questions)
        static = self.embedder.embed(_plain(questions))
        by_question = question_rows @ self.question_vectors.T
        by_static = static @ self._static_questions.T
        count = min(SHORTLIST, len(self))
        # Stable: of entries that are as near the first one comes first, on every machine.
        places = np.argsort(-(by_question + by_static), axis=1, kind="stable")[:, :count]
        features = np.zeros((len(questions), count, len(FEATURES)))
        features[:, :, 0] = np.take_along_axis(by_question, places, axis=1)
        features[:, :, 2] = np.take_along_axis(by_static, places, axis=1)
        for number, question in enumerate(questions):
            near = places[number]
            features[number, :, 1] = self.answer_vectors[near] @ question_rows[number]
            features[number, :, 3] = self._static_answers[near] @ static[number]
            features[number, :, 4:] = self._by_words(question, near.tolist())
        return Comparison(places.astype(np.int64), features)

    def _by_words(self, question: str, near: Sequence[int]) -> Floats:
        """Return the features of words and letters, shape ``(near, 4)``."""
        words, letters = _words(question), _letters(question)
        rows = [
            (
                self._coverage(words, self._question_words[place]),
                self._coverage(self._question_words[place], words),
                self._coverage(words, self._answer_words[place]),
                _dice(letters, self._letters[place]),
            )
            for place in near
        ]
        return np.array(rows)

    def _coverage(self, words: AbstractSet[str], second: AbstractSet[str]) -> float:
        """Return the share of words, by weight, that the second set has; rare words weigh more."""
        rare = self._weights.get
        total = sum(rare(word, 1.0) for word in words)
        return sum(rare(word, 1.0) for word in words & second) / total if total else 0.0


def _plain(texts: Sequence[str]) -> list[str]:
    return [normal_form(text) for text in texts]


def _words(text: str) -> frozenset[str]:
    return frozenset(PLAIN_WORDS.words(normal_form(text)))


def _letters(text: str) -> frozenset[str]:
    """Return runs of three letters: they stand a typing error, and scripts without spaces."""
    plain = f" {normal_form(text)} "
    return frozenset(plain[n : n + 3] for n in range(len(plain) - 2))


def _dice(first: AbstractSet[str], second: AbstractSet[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0


def _weights(texts: Sequence[AbstractSet[str]]) -> dict[str, float]:
    """Return the weight of each word, 0 to 1: the fewer texts have it, the more it says."""
    counts: dict[str, int] = {}
    for words in texts:
        for word in words:
            counts[word] = counts.get(word, 0) + 1
    scale = np.log(1 + len(texts))
    return {word: float(np.log(1 + len(texts) / count) / scale) for word, count in counts.items()}


def _numbers(answers: Sequence[str]) -> Ids:
    """Return a number for each answer, the same one for answers that say the same."""
    numbers: dict[str, int] = {}
    plain = _plain(answers)
    return np.array([numbers.setdefault(text, len(numbers)) for text in plain], dtype=np.int64)
