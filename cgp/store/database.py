"""The engine under the store: connections, transactions, and the version of the schema."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, DatabaseError

from cgp.store.schema import SCHEMA_VERSION, schema, schema_versions

BUSY_SECONDS = 30.0


class StoreError(RuntimeError):
    """The store cannot be used as asked; the message says why and what to do about it."""


class Database:
    """One database; the parts of the store (conversations, leases, results, ...) build on it.

    Calls block: from a coroutine they go through ``cgp.store.SerialWorker``. Any number of processes
    may use one database. ``clock`` gives seconds since the epoch.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(cgp_writes=True)
        self._clock = clock
        try:
            with self._writing() as connection:
                _check_version(connection, clock())
        except DatabaseError as error:
            self.close()
            raise StoreError(f"cannot open the store {self.url}: {error.orig}") from error
        except StoreError:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The database's URL, without a password."""
        return self._engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Close every connection. Idempotent."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction that holds the right to write from its start, or rolls back."""
        with self._writer.begin() as connection:
            yield connection

    def _insert_new(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that skips rows which break a unique constraint."""
        if self._engine.dialect.name == "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def _upsert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """Return an INSERT that replaces the row with the same primary key."""
        insert = (
            postgresql.insert(table)
            if self._engine.dialect.name == "postgresql"
            else sqlite.insert(table)
        )
        keys = [column.name for column in table.primary_key]
        return insert.on_conflict_do_update(
            index_elements=keys,
            set_={c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys},
        )


def storable(text: str, limit: int = 2000) -> str:
    """Return outside text as every database takes it: no NUL, no lone surrogate, bounded."""
    return text[:limit].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _engine(url: str) -> Engine:
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "the store's address is not a SQLAlchemy URL such as sqlite:///x"
        ) from error
    backend = parsed.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise StoreError(f"the store is kept in sqlite or postgresql, not in {backend}")
    options: dict[str, Any] = {"json_serializer": partial(json.dumps, allow_nan=False)}
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StoreError("the store needs a file (sqlite:///PATH): processes share it")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        options["connect_args"] = {"timeout": BUSY_SECONDS}
    engine = sa.create_engine(parsed, **options)
    if backend == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling is off: it would begin only at the first write, and two
    # processes that had both read would then deadlock. ``_begin_sqlite`` begins instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cgp_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_version(connection: Connection, now: float) -> None:
    """Create the tables of an empty database; refuse one of another version.

    Raises:
        StoreError: if the database belongs to another version of the program, or to another program.
    """
    inspector = sa.inspect(connection)
    if not inspector.has_table(schema_versions.name):
        ours = set(schema.tables) & set(inspector.get_table_names())
        if ours:
            raise StoreError(
                f"the database has tables of another program ({', '.join(sorted(ours))}): "
                "point DATABASE_URL at an empty one"
            )
        schema.create_all(connection)
        row = {"version": SCHEMA_VERSION, "created_at": now}
        connection.execute(sa.insert(schema_versions).values(row))
        return
    found = connection.execute(sa.select(sa.func.max(schema_versions.c.version))).scalar_one()
    if found != SCHEMA_VERSION:
        raise StoreError(
            f"the store has schema version {found}, this program needs {SCHEMA_VERSION}: "
            "use the program's version that made it, or point DATA_DIR or DATABASE_URL elsewhere"
        )
