"""Conversations in the store: adding, reading, counting."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.conversation import Conversation, opening_hash
from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.privacy import without_personal_labels
from cgp.store.database import Database, atomic, storable
from cgp.store.schema import conversations, tombstones

State = Literal["waiting", "leased", "done", "failed"]
WAITING: State = "waiting"
LEASED: State = "leased"
DONE: State = "done"
FAILED: State = "failed"

_BATCH = 1000
_BESIDE = re.compile(r"~[0-9a-f]{12}$")
"""End of the id of a conversation that is kept beside another one."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Counts of an import: conversations stored, known by id or content, and forgotten before."""

    added: int
    known: int
    forgotten: int = 0


@dataclass(frozen=True, slots=True)
class ConversationStatus:
    """Where one conversation stands. ``reason`` says why the last attempt failed."""

    id: str
    source: str
    turns: int
    state: State
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True)
class WindowReference:
    """Turns ``start`` to ``stop`` of a stored conversation."""

    conversation_id: str
    start: int
    stop: int


class Conversations(Database):
    """The part of the store that holds conversations."""

    def add_conversations(self, batch_source: Iterable[Conversation]) -> ImportCounts:
        """Store conversations; a known id or known content is skipped.

        An id, a source or a language that holds personal data is replaced: they are shown
        everywhere.

        Each batch is one transaction, so an interrupted import keeps its finished batches.
        """
        count = total = lost = 0
        iterator = iter(batch_source)
        while batch := list(islice(iterator, _BATCH)):
            total += len(batch)
            ready = [without_personal_labels(one) for one in batch]
            rows = [conversation_row(one) for one in ready]
            labels = [
                Labels(
                    row["id"], row["source"], row["content_hash"], row["opening"], one.started_at,
                    one.beginning_hashes,
                )
                for one, row in zip(ready, rows, strict=True)
            ]  # fmt: skip
            with self._reading() as connection:
                refusals = forgotten(connection, labels)
            if welcome := [row for row, gone in zip(rows, refusals, strict=True) if not gone]:
                count += self._add_batch(welcome)
            lost += sum(refusals)
        return ImportCounts(count, total - count - lost, lost)

    @atomic
    def _add_batch(self, rows: list[dict[str, Any]]) -> int:
        unique = {row["content_hash"]: row for row in reversed(rows)}
        insert = self._insert_new(conversations)
        # Counting the table around each batch instead would make a long import quadratic.
        with self._writing() as connection:
            now = self._now(connection)
            result = connection.execute(
                insert,
                [{**row, "added_at": now} for row in rows if unique[row["content_hash"]] is row],
                execution_options={"preserve_rowcount": True},
            )
            return result.rowcount

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Return one conversation, None where there is none of this id."""
        query = sa.select(conversations.c.document).where(conversations.c.id == conversation_id)
        with self._reading() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return None if document is None else conversation_from_json(document)

    def state_of(self, conversation_id: str) -> State | None:
        """Return the state of one conversation, None where there is none of this id."""
        query = sa.select(conversations.c.state).where(conversations.c.id == conversation_id)
        with self._reading() as connection:
            state: State | None = connection.execute(query).scalar_one_or_none()
        return state

    def content_hashes(self, conversation_ids: Iterable[str]) -> dict[str, str]:
        """Return the content hash of each of these conversations that is stored, by its id."""
        c = conversations.c
        hashes: dict[str, str] = {}
        iterator = iter(conversation_ids)
        with self._reading() as connection:
            while batch := list(islice(iterator, _BATCH)):
                rows = connection.execute(sa.select(c.id, c.content_hash).where(c.id.in_(batch)))
                hashes.update((row.id, row.content_hash) for row in rows)
        return hashes

    def conversation_statuses(self) -> Iterator[ConversationStatus]:
        """Yield where each conversation stands, in order of arrival."""
        c = conversations.c
        query = sa.select(c.id, c.source, c.turns, c.state, c.attempts, c.reason).order_by(c.number)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return (ConversationStatus(*row) for row in rows)

    def count_conversations(self) -> dict[State, int]:
        """Return the number of conversations in each state."""
        query = sa.select(conversations.c.state, sa.func.count().label("number"))
        query = query.group_by(conversations.c.state)
        counts: dict[State, int] = dict.fromkeys((WAITING, LEASED, DONE, FAILED), 0)
        with self._reading() as connection:
            present = {row.state: row.number for row in connection.execute(query)}
        return counts | present

    def recent_conversation_ids(self, limit: int, *, language: str | None = None) -> list[str]:
        """Return the ids of the ``limit`` latest arrivals, the latest first.

        ``language`` narrows them to conversations in that language; an empty one, to conversations
        in an unknown language.
        """
        c = conversations.c
        query = sa.select(c.id).order_by(c.number.desc()).limit(limit)
        if language is not None:
            query = query.where(c.language == storable(language, 35))
        with self._reading() as connection:
            return list(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Labels:
    """The part of a conversation that its tombstones are made from, besides its content.

    ``opening`` is that of its row. ``beginnings`` are the content hashes of its first turns, by
    which a longer export of one that was forgotten is known.
    """

    id: str
    source: str
    content_hash: str
    opening: str | None
    started_at: str | None
    beginnings: Callable[[], Iterable[str]] = field(default=tuple, repr=False)

    @property
    def _of_content(self) -> str:
        return _hashed("content", self.content_hash)

    @property
    def _of_id(self) -> str:
        # An export that begins later, or with an edited first message, is known by its id alone.
        return _hashed("id", self.source, self.id)

    def _of_talk(self, content_hash: str) -> str:
        """Return the hash of a talk that may grow: of its opening, which with a time is its own
        alone, or of its opening and all that it held.
        """
        is_beside = self.opening is None or _BESIDE.search(self.id) is not None
        opening = self.opening or opening_beside(self.id)
        has_time = self.started_at is not None and not is_beside
        return _hashed("talk", opening) if has_time else _hashed("talk", opening, content_hash)

    @property
    def tombstones(self) -> tuple[str, str, str]:
        """The hashes that stay of a forgotten conversation: of its content, its id, its talk.

        The content's hash is hashed once more, so that the store keeps no hash that a dataset has
        shown.
        """
        return self._of_content, self._of_id, self._of_talk(self.content_hash)

    def possible_tombstones(self) -> frozenset[str]:
        """Return the tombstones that it would have, or that a shorter form of it would have."""
        talks = {self._of_talk(beginning) for beginning in self.beginnings()}
        return frozenset(self.tombstones) | talks


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def opening_beside(identifier: str) -> str:
    """Return the opening of the conversations that are kept beside the one of an id."""
    return _hashed("beside", identifier)


def forgotten(connection: Connection, labels: Sequence[Labels]) -> list[bool]:
    """Tell of each conversation whether it, or a shorter form of it, was forgotten on purpose."""
    t = tombstones.c
    if connection.execute(sa.select(t.hash).limit(1)).first() is None:
        return [False] * len(labels)
    requests = [one.possible_tombstones() for one in labels]
    every = iter(frozenset().union(*requests))
    present: set[str] = set()
    while part := list(islice(every, _BATCH)):
        present.update(connection.execute(sa.select(t.hash).where(t.hash.in_(part))).scalars())
    return [not present.isdisjoint(hashes) for hashes in requests]


def conversation_row(conversation: Conversation, content_hash: str | None = None) -> dict[str, Any]:
    """Return the row of a conversation that waits to be mined; ``content_hash``
    where it is known.
    """
    content = content_hash or conversation.content_hash
    return {
        "id": conversation.id,
        "source": storable(conversation.source, 200),
        "language": storable(conversation.language or "", 35),
        "content_hash": content,
        "opening": opening_hash(conversation, content),
        "turns": len(conversation.turns),
        "document": conversation_to_json(conversation),
        "state": WAITING,
        "attempts": 0,
        "reason": "",
    }
