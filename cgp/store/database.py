"""The database under the store: opening, transactions, the time, and writes that
are tried again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, DBAPIError

from cgp.store.engine import open_engine
from cgp.store.migrate import bring_up_to_date
from cgp.store_errors import StoreError

P = ParamSpec("P")
R = TypeVar("R")

_ATTEMPTS = 6
_DEADLOCK, _SERIALIZATION_FAILURE = "40P01", "40001"


class Database:
    """One database; the parts of the store (conversations, leases, results, ...) build on it.

    Calls block: from a coroutine they go through ``cgp.store.SerialWorker``. Any number of
    processes may use one database. ``clock`` gives seconds since the epoch; without it, it is the
    database server's on PostgreSQL, so that validators on several machines agree on when a lease
    ends whatever their own clocks say, and the machine's on SQLite. Without ``upgrades`` a store of
    an older version is refused, not changed: programs of that version may be at work on it.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], float] | None = None, upgrades: bool = True
    ) -> None:
        self._engine = open_engine(url)
        self._writer = self._engine.execution_options(cgp_writes=True)
        self._clock = clock
        try:
            bring_up_to_date(self._reading(), self._writing(), upgrades=upgrades)
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
        """Begin a transaction that is committed whole or rolled back.

        On SQLite it holds the right to write from its start; on PostgreSQL it locks the rows that
        it reads before it writes. Methods that write are marked ``atomic``.
        """
        with self._writer.begin() as connection:
            yield connection

    def _now(self, connection: Connection) -> float:
        """Return the time (seconds since the epoch) on the one clock of all users of the store."""
        if self._clock is not None:
            return self._clock()
        if connection.dialect.name != "postgresql":
            return time.time()
        now = sa.extract("epoch", sa.func.clock_timestamp())
        return float(connection.execute(sa.select(now)).scalar_one())

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


def atomic(method: Callable[P, R]) -> Callable[P, R]:
    """Mark a method that is one writing transaction and does nothing else.

    PostgreSQL ends one of two transactions that wait for each other, with nothing of it done: that
    one is run again.
    """

    @wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, _ATTEMPTS):
            try:
                return method(*args, **kwargs)
            except DBAPIError as error:
                if not _was_undone(error):
                    raise
            # Spread at random, so that two transactions that collided do not collide again.
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads the attempts
        return method(*args, **kwargs)

    return run


def storable(text: str, limit: int = 2000) -> str:
    """Return outside text as every database takes it: no NUL, no lone surrogate, bounded."""
    # PostgreSQL takes no NUL, and no database a lone surrogate.
    return text[:limit].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _was_undone(error: DBAPIError) -> bool:
    """Tell if the database ended a transaction only because of another one."""
    return getattr(error.orig, "sqlstate", None) in {_DEADLOCK, _SERIALIZATION_FAILURE}
