"""Conversation, turn and participant: the domain's frozen records. No I/O, no imports of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

MAX_TURNS = 200_000
MAX_TURN_CHARACTERS = 200_000
MAX_PARTICIPANTS = 10_000
MAX_CHARACTERS = 4_000_000
"""Most characters of all turns together: half a million words, more than a week of talk."""

MAX_LABEL_CHARACTERS = {"source": 200, "title": 1_000, "language": 35}
MAX_NAME_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a conversation.

    ``name`` is the displayed name; ``id`` is the stable identifier at the source, None without one.
    """

    name: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One uninterrupted contribution.

    ``speaker`` is an index into the conversation's participants; ``at`` is seconds from the start
    of the conversation, None where unknown.
    """

    speaker: int
    text: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """An ordered list of turns by participants.

    A part of a conversation (a window's turns) is a ``Conversation`` too, with the same id and
    participants and fewer turns. So each function of a whole conversation works at every scale.
    """

    id: str
    source: str
    participants: tuple[Participant, ...]
    turns: tuple[Turn, ...]
    title: str | None = None
    language: str | None = None
    started_at: str | None = None

    def excerpt(self, start: int, stop: int) -> Conversation:
        """Return the part with turns ``start`` (included) to ``stop`` (excluded).

        Raises:
            ValueError: if the range is empty or outside the conversation.
        """
        if not 0 <= start < stop <= len(self.turns):
            raise ValueError(
                f"no turns {start}..{stop} in conversation {self.id!r} of {len(self.turns)} turns"
            )
        return replace(self, turns=self.turns[start:stop])

    def spoken_by(self, participant: int) -> Iterator[tuple[int, Turn]]:
        """Yield ``(turn index, turn)`` for each turn of one participant."""
        return ((i, turn) for i, turn in enumerate(self.turns) if turn.speaker == participant)

    @property
    def transcript(self) -> str:
        """One line for each turn, ``name: text``, with single spaces for white space."""
        return "\n".join(
            f"{self.participants[turn.speaker].name}: {' '.join(turn.text.split())}"
            for turn in self.turns
        )

    @property
    def speakers(self) -> tuple[int, ...]:
        """Indices of the participants with a turn, in order of their first turn."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the turns with their speakers, in order; independent of the id."""
        # Lengths before texts, so that no two different conversations give the same text.
        names = [f"{len(p.name)}:{p.name}" for p in self.participants]
        text = "".join(f"{names[turn.speaker]}{len(turn.text)}:{turn.text}" for turn in self.turns)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


_CONTENT_ID = 32
"""Hexadecimal digits of the content's hash in the id of a conversation that has no other."""


def opening_hash(conversation: Conversation, content_hash: str) -> str | None:
    """Return the SHA-256 (hex) of a conversation's source, start and first turn.

    None for one whose source gave it an id: it is found by that. ``content_hash`` is its own.
    """
    if content_hash[:_CONTENT_ID] not in conversation.id or not conversation.turns:
        return None
    first = conversation.turns[0]
    name = conversation.participants[first.speaker].name
    parts = (conversation.source, conversation.started_at or "", name, first.text)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


class Relation(Enum):
    """Relation of a conversation to an earlier one."""

    EQUAL = "the same turns"
    LONGER = "the same turns, and more after them"
    SHORTER = "a beginning of it"
    OTHER = "other turns"


def relation(before: Conversation, after: Conversation) -> Relation:
    """Return the relation of ``after`` to ``before``: speakers and texts are compared, not times."""
    prefix = min(len(before.turns), len(after.turns))
    for old, new in zip(before.turns[:prefix], after.turns[:prefix], strict=True):
        names = before.participants[old.speaker].name, after.participants[new.speaker].name
        if old.text != new.text or names[0] != names[1]:
            return Relation.OTHER
    if len(before.turns) == len(after.turns):
        return Relation.EQUAL
    return Relation.LONGER if len(after.turns) > prefix else Relation.SHORTER
