"""The index's catalogue: one SQLite file with everything that vectors cannot be asked for.

Conversations, their windows with text and tags, each distinct tag once (by normal form), and full
text over the windows (FTS5, https://www.sqlite.org/fts5.html). The catalogue decides: vectors are
made from it, and vectors that a crash lost are made again. A batch is one transaction.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from cgp.durable_files import private_file
from cgp.errors import CgpError
from cgp.metadata import Tag
from cgp.search.languages import add_recognised, language_of_windows
from cgp.search.records import IndexedConversation
from cgp.search.search_form import search_form
from cgp.sqlite_files import open_sqlite, transaction, write_ahead
from cgp.text import normal_form

FORMAT = "1"
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE conversations (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  source TEXT NOT NULL, title TEXT, language TEXT, started_at REAL, turns INTEGER NOT NULL,
  participants TEXT NOT NULL, tags TEXT NOT NULL, language_recognised TEXT);
CREATE INDEX conversations_source ON conversations (source);
CREATE INDEX conversations_started ON conversations (started_at);
CREATE TABLE participants (
  name TEXT NOT NULL, conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
  PRIMARY KEY (name, conversation)) WITHOUT ROWID;
CREATE INDEX participants_conversation ON participants (conversation);
CREATE TABLE windows (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL);
CREATE INDEX windows_conversation ON windows (conversation);
CREATE TABLE tags (
  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE conversation_tags (
  tag INTEGER NOT NULL REFERENCES tags,
  conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
  support REAL NOT NULL, PRIMARY KEY (tag, conversation)) WITHOUT ROWID;
CREATE INDEX conversation_tags_conversation ON conversation_tags (conversation);
CREATE VIRTUAL TABLE words USING fts5 (
  text, tags, content='windows', content_rowid='number', tokenize='porter unicode61');
"""
# Version of ``search_form``, the spelling of what full text holds.
_WORDS_FORM = "2"
_INSERT_WORDS = "INSERT INTO words (rowid, text, tags) VALUES (?, ?, ?)"
# SQLite limits the number of bound values in one statement.
_IN_ONE_QUERY = 500
_BUSY_SECONDS = 30.0


class CatalogueError(
    CgpError, code="search.catalogue", remedy="run cgp index to make the index again"
):
    """A catalogue that cannot be opened; the message says which and why."""


@contextmanager
def open_catalogue(path: Path, model: str, *, read_only: bool) -> Iterator[sqlite3.Connection]:
    """Open the catalogue of an index whose vectors come from the embedder ``model``.

    Raises:
        CatalogueError: if it is not there (read-only), is damaged, is of another format or model.
    """
    if read_only and not path.exists():
        raise CatalogueError(f"there is no index in {path.parent} yet")
    if not read_only:
        private_file(path)
    connection = open_sqlite(path, busy_seconds=_BUSY_SECONDS, any_thread=True)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            write_ahead(connection, busy_seconds=_BUSY_SECONDS)
            _create(connection, model)
        facts = dict(connection.execute("SELECT name, value FROM facts"))
        if facts.get("format") != FORMAT:
            raise CatalogueError(f"{path} has format {facts.get('format')}; this version reads 1")
        if facts.get("model") != model:
            raise CatalogueError(
                f"{path.parent} was made with the embedder {facts.get('model')}, not {model}: set "
                "EMBEDDER_TYPE and EMBEDDER_MODEL back, or remove the folder and index anew"
            )
        yield connection
    except sqlite3.DatabaseError as error:
        raise CatalogueError(f"{path}: {error}") from error
    finally:
        connection.close()


def write_records(connection: sqlite3.Connection, records: Sequence[IndexedConversation]) -> int:
    """Write records in one transaction; return the number of new and of changed ones."""
    count = 0
    with transaction(connection):
        for record in records:
            digest = _digest(record)
            present = connection.execute(
                "SELECT number, digest FROM conversations WHERE id = ?", (record.id,)
            ).fetchone()
            # The digest covers every field, so an unchanged record costs one read.
            if present and present[1] == digest:
                continue
            if present:
                _remove(connection, present[0])
            _insert(connection, record, digest)
            count += 1
    return count


def remove_records(connection: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Remove conversations in one transaction; return how many there were."""
    count = 0
    with transaction(connection):
        for own_id in ids:
            row = connection.execute(
                "SELECT number FROM conversations WHERE id = ?", (own_id,)
            ).fetchone()
            if row is not None:
                _remove(connection, row[0])
                count += 1
    return count


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation of the index by its ``id``, and its number of turns."""

    id: str
    title: str | None
    source: str
    turns: int


def entries(connection: sqlite3.Connection) -> list[Entry]:
    """Return every conversation, in the order in which they came."""
    rows = connection.execute("SELECT id, title, source, turns FROM conversations ORDER BY number")
    return [Entry(*row) for row in rows]


def present_ids(connection: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Return the subset of ``ids`` that the catalogue holds."""
    requests, present = list(ids), set[str]()
    for start in range(0, len(requests), _IN_ONE_QUERY):
        part = requests[start : start + _IN_ONE_QUERY]
        marks = ",".join("?" * len(part))
        query = f"SELECT id FROM conversations WHERE id IN ({marks})"  # noqa: S608 - marks only
        present.update(row[0] for row in connection.execute(query, part))
    return present


def conversations_of(connection: sqlite3.Connection, windows: Iterable[int]) -> dict[int, int]:
    """Return the conversation's number by window number, for the windows that exist."""
    numbers, owners = list(windows), dict[int, int]()
    for start in range(0, len(numbers), _IN_ONE_QUERY):
        part = numbers[start : start + _IN_ONE_QUERY]
        marks = ",".join("?" * len(part))
        query = f"SELECT number, conversation FROM windows WHERE number IN ({marks})"  # noqa: S608
        owners.update(connection.execute(query, part).fetchall())
    return owners


def _create(connection: sqlite3.Connection, model: str) -> None:
    with transaction(connection):
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
            _respell(connection)
            add_recognised(connection)
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        facts = [("format", FORMAT), ("model", model), ("words", _WORDS_FORM)]
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)


def _respell(connection: sqlite3.Connection) -> None:
    """Make full text anew where it was made in an earlier spelling."""
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    if facts.get("format") != FORMAT or facts.get("words") == _WORDS_FORM:
        return
    connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
    # A second cursor reads while the first writes another table of the same transaction.
    for row, text, tags in connection.execute("SELECT number, text, tags FROM windows"):
        connection.execute(_INSERT_WORDS, (row, search_form(text), search_form(tags)))
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('words', ?)", (_WORDS_FORM,))


def _digest(record: IndexedConversation) -> str:
    document = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(document.encode("utf-8", "replace")).hexdigest()


def _remove(connection: sqlite3.Connection, number: int) -> None:
    # FTS5 keeps no copy of the text: to forget a row it must be told the text that it indexed.
    rows = connection.execute(
        "SELECT number, text, tags FROM windows WHERE conversation = ?", (number,)
    ).fetchall()
    connection.executemany(
        "INSERT INTO words (words, rowid, text, tags) VALUES ('delete', ?, ?, ?)",
        [(row, search_form(text), search_form(tags)) for row, text, tags in rows],
    )
    connection.execute("DELETE FROM conversations WHERE number = ?", (number,))
    connection.execute("DELETE FROM tags WHERE number NOT IN (SELECT tag FROM conversation_tags)")


def _insert(connection: sqlite3.Connection, record: IndexedConversation, digest: str) -> None:
    number = connection.execute(
        "INSERT INTO conversations (id, digest, source, title, language, started_at, turns, "
        "participants, tags, language_recognised) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.id,
            digest,
            record.source,
            record.title,
            record.language,
            record.started_at,
            record.turns,
            json.dumps(record.participants, ensure_ascii=False),
            _lines(record.tags),
            language_of_windows(window.text for window in record.windows),
        ),
    ).lastrowid
    names = {normal_form(name) for name in record.participants} - {""}
    connection.executemany(
        "INSERT INTO participants VALUES (?, ?)", [(name, number) for name in sorted(names)]
    )
    for window in record.windows:
        values = (window.text, _lines(window.tags))
        row = connection.execute(
            "INSERT INTO windows (conversation, start, stop, text, tags) VALUES (?, ?, ?, ?, ?)",
            (number, window.start, window.stop, *values),
        ).lastrowid
        connection.execute(_INSERT_WORDS, (row, *map(search_form, values)))
    everywhere = [*record.tags, *(tag for window in record.windows for tag in window.tags)]
    _insert_tags(connection, number, everywhere)


def _insert_tags(
    connection: sqlite3.Connection, conversation: int | None, tags: Iterable[Tag]
) -> None:
    distinct: dict[str, Tag] = {}
    for tag in tags:
        name = normal_form(tag.text)
        if name and (name not in distinct or distinct[name].support < tag.support):
            distinct[name] = tag
    connection.executemany(
        "INSERT INTO tags (name, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(name, tag.text) for name, tag in distinct.items()],
    )
    connection.executemany(
        "INSERT INTO conversation_tags SELECT number, ?, ? FROM tags WHERE name = ?",
        [(conversation, tag.support, name) for name, tag in distinct.items()],
    )


def _lines(tags: Iterable[Tag]) -> str:
    return "\n".join(" ".join(tag.text.split()) for tag in tags)
