"""Variants of a question, as another person may write it: fewer words, another order, slips."""

from __future__ import annotations

from typing import Final

import numpy as np

VARIANTS: Final = 4
_LEAST_WORDS = 3


def variants_of(question: str, random: np.random.Generator, count: int = VARIANTS) -> list[str]:
    """Return variants of a question; the first one is the question itself."""
    changes = (_without_marks, _fewer_words, _slip, _fewer_words, _other_order)
    changes_of_it = (
        changes[number % len(changes)](question, random) for number in range(count - 1)
    )
    return [question, *(text or question for text in changes_of_it)]


def _without_marks(question: str, random: np.random.Generator) -> str:  # noqa: ARG001 - as the changes_of_it
    return question.lower().strip(" .?!\u3002\uff1f\uff01")


def _fewer_words(question: str, random: np.random.Generator) -> str:
    """Return about two thirds of the words."""
    words = question.split()
    if len(words) < _LEAST_WORDS:
        return question
    stays = random.random(len(words)) < 0.67
    stays[random.integers(len(words))] = True
    return " ".join(word for word, stay in zip(words, stays.tolist(), strict=True) if stay)


def _slip(question: str, random: np.random.Generator) -> str:
    """Return the question without one letter."""
    if len(question) < 2:
        return question
    place = int(random.integers(len(question)))
    return question[:place] + question[place + 1 :]


def _other_order(question: str, random: np.random.Generator) -> str:
    """Return the question with its end first."""
    words = question.split()
    if len(words) < _LEAST_WORDS:
        return question
    place = 1 + int(random.integers(len(words) - 1))
    return " ".join(words[place:] + words[:place])
