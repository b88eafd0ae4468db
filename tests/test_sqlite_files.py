"""SQLite files: transactions that are whole or nothing, and readers beside a writer."""

import sqlite3
from contextlib import closing

import pytest

from cgp.sqlite_files import commit_without_disk, open_sqlite, transaction, write_ahead


@pytest.fixture
def connection(tmp_path):
    with closing(open_sqlite(tmp_path / "a.sqlite", busy_seconds=0.1)) as connection:
        write_ahead(connection, busy_seconds=0.1)
        commit_without_disk(connection)
        connection.execute("CREATE TABLE numbers (number INTEGER UNIQUE)")
        yield connection


def numbers(connection):
    return [number for (number,) in connection.execute("SELECT number FROM numbers")]


def test_a_transaction_is_whole_or_nothing(connection):
    # Execute
    with transaction(connection):
        connection.execute("INSERT INTO numbers VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError), transaction(connection):
        connection.executemany("INSERT INTO numbers VALUES (?)", [(2,), (1,)])

    # Assert: nothing of the second, and a third begins.
    with transaction(connection):
        assert numbers(connection) == [1]


def test_the_write_lock_is_held_from_the_start_and_readers_go_on(connection, tmp_path):
    with (
        closing(open_sqlite(tmp_path / "a.sqlite", busy_seconds=0.05)) as other,
        transaction(connection),
    ):
        assert numbers(other) == []
        with pytest.raises(sqlite3.OperationalError, match="locked"), transaction(other):
            pass


def test_a_file_that_stays_locked_is_named_after_the_time(tmp_path):
    # Prepare: a file without WAL, in which somebody reads.
    path = tmp_path / "b.sqlite"
    with (
        closing(open_sqlite(path, busy_seconds=0)) as first,
        closing(open_sqlite(path, busy_seconds=0)) as second,
    ):
        first.execute("CREATE TABLE numbers (number)")
        first.execute("BEGIN EXCLUSIVE")

        # Execute and assert
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(second, busy_seconds=0.05)
        first.execute("ROLLBACK")
        write_ahead(second, busy_seconds=0.05)
        assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_other_errors_are_not_tried_again(tmp_path):
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"no database at all, but long enough for a header" * 99)
    with (
        closing(open_sqlite(path, busy_seconds=0)) as connection,
        pytest.raises(sqlite3.DatabaseError, match="not a database"),
    ):
        write_ahead(connection, busy_seconds=60)
