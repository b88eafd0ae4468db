"""Engines: how SQLite and PostgreSQL are opened so that many processes can share the store."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError

from cgp.durable_files import PRIVATE_FOLDER_MODE, private_file
from cgp.extras import how_to_install
from cgp.sqlite_files import commit_without_disk, write_ahead
from cgp.store_errors import StoreError

# Longer than any transaction here takes, so that a busy store delays a writer and does not fail it.
BUSY_SECONDS = 30.0
POOL_SIZE = 5
POOL_OVERFLOW = 10
# Proxies and firewalls drop connections that are idle for long, without a word to either side.
POOL_RECYCLE_SECONDS = 1800

_POSTGRESQL_SCHEMES = {"postgres", "postgresql", "postgresql+psycopg"}

# A lone surrogate in a tag is stored as its escape, which every database takes; hence ASCII.
_to_json = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode


def open_engine(url: str) -> Engine:
    """Return an engine for ``sqlite:///PATH`` or ``postgresql://...`` (driver: psycopg 3).

    Execution option ``cgp_writes``: the transaction holds SQLite's write lock from its start.

    Raises:
        StoreError: if the address is of no use, or PostgreSQL's driver is not installed.
    """
    try:
        address = sa.make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "the store's address is not a SQLAlchemy URL such as sqlite:///PATH or "
            "postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    if address.drivername in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite(address)
    if address.drivername in _POSTGRESQL_SCHEMES:
        return _postgresql(address.set(drivername="postgresql+psycopg"))
    raise StoreError(
        f"the store is kept in sqlite or postgresql (postgresql+psycopg), not in {address.drivername}"
    )


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError("the store needs a file (sqlite:///PATH): processes share it")
    path = Path(url.database)
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
        # The store holds the originals of what is redacted: nobody else on this machine reads it.
        private_file(path)
    except OSError as error:
        raise StoreError(
            f"cannot open the store {path}: {error.strerror}; it must be a file of yours"
        ) from error
    engine = sa.create_engine(
        url,
        json_serializer=_to_json,
        connect_args={"timeout": BUSY_SECONDS},
        # An error is logged with its statement; the values in it are people's words.
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions of the driver's own are off (see ``cgp.sqlite_files``): ``_begin_sqlite`` begins.
    connection.isolation_level = None
    write_ahead(connection, busy_seconds=BUSY_SECONDS)
    commit_without_disk(connection)
    connection.execute("PRAGMA foreign_keys=ON")
    # Content hashes fall anywhere in their index: with little cache a long import reads it from the
    # disk over and over. Negative: in KiB, taken as needed.
    connection.execute("PRAGMA cache_size=-32768")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("cgp_writes", False)
    # A writer takes the lock before it reads: else two could read, and the second would have to
    # fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    """Return a pooled engine at READ COMMITTED (locks are taken explicitly, see ``leases``).

    Parameters of the URL (``?connect_timeout=3``, or ``?options=`` behind a pooler without options)
    go before the parameters of this function.
    """
    parameters: dict[str, Any] = {
        "application_name": "conversation-genome",
        "connect_timeout": 10,
        # A peer that is gone without a word is noticed, and its locks freed, in about a minute.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "options": "-c idle_in_transaction_session_timeout=60000",
    }
    try:
        return sa.create_engine(
            url,
            json_serializer=_to_json,
            hide_parameters=True,  # as above
            isolation_level="READ COMMITTED",
            connect_args={key: value for key, value in parameters.items() if key not in url.query},
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_pre_ping=True,
            pool_recycle=POOL_RECYCLE_SECONDS,
        )
    except ImportError as error:
        raise StoreError(
            f"PostgreSQL needs the extra 'postgres': {how_to_install('postgres')}"
        ) from error
