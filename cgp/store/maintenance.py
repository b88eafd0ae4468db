"""Maintenance of a store: sizes, repair, pruning, and copies while it is in use."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from cgp.durable_files import private_file
from cgp.store.conversations import DONE, FAILED, LEASED, WAITING
from cgp.store.database import Database, atomic
from cgp.store.migrate import VERSION_TABLE
from cgp.store.schema import (
    SCHEMA_VERSION,
    answers,
    conversations,
    holders,
    leases,
    scores,
    windows,
)
from cgp.store_errors import StoreError

KEPT_WINDOWS: Final = 1_000
"""Latest windows whose answers are never pruned: scoring compares new answers with them."""

_DAY = 86_400.0
_COPIED_PAGES = 2_000
"""Pages copied at once: between two such steps others can write."""


@dataclass(frozen=True, slots=True)
class RepairCounts:
    """Changes of a repair."""

    leases_dropped: int
    conversations_freed: int


class Maintenance(Database):
    """The part of the store that looks after it."""

    def sizes(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        tables = (conversations, windows, answers, scores)
        with self._reading() as connection:
            return {
                table.name: int(
                    connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                )
                for table in tables
            }

    def failure_reasons(self) -> Counter[str]:
        """Return the number of failed conversations for each reason."""
        query = sa.select(conversations.c.reason, sa.func.count().label("number"))
        query = query.where(conversations.c.state == FAILED).group_by(conversations.c.reason)
        with self._reading() as connection:
            return Counter({row.reason: row.number for row in connection.execute(query)})

    @atomic
    def requeue_failed(self) -> int:
        """Put conversations that were given up back into the line; return how many."""
        values = {"state": WAITING, "attempts": 0, "reason": "", "finished_at": None}
        with self._writing() as connection:
            result = connection.execute(
                sa.update(conversations).where(conversations.c.state == FAILED).values(**values)
            )
            return result.rowcount

    @atomic
    def repair(self) -> RepairCounts:
        """Make leases and states agree again: no lease without its state, no state without its
        lease.
        """
        in_state = sa.select(conversations.c.id).where(conversations.c.state == LEASED)
        with_lease = sa.select(leases.c.conversation_id)
        with self._writing() as connection:
            removals = connection.execute(
                sa.delete(leases).where(leases.c.conversation_id.not_in(in_state))
            )
            returns = connection.execute(
                sa.update(conversations)
                .where(conversations.c.state == LEASED, conversations.c.id.not_in(with_lease))
                .values(state=WAITING)
            )
            return RepairCounts(removals.rowcount, returns.rowcount)

    @atomic
    def prune(self, days: float) -> int:
        """Drop answers and scores of conversations that were done ``days`` ago; return how many
        answers.

        Their metadata, ground truth and quality stay, and so do standings. Scores that are
        dropped can be replayed no more. The latest ``KEPT_WINDOWS`` windows keep theirs.
        """
        with self._writing() as connection:
            limit = self._now(connection) - days * _DAY
            latest = (
                sa.select(windows.c.conversation_id)
                .where(windows.c.state == DONE)
                .order_by(windows.c.done_at.desc())
                .limit(KEPT_WINDOWS)
                .subquery()
            )
            old = sa.select(conversations.c.id).where(
                conversations.c.state == DONE,
                conversations.c.finished_at < limit,
                conversations.c.id.not_in(sa.select(latest.c.conversation_id)),
            )
            connection.execute(sa.delete(scores).where(scores.c.conversation_id.in_(old)))
            result = connection.execute(
                sa.delete(answers).where(answers.c.conversation_id.in_(old))
            )
            return result.rowcount

    def compact(self) -> None:
        """Give the room of dropped rows back to the disk. Writers wait meanwhile."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.dialect.name == "sqlite":
                raw = connection.connection.driver_connection
                assert isinstance(raw, sqlite3.Connection)
                raw.execute("VACUUM")
                # VACUUM wrote the whole file into the log, which would stay as large as the store.
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM (ANALYZE)")

    def backup(self, target: Path) -> None:
        """Copy the store, as it is at one moment, to a new file, while others read and write.

        Raises:
            StoreError: if the store is not SQLite, or ``target`` is there already.
        """
        source = _sqlite_file(self._engine.url)
        if target.exists():
            raise StoreError(f"{target} is there already: name a new file")
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        try:
            _copy(source, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def restore(backup: Path, url: str) -> Path | None:
    """Put a backup in the place of the SQLite store at ``url``; return where the former one is
    kept.

    A program that runs on the store stops working, because its memory no longer agrees with the
    store. It logs the reason, and its operator starts it again.

    Raises:
        StoreError: if ``backup`` is not a whole store of a known version.
    """
    _require_whole(backup)
    file = _sqlite_file(sa.make_url(url))
    former_file = None
    if file.exists():
        former_file = file.with_name(file.name + ".before-restore")
        former_file.unlink(missing_ok=True)
        _copy(file, former_file)
    file.parent.mkdir(parents=True, exist_ok=True)
    _copy(backup, file)
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as connection, connection:
        # Leases and sessions of the backup's time must not count: their holders have gone on since.
        connection.execute(f"UPDATE {holders.name} SET session = 'restored'")  # noqa: S608 - a constant
        connection.execute(f"DELETE FROM {leases.name}")  # noqa: S608
        connection.execute(
            f"UPDATE {conversations.name} SET state = ? WHERE state = ?",  # noqa: S608
            (WAITING, LEASED),
        )
    return former_file


def _sqlite_file(url: sa.URL) -> Path:
    if url.get_backend_name() != "sqlite" or not url.database:
        raise StoreError(
            "the store is in PostgreSQL: back it up with pg_dump, restore with pg_restore"
        )
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    # A copy holds the originals of what is redacted, as the store does: its owner alone reads it.
    private_file(target)
    with (
        contextlib.closing(sqlite3.connect(source, timeout=30)) as reading,
        contextlib.closing(sqlite3.connect(target, timeout=30)) as writing,
    ):
        reading.backup(writing, pages=_COPIED_PAGES, sleep=0.01)


def _require_whole(file: Path) -> None:
    if not file.is_file():
        raise StoreError(f"there is no backup at {file}")
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = connection.execute(
                f"SELECT max(version_num) FROM {VERSION_TABLE}"  # noqa: S608 - a constant
            ).fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{file} is not a backup of a store: {error}") from error
    is_known = str(version).isdecimal() and 1 <= int(version) <= SCHEMA_VERSION
    if verdict != "ok" or not is_known:
        raise StoreError(
            f"{file} is damaged, or from a newer program (version {version}): {verdict}"
        )
