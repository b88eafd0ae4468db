"""Hashes that stay of what was forgotten, and the question whether a conversation is it again.

A later import of the same export does not bring it back, nor does a longer or a shorter one, one
that begins later, or one with other times or names. Another conversation that happens to have the
same id comes in. The hashes tell nothing of what was said to somebody who does not have it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.clocks import minute_of, start_of
from cgp.conversation import Conversation, Turn
from cgp.overlap import pair_keys
from cgp.store.passages import HashedPassage, are_the_same, own_hashes, passages, short_hashes
from cgp.store.schema import tombstones

_AT_ONCE = 1000
_BESIDE = re.compile(r"~[0-9a-f]{12}$")
"""End of the id of a conversation that is kept beside another one."""


class TombstoneKind(Enum):
    """The part of a forgotten conversation that a hash stands for."""

    CONTENT = "content"
    TALK = "talk"
    TURN = "turn"
    PAIR = "pair"
    BEGINNING = "beginning"
    START = "start"
    END = "end"
    MESSAGE = "message"
    PASSAGE = "passage"
    SHORT = "short talk"


def hash_of(*parts: str) -> str:
    """Return the SHA-256 (hex) of parts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def opening_beside(identifier: str) -> str:
    """Return the opening of the conversations that are kept beside the one of an id."""
    return hash_of("beside", identifier)


@dataclass(frozen=True, slots=True)
class Traces:
    """A conversation, as far as it leaves or meets tombstones.

    ``source`` and ``opening`` are those of its row; ``opening`` is empty for one with an id of its
    own.
    """

    conversation: Conversation
    source: str
    content_hash: str
    opening: str | None

    @property
    def _is_beside(self) -> bool:
        return self.opening is None or _BESIDE.search(self.conversation.id) is not None

    def _of_content(self) -> str:
        # Hashed once more, so that the store keeps no hash that a dataset has shown.
        return hash_of("content", self.content_hash)

    def _of_talk(self, content_hash: str) -> str:
        """Return the hash of a talk that may grow: of its opening, which with a time is its own
        alone, or of its opening and all that it held.
        """
        opening = self.opening or opening_beside(self.conversation.id)
        has_time = self.conversation.started_at is not None and not self._is_beside
        return hash_of("talk", opening) if has_time else hash_of("talk", opening, content_hash)

    def _turn(self, turn: Turn) -> str:
        """Return the hash of a turn under the conversation's own id."""
        name = self.conversation.participants[turn.speaker].name
        return hash_of("turn", self.source, self.conversation.id, name, turn.text)

    def _edge(self, kind: TombstoneKind, turn: Turn) -> str | None:
        """Return the hash of the first or the last turn, None without its time."""
        start = start_of(self.conversation)
        if start is None or turn.at is None:
            return None
        name = self.conversation.participants[turn.speaker].name
        return hash_of(kind.value, self.source, str(minute_of(start + turn.at)), name, turn.text)

    def _messages(self) -> Iterator[str]:
        """Yield the hashes of turns by their minute, in the chat of this title or these people.

        They show a message that has come into another conversation of its chat: the messages before
        it were edited or deleted, or it has become the first of a thread.
        """
        start = start_of(self.conversation)
        if start is None:
            return
        names = [participant.name for participant in self.conversation.participants]
        chats: list[tuple[str, ...]] = []
        if self.conversation.title:
            chats.append(("title", self.conversation.title))
        if self.opening is not None:
            chats.append(("people", *sorted(names)))  # files are renamed, and give the title
        for turn in self.conversation.turns:
            if turn.at is not None:
                minute = str(minute_of(start + turn.at))
                message = (self.source, minute, names[turn.speaker], turn.text)
                yield from (hash_of("message", *chat, *message) for chat in chats)

    def tombstones(self) -> dict[str, TombstoneKind]:
        """Return the hashes that stay of it when it is forgotten."""
        hashes = {
            self._of_content(): TombstoneKind.CONTENT,
            self._of_talk(self.content_hash): TombstoneKind.TALK,
        }
        hashes.update(
            (hash_of("pair", f"{key:x}"), TombstoneKind.PAIR)
            for key in pair_keys(self.conversation)
        )
        turns = self.conversation.turns
        if self.opening is None:
            hashes.update((self._turn(turn), TombstoneKind.TURN) for turn in turns)
        elif start_of(self.conversation) is None:
            beginnings = self.conversation.beginning_hashes()
            hashes.update(
                (self._of_beginning(text_hash), TombstoneKind.BEGINNING) for text_hash in beginnings
            )
        if turns:
            edges = ((TombstoneKind.START, turns[0]), (TombstoneKind.END, turns[-1]))
            hashes.update(
                (edge, kind) for kind, turn in edges if (edge := self._edge(kind, turn)) is not None
            )
        hashes.update((message, TombstoneKind.MESSAGE) for message in self._messages())
        if self.opening is not None:
            hashes.update(
                (passage.hash, TombstoneKind.PASSAGE) for passage in passages(self.conversation)
            )
            hashes.update((whole, TombstoneKind.SHORT) for whole in own_hashes(self.conversation))
        return hashes

    def _of_beginning(self, content_hash: str) -> str:
        return hash_of("beginning", self.source, content_hash)

    def possible_tombstones(self) -> Iterator[str]:
        """Yield the tombstones that it would meet if it, or a part or a longer form of it, was
        forgotten.
        """
        yield self._of_content()
        yield hash_of("id", self.source, self.conversation.id)  # schema 8 refused a whole id
        yield self._of_beginning(self.content_hash)
        for beginning in self.conversation.beginning_hashes():
            yield self._of_talk(beginning)
        for key in pair_keys(self.conversation):
            yield hash_of("pair", f"{key:x}")
        turns = self.conversation.turns
        if self.opening is None:
            yield from (self._turn(turn) for turn in turns)
        if turns:
            # It goes on where the forgotten one ended, or ends where that began.
            for kind, turn in ((TombstoneKind.END, turns[0]), (TombstoneKind.START, turns[-1])):
                if (edge := self._edge(kind, turn)) is not None:
                    yield edge
        yield from self._messages()
        if self.opening is not None:
            yield from short_hashes(self.conversation)

    def passages(self) -> list[HashedPassage]:
        """Return the passages, several of which show it to be a forgotten talk.

        One with an id of its own is known by that: a data set may hold many that begin alike.
        """
        return [] if self.opening is None else passages(self.conversation)


def match_tombstones(connection: Connection, traces: Sequence[Traces]) -> list[bool]:
    """Tell of each conversation whether it, or a part of it, was forgotten on purpose."""
    t = tombstones.c
    if connection.execute(sa.select(t.hash).limit(1)).first() is None:
        return [False] * len(traces)
    requests = [frozenset(trace.possible_tombstones()) for trace in traces]
    passages_of_each = [trace.passages() for trace in traces]
    passage_hashes = {part.hash for own_passages in passages_of_each for part in own_passages}
    hashes = iter(passage_hashes.union(*requests))
    present: set[str] = set()
    while part := list(islice(hashes, _AT_ONCE)):
        present.update(connection.execute(sa.select(t.hash).where(t.hash.in_(part))).scalars())
    return [
        not present.isdisjoint(request)
        or are_the_same([passage for passage in own_passages if passage.hash in present])
        for request, own_passages in zip(requests, passages_of_each, strict=True)
    ]
