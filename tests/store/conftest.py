"""Fixtures of the store's tests: real databases of both kinds, and conversations to put in them.

A test that takes ``store`` or ``store_url`` is part of the contract: it runs on SQLite and PostgreSQL.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from cgp.conversation import Conversation, Participant, Turn
from cgp.store import Store
from cgp.store.engine import open_engine
from cgp.store.schema import schema
from tests.store.postgres_server import PostgresServer, binaries


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra 'postgres')")
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    with PostgresServer(found) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server) -> str:
    """A database with the schema, emptied for each test: quicker than to make one each time."""
    url = postgres_server.url(postgres_server.new_database())
    Store(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def postgres_empty_url(postgres_server) -> str:
    return postgres_server.url(postgres_server.new_database())


@pytest.fixture
def empty_url(backend, request, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url = request.getfixturevalue("postgres_empty_url")
    _execute(url, [sa.text("DROP SCHEMA public CASCADE"), sa.text("CREATE SCHEMA public")])
    return url


@pytest.fixture
def store_url(backend, request, tmp_path: Path) -> str:
    """The address of an empty store (one that is yet to be made, on SQLite)."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url = request.getfixturevalue("postgres_url")
    _execute(url, [sa.delete(table) for table in reversed(schema.sorted_tables)])
    return url


def _execute(url: str, statements: Sequence[sa.Executable]) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()


@pytest.fixture
def store(store_url: str, clock: Clock) -> Iterator[Store]:
    opened = Store(store_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def make_conversation() -> Callable[..., Conversation]:
    def make(identifier: str, text: str | None = None, turns: int = 4) -> Conversation:
        return Conversation(
            id=identifier,
            source="test",
            participants=(Participant("Ann"), Participant("Bo")),
            turns=tuple(
                Turn(i % 2, f"{text or identifier}, said for the {i}. time") for i in range(turns)
            ),
        )

    return make
