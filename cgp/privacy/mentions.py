"""Where a text mentions the participants of a conversation."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from cgp.conversation import Participant
from cgp.privacy.name_words import EVERYDAY, NO_NAMES
from cgp.privacy.plain_text import BREAK
from cgp.text import CharacterTable

MIN_NAME_CHARACTERS = 3
"""Shorter names ("Al", "Bo") are too often other words to be replaced in text."""

MAX_NAME_WORDS = 8
MAX_UNSPACED_CHARACTERS = 16
# Shorter ids occur in ordinary text by chance.
MIN_ID_CHARACTERS = 5

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Mention:
    """A participant's name at ``text[start:stop]``."""

    start: int
    stop: int
    participant: int


class Names:
    """Finds mentions of the participants of one conversation.

    A mention is a whole display name, an id, or one name of it ("Ana" of "Ana García"), as whole
    words, in any letter case, Unicode form and accents. Names in scripts without
    spaces are found anywhere. The time for a text does not depend on how many participants there
    are.
    """

    def __init__(self, participants: tuple[Participant, ...]) -> None:
        self._names: dict[tuple[str, ...], int] = {}
        self._unspaced: dict[str, int] = {}
        for index, participant in enumerate(participants):
            self._learn_whole(participant, index)
        for index, participant in enumerate(participants):
            self._learn_parts(participant, index)
        self._word_counts = _lengths((name[0], len(name)) for name in self._names)
        self._character_counts = _lengths((name[0], len(name)) for name in self._unspaced)
        first = "".join(self._character_counts)
        self._starts = re.compile(f"[{re.escape(first)}]" if first else r"(?!)")

    def _learn_whole(self, participant: Participant, index: int) -> None:
        words = _words(participant.name)
        if not set(words) <= NO_NAMES:
            self._learn(words[:MAX_NAME_WORDS], index)
        if participant.id is not None and len(participant.id) >= MIN_ID_CHARACTERS:
            self._learn(_words(participant.id)[:MAX_NAME_WORDS], index)

    def _learn_parts(self, participant: Participant, index: int) -> None:
        words = _words(participant.name)
        for word in words if len(words) > 1 else ():
            if word not in NO_NAMES and not word.isdigit():
                self._learn((word,), index)

    def _learn(self, words: tuple[str, ...], index: int) -> None:
        """Take in a name, unless it is too short to tell or an earlier participant's."""
        text = "".join(words)
        if text and all(_is_unspaced(character) for character in text):
            if len(text) >= 2:
                self._unspaced.setdefault(text[:MAX_UNSPACED_CHARACTERS], index)
        elif len(text) >= MIN_NAME_CHARACTERS:
            self._names.setdefault(words, index)

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield the mentions in ``text``, none over another of its script."""
        spans = [match.span() for match in _WORD.finditer(_composable(text))]
        words = [_fold(text[start:stop]) for start, stop in spans]
        position = 0
        while position < len(words):
            name = self._longest(text, spans, words, position)
            if name:
                stop = spans[position + len(name) - 1][1]
                yield Mention(spans[position][0], stop, self._names[name])
            position += len(name) or 1
        yield from self._unspaced_mentions(text)

    def _longest(
        self, text: str, spans: list[tuple[int, int]], words: list[str], position: int
    ) -> tuple[str, ...]:
        """Return the longest name that begins with the word at ``position``, empty if none does."""
        for count in self._word_counts.get(words[position], ()):
            name = tuple(words[position : position + count])
            if name not in self._names:
                continue
            everyday = count == 1 and name[0] in EVERYDAY
            if everyday and not text[spans[position][0]].isupper():
                continue
            if _are_close(text, spans[position : position + count]):
                return name
        return ()

    def _unspaced_mentions(self, text: str) -> Iterator[Mention]:
        stop = 0
        for match in self._starts.finditer(text):
            start = match.start()
            for count in self._character_counts[match.group()] if start >= stop else ():
                if (participant := self._unspaced.get(text[start : start + count])) is not None:
                    stop = start + count
                    yield Mention(start, stop, participant)
                    break


def _lengths(names: Iterator[tuple[str, int]]) -> dict[str, list[int]]:
    """Return, for each beginning of a name, how long such names are, the longest first."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for first, length in names:
        lengths[first].add(length)
    return {
        first: sorted(lengths_of_first, reverse=True) for first, lengths_of_first in lengths.items()
    }


def _are_close(text: str, spans: list[tuple[int, int]]) -> bool:
    """Tell if there is no more than a mark and a space between words, and no end of a turn."""
    return all(b[0] - a[1] <= 2 and BREAK not in text[a[1] : b[0]] for a, b in pairwise(spans))


def _words(name: str) -> tuple[str, ...]:
    return tuple(_fold(word) for word in _WORD.findall(unicodedata.normalize("NFC", name)))


def _fold(word: str) -> str:
    """Return a word without case and accents, so that José, JOSE and a decomposed José are one."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c)) or word


def _letter_or_itself(character: str) -> str:
    """Return a letter for a combining accent, which must not end a word; others stay."""
    return "a" if unicodedata.combining(character) else character


_COMPOSABLE = CharacterTable(_letter_or_itself)


def _composable(text: str) -> str:
    return text if text.isascii() else text.translate(_COMPOSABLE)


def _is_unspaced(character: str) -> bool:
    """Tell if a letter's script puts no spaces between words (Han, kana, Thai, Lao, Khmer)."""
    code = ord(character)
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x1780 <= code <= 0x17FF
        or 0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x9FFF
        or 0x20000 <= code <= 0x323AF
    )
