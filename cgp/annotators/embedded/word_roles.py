"""Places of words in noun phrases of Japanese and Chinese, as their dictionaries let them stand."""

from __future__ import annotations

from enum import Enum, auto

from cgp.annotators.embedded.words import is_code, is_count


class Role(Enum):
    """Place of a word in a noun phrase."""

    NOUN = auto()
    """It may be anywhere."""
    MODIFIER = auto()
    """It stands before a noun."""
    SUFFIX = auto()
    """It stands behind a noun."""
    INNER_SUFFIX = auto()
    """It stands behind a noun, and another one follows."""
    SIGN = auto()
    """One sign of a name: beside a noun."""
    NUMBER = auto()
    """It is in no phrase, nor is what it counts by."""
    OTHER = auto()
    """It is in no phrase."""


def is_nameless(text: str) -> bool:
    """Tell whether a word is a code, a count or has no letter: it is in no phrase."""
    return is_code(text) or is_count(text) or not any(map(str.isalpha, text))
