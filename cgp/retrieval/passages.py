"""Passages: parts of conversations and of local files that may hold an answer, and their merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from cgp.errors import CgpError

RANK_CONSTANT: Final = 60
"""The k of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""

ANSWERABLE: Final = 0.5
"""Score from which a passage answers its question; see ``cgp.retrieval.ranking.confidence``."""

MAX_TURNS: Final = 400
MAX_PASSAGE_CHARACTERS: Final = 250_000
"""More in one passage from another machine is refused: a window holds a few thousand."""


class RetrievalError(
    CgpError, ValueError, code="retrieval.question", remedy="see what the message says is names"
):
    """A question, a file or a passage that retrieval cannot take; the message says why."""


class Level(StrEnum):
    """Readers of a passage."""

    PUBLIC = "public"
    """Everybody."""

    GROUP = "group"
    """Holders of a key of this machine's gateway."""

    PRIVATE = "private"
    """The owner of this machine. Such a passage never leaves it."""


@dataclass(frozen=True, slots=True)
class QuotedTurn:
    """One turn as it may be quoted: redacted, with single spaces. ``number`` counts from 0."""

    number: int
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Turns ``first_turn`` to ``last_turn`` (both belong to it) of a conversation or a file.

    ``score`` says from 0 to 1 how well it fits the question. Scores of different questions can be
    compared.
    """

    conversation: str
    first_turn: int
    last_turn: int
    turns: tuple[QuotedTurn, ...]
    score: float
    title: str
    level: Level = Level.PUBLIC
    source: str = ""

    @property
    def text(self) -> str:
        """One line for each turn, ``speaker: text``; a file's paragraphs have no speaker."""
        return "\n".join(
            f"{turn.speaker}: {turn.text}" if turn.speaker else turn.text for turn in self.turns
        )

    @property
    def place(self) -> tuple[str, int, int]:
        """Conversation, first and last turn: passages of one place are the same."""
        return self.conversation, self.first_turn, self.last_turn

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; ``Passage.from_json`` gives an equal passage back."""
        return {
            "conversation": self.conversation,
            "first_turn": self.first_turn,
            "last_turn": self.last_turn,
            "turns": [[turn.number, turn.speaker, turn.text] for turn in self.turns],
            "score": self.score,
            "title": self.title,
            "level": self.level.value,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a passage that another machine sent.

        Raises:
            RetrievalError: with the wrong part.
        """
        if not isinstance(value, Mapping):
            raise RetrievalError(f"a passage is an object, not {type(value).__name__}")
        score = value.get("score")
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise RetrievalError("a passage's score is a number from 0 to 1")
        try:
            level = Level(str(value.get("level")))
        except ValueError:
            names = ", ".join(Level)
            raise RetrievalError(f"a passage's level is one of {names}") from None
        first, last = _number(value, "first_turn"), _number(value, "last_turn")
        turns = _turns(value.get("turns"), first, last)
        texts = {name: _text(value, name) for name in ("conversation", "title", "source")}
        return cls(
            first_turn=first, last_turn=last, turns=turns, score=float(score), level=level, **texts
        )


def merge_by_rank(lists: Sequence[Sequence[Passage]], limit: int) -> list[Passage]:
    """Return the best passages of several searches, by reciprocal rank, the best first.

    Each list is in its own order, best first. A passage found twice is taken once, with its greater
    score; equal ranks go by the score.
    """
    ranks: dict[tuple[str, int, int], float] = {}
    best: dict[tuple[str, int, int], Passage] = {}
    for passages in lists:
        for rank, passage in enumerate(_distinct(passages), 1):
            place = passage.place
            ranks[place] = ranks.get(place, 0.0) + 1 / (RANK_CONSTANT + rank)
            if place not in best or best[place].score < passage.score:
                best[place] = passage
    order = sorted(best, key=lambda place: (-ranks[place], -best[place].score, place))
    return [best[place] for place in order[:limit]]


def readable(passages: Iterable[Passage], levels: AbstractSet[Level]) -> list[Passage]:
    """Return the passages of these levels, in their order."""
    return [passage for passage in passages if passage.level in levels]


def without_private(passages: Iterable[Passage]) -> list[Passage]:
    """Return the passages that may leave this machine: all but the private ones."""
    return readable(passages, {Level.PUBLIC, Level.GROUP})


def _distinct(passages: Sequence[Passage]) -> list[Passage]:
    return list({passage.place: passage for passage in reversed(passages)}.values())[::-1]


def _number(value: Mapping[str, Any], field: str) -> int:
    number = value.get(field)
    if type(number) is not int or number < 0:
        raise RetrievalError(f"a passage's {field} is a number from 0 on")
    return number


def _text(value: Mapping[str, Any], field: str, limit: int = 1000) -> str:
    text = value.get(field)
    if not isinstance(text, str) or len(text) > limit:
        raise RetrievalError(f"a passage's {field} is a text of at limit {limit} characters")
    return text


def _turns(value: object, first: int, last: int) -> tuple[QuotedTurn, ...]:
    count = last - first + 1
    if not isinstance(value, list) or len(value) != count or not 1 <= count <= MAX_TURNS:
        raise RetrievalError(f"a passage's turns are a list of 1 to {MAX_TURNS}, first to last")
    turns: list[QuotedTurn] = []
    for number_in_row, item in enumerate(value, first):
        if not isinstance(item, list) or len(item) != 3 or item[0] != number_in_row:
            raise RetrievalError("a passage's turn is [number, speaker, text], numbered in a row")
        number, speaker, text = item
        if not isinstance(speaker, str) or not isinstance(text, str):
            raise RetrievalError("a turn's speaker and text are texts")
        turns.append(QuotedTurn(number, speaker, text))
    if sum(len(turn.text) + len(turn.speaker) for turn in turns) > MAX_PASSAGE_CHARACTERS:
        raise RetrievalError(f"a passage has at limit {MAX_PASSAGE_CHARACTERS} characters")
    return tuple(turns)
