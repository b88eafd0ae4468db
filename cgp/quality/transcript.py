"""A conversation as the measures read it: bounded, and split into words in any script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.conversation import Conversation, Turn
from cgp.words import MARKS, QUALITY_SIGNS, QUALITY_WORDS

MAX_TURNS = 1024
MAX_CHARACTERS = 200_000
_BLOCK_TURNS = 64
# A word in more than this share of the turns (and in more than two turns) belongs to the grammar or
# to the manners of the conversation, not to what it is about.
_COMMON_SHARE = 0.1
_COMMON_TURNS = 2

_SIGN = re.compile(rf"[{QUALITY_SIGNS}]")
_MARK = re.compile(rf"(?!\s)[{MARKS}]")
_LAST_MARK = re.compile(rf"{_MARK.pattern}(?!\S)")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """The turns of a conversation in parallel lists: speaker, text, words, content.

    ``contents`` are the texts to embed: the turn's words less the words that most of the
    conversation shares, which are the function words of its language.
    """

    speakers: tuple[int, ...]
    texts: tuple[str, ...]
    words: tuple[Words, ...]
    contents: tuple[str, ...]

    @property
    def word_count(self) -> int:
        """Number of words in all turns."""
        return sum(map(len, self.words))


def read(conversation: Conversation) -> Transcript:
    """Return the transcript of a conversation, of at most 1,024 turns and 200,000 characters.

    Blocks of 64 neighbouring turns at even distances stand for a longer conversation, so that
    measures of neighbours still see real neighbours. The longest turns are cut.
    """
    turns = _sample(conversation.turns)
    limit = MAX_CHARACTERS
    while sum(min(len(turn.text), limit) for turn in turns) > MAX_CHARACTERS:
        limit //= 2
    texts = tuple(turn.text[:limit] for turn in turns)
    words = tuple(tuple(QUALITY_WORDS.words(text.casefold())) for text in texts)
    return Transcript(tuple(turn.speaker for turn in turns), texts, words, _contents(words))


def punctuation(text: str) -> tuple[int, int]:
    """Return the number of pieces of a text that end with punctuation, and of all its pieces.

    Pieces stand between spaces; a text without spaces is in pieces of one character.
    """
    pieces = text.split()
    if len(pieces) == 1:
        return len(_MARK.findall(pieces[0])), len(pieces[0])
    return len(_LAST_MARK.findall(text)), len(pieces)


def is_closed(text: str) -> bool:
    """Tell whether the last character, spaces aside, is punctuation in any script."""
    return _MARK.match(text.rstrip()[-1:]) is not None


def _sample(turns: Sequence[Turn]) -> Sequence[Turn]:
    if len(turns) <= MAX_TURNS:
        return turns
    blocks = MAX_TURNS // _BLOCK_TURNS
    room = len(turns) - _BLOCK_TURNS
    starts = [room * block // (blocks - 1) for block in range(blocks)]
    return [turn for start in starts for turn in turns[start : start + _BLOCK_TURNS]]


def _contents(words: Sequence[Words]) -> tuple[str, ...]:
    """Return each turn's uncommon words as text; all words where every word is common."""
    turns_with = Counter(word for turn in words for word in set(turn))
    limit = max(_COMMON_TURNS, _COMMON_SHARE * len(words))
    rare = [[word for word in turn if turns_with[word] <= limit] for turn in words]
    return tuple(map(_join, rare if any(rare) else words))


def _join(words: Sequence[str]) -> str:
    """Return words as text: with spaces, where the script has them."""
    text = " ".join(words)
    if text.isascii() or not _SIGN.search(text):
        return text
    return re.sub(rf"(?<=[{QUALITY_SIGNS}]) (?=[{QUALITY_SIGNS}])", "", text)
