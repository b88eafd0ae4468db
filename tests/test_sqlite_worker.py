"""One SQLite file used from async code: what fails is undone, and the next operation works."""

import sqlite3

import pytest

from cgp.sqlite_worker import SqliteWorker

SCHEMA = "CREATE TABLE IF NOT EXISTS numbers (number INTEGER)"


def insert(number):
    return lambda connection: (
        connection.execute("INSERT INTO numbers VALUES (?)", (number,)).rowcount
    )


def numbers(connection):
    return [number for (number,) in connection.execute("SELECT number FROM numbers")]


async def test_a_commit_that_fails_is_undone_and_the_next_operation_works(tmp_path):
    refused = []

    def once(_, word, *rest):
        if word != "COMMIT" or refused:
            return sqlite3.SQLITE_OK
        refused.append(word)
        return sqlite3.SQLITE_DENY

    def insert_and_refuse_commit(connection):
        insert(1)(connection)
        connection.set_authorizer(once)

    worker = SqliteWorker(tmp_path / "numbers.sqlite", SCHEMA)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        await worker.run(insert_and_refuse_commit)
    await worker.run(insert(2))
    assert await worker.run(numbers) == [2]
    await worker.close()
