"""Forms of words in which somebody tells what they did, want, think and will do.

A form is a pattern with the least number of words of content (of characters, in scripts without
spaces) that a sentence of its kind needs to tell something alone. The forms of a language are
tried in their order. Everyday speech is read as it is said: "ich hab", "find ich", "j'ai pas".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cgp.annotators.embedded.claims.reading import Pattern


@dataclass(frozen=True, slots=True)
class Form:
    """Words that make a sentence a claim of ``pattern``, and words that unmake it.

    ``content`` is the least number of words of content; a sentence that ``but`` matches is no
    claim of this form.
    """

    pattern: Pattern
    content: int
    words: re.Pattern[str]
    but: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """Reading of one language.

    ``says`` and ``asks`` hold the quotation; ``forms`` tell a sentence's kind, the first that
    matches. ``bare`` matches a sentence whose subject stands elsewhere. ``content`` is one more
    than the least number of words of content of a question (of characters, in scripts without
    spaces: ``unspaced``).
    """

    says: str
    asks: str
    forms: tuple[Form, ...]
    bare: re.Pattern[str]
    content: int = 4
    unspaced: bool = False


def form(name: str, content: int, words: str, but: str = "") -> Form:
    """Return the form of the quoted kind ``name``: ``promise``, ``fact``, ..."""
    return Form(Pattern[f"QUOTED_{name.upper()}"], content, _any(words), _any(but) if but else None)


def forms(content: int, **patterns: str) -> tuple[Form, ...]:
    """Return forms that all need the same content, by their kinds' names."""
    return tuple(form(name, content, words) for name, words in patterns.items())


def no_subject(words: str) -> re.Pattern[str]:
    """Return the pattern of a sentence that begins with one of ``words``."""
    return _any(rf"(?:{words})\b")


def _any(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
