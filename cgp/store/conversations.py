"""Conversations in the store: adding, reading, counting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from cgp.annotators.embedded.language import recognise_language
from cgp.conversation import Conversation, opening_hash
from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.privacy import without_personal_labels
from cgp.store.database import Database, atomic, storable
from cgp.store.schema import conversations
from cgp.store.tombstones import Traces, match_tombstones

State = Literal["waiting", "leased", "done", "failed"]
WAITING: State = "waiting"
LEASED: State = "leased"
DONE: State = "done"
FAILED: State = "failed"

# SQLite takes some 32,000 values in one statement, and a row has a dozen of them.
_BATCH = 1000


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
        count = total = refused_count = 0
        iterator = iter(batch_source)
        while batch := list(islice(iterator, _BATCH)):
            total += len(batch)
            ready = [without_personal_labels(conversation) for conversation in batch]
            rows = [conversation_row(conversation) for conversation in ready]
            traces = [
                Traces(conversation, row["source"], row["content_hash"], row["opening"])
                for conversation, row in zip(ready, rows, strict=True)
            ]
            with self._reading() as connection:
                refusals = match_tombstones(connection, traces)
            if welcome := [
                row for row, is_refused in zip(rows, refusals, strict=True) if not is_refused
            ]:
                count += self._add_batch(welcome)
            refused_count += sum(refusals)
        return ImportCounts(count, total - count - refused_count, refused_count)

    @atomic
    def _add_batch(self, rows: list[dict[str, Any]]) -> int:
        # Reversed, so that of equal conversations in a batch the first one stays.
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

    def finished_since(self, time: float) -> list[str]:
        """Return the ids of the conversations that were finished after a time, in seconds since
        the epoch.
        """
        c = conversations.c
        query = sa.select(c.id).where(c.state == DONE, c.finished_at > time)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

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


def conversation_row(conversation: Conversation, content_hash: str | None = None) -> dict[str, Any]:
    """Return the row of a conversation that waits to be mined; ``content_hash``
    where it is known.
    """
    content = content_hash or conversation.content_hash
    return {
        "id": conversation.id,
        "source": storable(conversation.source, 200),
        "language": storable(conversation.language or "", 35),
        "language_recognised": recognise_language(turn.text for turn in conversation.turns) or "",
        "content_hash": content,
        "opening": opening_hash(conversation, content),
        "turns": len(conversation.turns),
        "document": conversation_to_json(conversation),
        "state": WAITING,
        "attempts": 0,
        "reason": "",
    }
