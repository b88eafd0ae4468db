"""Overviews of an index: its tags, participants and sources, with their counts.

Everything is read from the catalogue, which holds redacted text only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cgp.arrays import Ids
from cgp.text import normal_form


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag by its catalogue number, and the number of conversations that have it."""

    number: int
    text: str
    conversations: int


@dataclass(frozen=True, slots=True)
class ParticipantCount:
    """A participant's name in normal form, and the number of conversations that
    they take part in.
    """

    name: str
    conversations: int


@dataclass(frozen=True, slots=True)
class SourceCount:
    """A source with the number of its conversations, turns and windows."""

    name: str
    conversations: int
    turns: int
    windows: int


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """A conversation in a list. ``started_at`` is in seconds since the epoch, None if unknown."""

    id: str
    title: str | None
    source: str
    language: str | None
    started_at: float | None
    turns: int
    participants: tuple[str, ...]
    tags: tuple[str, ...]


class MonthCount(NamedTuple):
    """Number of conversations of a month, ``YYYY-MM``."""

    month: str
    conversations: int


class Overview:
    """Counts over one open catalogue. Not thread-safe, like the index that lends it."""

    def __init__(self, catalogue: sqlite3.Connection) -> None:
        self._catalogue = catalogue

    def tags(self, *, start: int, count: int, containing: str = "") -> list[TagCount]:
        """Return tags by falling number of conversations, then by text.

        Args:
            start: the number of tags to pass over.
            count: the greatest number of tags to return.
            containing: only tags whose normal form contains this text's; empty for all.
        """
        # An empty text lets every tag pass.
        rows = self._catalogue.execute(
            "SELECT t.number, t.text, count(*) AS uses FROM tags t "
            "JOIN conversation_tags c ON c.tag = t.number "
            "WHERE instr(t.name, ?) > 0 OR ? = '' "
            "GROUP BY t.number ORDER BY uses DESC, t.name LIMIT ? OFFSET ?",
            (normal_form(containing), normal_form(containing), count, start),
        )
        return [TagCount(*row) for row in rows]

    def tag_order(self) -> Ids:
        """Return the numbers of all tags in the order of ``tags``, int64 of shape (n,)."""
        rows = self._catalogue.execute(
            "SELECT t.number FROM tags t JOIN conversation_tags c ON c.tag = t.number "
            "GROUP BY t.number ORDER BY count(*) DESC, t.name"
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def tags_numbered(self, numbers: Sequence[int]) -> list[TagCount]:
        """Return the tags with these numbers (at most 500) in their order; unknown ones are left
        out.
        """
        marks = ",".join("?" * len(numbers))
        rows = self._catalogue.execute(
            "SELECT number, text, (SELECT count(*) FROM conversation_tags WHERE tag = number) "  # noqa: S608
            f"FROM tags WHERE number IN ({marks})",
            tuple(numbers),
        )
        tags = {row[0]: TagCount(*row) for row in rows}
        return [tags[number] for number in numbers if number in tags]

    def tag(self, text: str) -> TagCount | None:
        """Return the tag with the same normal form as ``text``, None if there is none."""
        row = self._catalogue.execute(
            "SELECT number, text, (SELECT count(*) FROM conversation_tags WHERE tag = number) "
            "FROM tags WHERE name = ?",
            (normal_form(text),),
        ).fetchone()
        return None if row is None else TagCount(*row)

    def tags_beside(self, tag: int, count: int) -> list[TagCount]:
        """Return the tags that share most conversations with a tag; their counts are of these."""
        # Among tags that share as many conversations, those with more support come first.
        rows = self._catalogue.execute(
            "SELECT t.number, t.text, count(*) AS together FROM conversation_tags own "
            "JOIN conversation_tags other ON other.conversation = own.conversation "
            "JOIN tags t ON t.number = other.tag "
            "WHERE own.tag = ? AND other.tag != own.tag "
            "GROUP BY t.number ORDER BY together DESC, sum(other.support) DESC, t.name LIMIT ?",
            (tag, count),
        )
        return [TagCount(*row) for row in rows]

    def months_of(self, tag: int) -> list[MonthCount]:
        """Return the conversations of a tag by month, in order; undated ones are left out."""
        rows = self._catalogue.execute(
            "SELECT strftime('%Y-%m', c.started_at, 'unixepoch') AS month, count(*) "
            "FROM conversation_tags t JOIN conversations c ON c.number = t.conversation "
            "WHERE t.tag = ? AND c.started_at IS NOT NULL GROUP BY month ORDER BY month",
            (tag,),
        )
        return [MonthCount(*row) for row in rows]

    def undated(self) -> int:
        """Return the number of conversations whose time is not known."""
        query = "SELECT count(*) FROM conversations WHERE started_at IS NULL"
        return int(self._catalogue.execute(query).fetchone()[0])

    def participants(
        self, *, start: int, count: int, containing: str = ""
    ) -> list[ParticipantCount]:
        """Return participants by falling number of conversations; see ``tags`` for
        the arguments.
        """
        rows = self._catalogue.execute(
            "SELECT name, count(*) AS uses FROM participants "
            "WHERE instr(name, ?) > 0 OR ? = '' "
            "GROUP BY name ORDER BY uses DESC, name LIMIT ? OFFSET ?",
            (normal_form(containing), normal_form(containing), count, start),
        )
        return [ParticipantCount(*row) for row in rows]

    def sources(self) -> list[SourceCount]:
        """Return all sources by falling number of conversations."""
        rows = self._catalogue.execute(
            "SELECT c.source, count(*), sum(c.turns), "
            "(SELECT count(*) FROM windows w JOIN conversations o ON o.number = w.conversation "
            " WHERE o.source = c.source) "
            "FROM conversations c GROUP BY c.source ORDER BY count(*) DESC, c.source"
        )
        return [SourceCount(*row) for row in rows]

    def languages(self) -> list[str]:
        """Return the languages by falling number of conversations, named or else recognised."""
        rows = self._catalogue.execute(
            "SELECT coalesce(nullif(language, ''), language_recognised) AS name FROM conversations "
            "WHERE name IS NOT NULL GROUP BY name ORDER BY count(*) DESC, name"
        )
        return [name for (name,) in rows]

    def tags_of_source(self, source: str, count: int) -> list[TagCount]:
        """Return the tags that most conversations of a source have."""
        rows = self._catalogue.execute(
            "SELECT t.number, t.text, count(*) AS uses FROM conversation_tags l "
            "JOIN conversations c ON c.number = l.conversation JOIN tags t ON t.number = l.tag "
            "WHERE c.source = ? GROUP BY t.number ORDER BY uses DESC, sum(l.support) DESC, t.name LIMIT ?",
            (source, count),
        )
        return [TagCount(*row) for row in rows]

    def conversations(
        self,
        *,
        start: int,
        count: int,
        tag: int | None = None,
        participant: str | None = None,
        source: str | None = None,
    ) -> list[ConversationLine]:
        """Return conversations, the latest in the index first, narrowed by the filters."""
        # Texts go in as values; only the fixed conditions below are part of the statement.
        conditions, values = ["1"], list[object]()
        if tag is not None:
            conditions.append(
                "number IN (SELECT conversation FROM conversation_tags WHERE tag = ?)"
            )
            values.append(tag)
        if participant is not None:
            conditions.append("number IN (SELECT conversation FROM participants WHERE name = ?)")
            values.append(normal_form(participant))
        if source is not None:
            conditions.append("source = ?")
            values.append(source)
        rows = self._catalogue.execute(
            "SELECT id, title, source, language, started_at, turns, participants, tags "  # noqa: S608
            f"FROM conversations WHERE {' AND '.join(conditions)} "
            "ORDER BY number DESC LIMIT ? OFFSET ?",
            (*values, count, start),
        )
        return [_line(row) for row in rows]

    def conversations_of(self, ids: Sequence[str]) -> dict[str, ConversationLine]:
        """Return the conversations with these ids (at most 500), by id; unknown ids
        are left out.
        """
        marks = ",".join("?" * len(ids))
        rows = self._catalogue.execute(
            "SELECT id, title, source, language, started_at, turns, participants, tags "  # noqa: S608
            f"FROM conversations WHERE id IN ({marks})",
            tuple(ids),
        )
        return {line.id: line for line in map(_line, rows)}

    def tag_sizes(self) -> list[TagCount]:
        """Return every tag with its number of conversations, by catalogue number."""
        rows = self._catalogue.execute(
            "SELECT t.number, t.text, count(*) FROM tags t "
            "JOIN conversation_tags c ON c.tag = t.number GROUP BY t.number ORDER BY t.number"
        )
        return [TagCount(*row) for row in rows]


def _line(row: tuple[object, ...]) -> ConversationLine:
    own_id, title, source, language, started_at, turns, participants, tags = row
    assert isinstance(participants, str)
    assert isinstance(tags, str)
    return ConversationLine(
        id=str(own_id),
        title=None if title is None else str(title),
        source=str(source),
        language=None if language is None else str(language),
        started_at=started_at if isinstance(started_at, float) else None,
        turns=int(str(turns)),
        participants=tuple(json.loads(participants)),
        tags=tuple(tag for tag in tags.split("\n") if tag),
    )
