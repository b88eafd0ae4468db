"""Places in a turn's text where tags are said, so that a page can mark them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_LEAST_STEM = 4
"""Letters of a word's beginning that must agree: "budgets" is marked for "budget"."""

_MOST_TAGS = 200
"""Tags that are looked for; a conversation's metadata has far fewer."""

_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"[\s\-_/'’]*")
_ENDINGS = ("es", "s", "'s", "’s", "")
"""Endings of a tag's last word, the longer first: the mark is around the whole word."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a turn's text. ``tag`` is the tag that it says, None for the text between."""

    text: str
    tag: str | None


@dataclass(frozen=True, slots=True)
class _Target:
    """A tag with its words in lower case, as they are looked for in a row."""

    tag: str
    words: tuple[str, ...]
    has_borders: bool
    """Whether the words stand between spaces; scripts without spaces have no word border."""

    endings: tuple[str, ...]

    @classmethod
    def of(cls, tag: str) -> _Target | None:
        """Return what to look for, None for a tag without a word that tells anything."""
        words = tuple(_lower(word) for word in _WORD.findall(tag))
        if not any(len(word) > 1 or not word.isascii() for word in words):
            return None
        has_borders = all(_is_spaced(word) for word in words)
        is_stem = has_borders and len(words[-1]) >= _LEAST_STEM
        return cls(tag, words, has_borders, _ENDINGS if is_stem else ("",))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield (start, stop) of each place in a text in lower case, overlapping ones too."""
        start = text.find(self.words[0])
        while start >= 0:
            if (stop := self._stop(text, start)) is not None:
                yield start, stop
            start = text.find(self.words[0], start + 1)

    def _stop(self, text: str, start: int) -> int | None:
        """Return the end of the tag if it is said at ``start``, where its first word stands."""
        if self.has_borders and start and _is_in_word(text[start - 1]):
            return None
        stop = start + len(self.words[0])
        for word in self.words[1:]:
            between = _BETWEEN.match(text, stop)
            stop = between.end() if between else stop
            if not text.startswith(word, stop):
                return None
            stop += len(word)
        for ending in self.endings:
            end = stop + len(ending)
            if text.startswith(ending, stop) and not (
                self.has_borders and end < len(text) and _is_in_word(text[end])
            ):
                return end
        return None


class Highlighter:
    """Finds the tags of one conversation in its turns."""

    def __init__(self, tags: Iterable[str]) -> None:
        # Longer tags first: of two that begin at the same place, the longer one is marked.
        longest_first = sorted(dict.fromkeys(tags), key=len, reverse=True)[:_MOST_TAGS]
        self._targets = [item for tag in longest_first if (item := _Target.of(tag))]

    def spans(self, text: str) -> list[Span]:
        """Return the whole text as spans, in order; their texts joined are the text."""
        # No expression over all tags: to compile one takes longer than to read a page of turns.
        lower = _lower(text)
        places = sorted(
            (start, order, stop)
            for order, target in enumerate(self._targets)
            for start, stop in target.places(lower)
        )
        spans, end = list[Span](), 0
        for start, order, stop in places:
            if start < end:
                continue
            if start > end:
                spans.append(Span(text[end:start], None))
            spans.append(Span(text[start:stop], self._targets[order].tag))
            end = stop
        if end < len(text) or not spans:
            spans.append(Span(text[end:], None))
        return spans


def _lower(text: str) -> str:
    """Return a text in lower case, each character at its place."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    # A few capitals, such as the dotted I of Turkish, have two characters in lower case.
    return "".join(
        small if len(small := character.lower()) == 1 else character for character in text
    )


def _is_in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_spaced(word: str) -> bool:
    return all(ord(character) < 0x0E00 for character in word)
