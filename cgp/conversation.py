"""Conversation, turn and participant: the domain's frozen records. No I/O, no imports of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

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
        digest = hashlib.sha256()
        for turn in self.turns:
            digest.update(self._turn_bytes(turn))
        return digest.hexdigest()

    def beginning_hashes(self) -> Iterator[str]:
        """Yield the content hash of the first turn, of the first two turns, and so on to all."""
        digest = hashlib.sha256()
        for turn in self.turns:
            digest.update(self._turn_bytes(turn))
            yield digest.hexdigest()

    def _turn_bytes(self, turn: Turn) -> bytes:
        # Lengths before texts, so that no two different conversations give the same bytes.
        name = self.participants[turn.speaker].name
        text = f"{len(name)}:{name}{len(turn.text)}:{turn.text}"
        return text.encode("utf-8", "replace")


_CONTENT_ID = 32
"""Hexadecimal digits of the content's hash in the id of a conversation that has no other."""


def has_content_id(conversation: Conversation, content_hash: str) -> bool:
    """Tell if the id is made of the content, whose hash is given: the source gave none."""
    return content_hash[:_CONTENT_ID] in conversation.id


def opening_hash(conversation: Conversation, content_hash: str) -> str | None:
    """Return the SHA-256 (hex) of a conversation's source, start and first turn.

    None for one whose source gave it an id: it is found by that. ``content_hash`` is its own.
    """
    if not has_content_id(conversation, content_hash) or not conversation.turns:
        return None
    return opening_of(conversation)


def opening_of(conversation: Conversation) -> str:
    """Return the SHA-256 (hex) of the source, start and first turn of any conversation."""
    first = conversation.turns[0]
    name = conversation.participants[first.speaker].name
    parts = (conversation.source, conversation.started_at or "", name, first.text)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
