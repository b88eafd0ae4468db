"""Places in a turn's text where tags are said, so that a page can mark them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LEAST_STEM = 4
"""Letters of a word's beginning that must agree: "budgets" is marked for "budget"."""

_MOST_TAGS = 200
"""Tags that are looked for; a conversation's metadata has far fewer."""

_BETWEEN = r"[\s\-_/'’]*"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a turn's text. ``tag`` is the tag that it says, None for the text between."""

    text: str
    tag: str | None


class Highlighter:
    """Finds the tags of one conversation in its turns."""

    def __init__(self, tags: Iterable[str]) -> None:
        self._tags: dict[str, str] = {}
        patterns = list[str]()
        # Longer tags first: the expression takes the first alternative that fits.
        for tag in sorted(dict.fromkeys(tags), key=len, reverse=True)[:_MOST_TAGS]:
            if pattern := _pattern(tag):
                self._tags[f"t{len(patterns)}"] = tag
                patterns.append(f"(?P<t{len(patterns)}>{pattern})")
        self._expression = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def spans(self, text: str) -> list[Span]:
        """Return the whole text as spans, in order; their texts joined are the text."""
        if self._expression is None:
            return [Span(text, None)]
        # One pass: the expression holds all tags, so a text is read once however many there are.
        spans, end = list[Span](), 0
        for match in self._expression.finditer(text):
            if match.start() > end:
                spans.append(Span(text[end : match.start()], None))
            spans.append(Span(match.group(), self._tags[match.lastgroup or ""]))
            end = match.end()
        if end < len(text) or not spans:
            spans.append(Span(text[end:], None))
        return spans


def mark_words(text: str, query: str) -> list[Span]:
    """Return a text as spans in which the words of a query are marked."""
    # Short Latin words (of, to, is) would be marked everywhere; one character may be a Chinese word.
    words = [word for word in re.findall(r"\w+", query) if len(word) > 2 or not word.isascii()]
    return Highlighter(words).spans(text)


def _pattern(tag: str) -> str:
    """Return an expression for a tag's words in a row, the last with any ending."""
    words = re.findall(r"\w+", tag)
    if not words or not any(len(word) > 1 or not word.isascii() for word in words):
        return ""
    # Scripts without spaces between words have no word border to look for.
    has_spaces = all(_is_spaced(word) for word in words)
    word_patterns: Sequence[str] = [re.escape(word) for word in words]
    border = r"\b" if has_spaces else ""
    ending = r"(?:e?s|'s|’s)?\b" if has_spaces and len(words[-1]) >= _LEAST_STEM else border
    return border + _BETWEEN.join(word_patterns) + ending


def _is_spaced(word: str) -> bool:
    return all(ord(character) < 0x0E00 for character in word)
