"""The version of a database: made or brought up to date when the store is opened.

The steps are Alembic's (``cgp/store/migrations``); ``VERSION_TABLE`` says how far a database is.
Each upgrade is one transaction that no other process can come between, so any number of processes
may open a new or an old database at once, and one that is killed leaves it as it was.
"""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.store.schema import SCHEMA_VERSION, schema
from cgp.store_errors import StoreError

logger = logging.getLogger(__name__)

VERSION_TABLE = "store_version"

_ADVISORY_LOCK = 0x43475053  # "CGPS", ours among the advisory locks of a PostgreSQL database

# Alembic's ``context`` and ``op`` are one for the whole process.
_alembic = threading.Lock()


def bring_up_to_date(
    reading: AbstractContextManager[Connection],
    writing: AbstractContextManager[Connection],
    *,
    upgrades: bool = True,
) -> None:
    """Create the schema in an empty database, or upgrade an older one.

    Raises:
        StoreError: if the database is newer than the program, or another program's; without
            ``upgrades`` also if it is older.
    """
    with reading as connection:
        version = _version(connection)
    if version == SCHEMA_VERSION:
        return
    if version and not upgrades:
        raise StoreError(
            f"the store has schema version {version}, this program writes version {SCHEMA_VERSION}, "
            "and a reader upgrades nothing: stop the programs of the older version, then run "
            "`cgp store stats`, which upgrades the store as every command but this one does"
        )
    with writing as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        version = _version(connection)
        if version != SCHEMA_VERSION:
            _upgrade(connection, version)


def _version(connection: Connection) -> int:
    """Return a database's version, 0 for an empty one.

    Raises:
        StoreError: if it is newer than ``SCHEMA_VERSION`` or is not a version of ours.
    """
    inspector = sa.inspect(connection)
    version = None
    if inspector.has_table(VERSION_TABLE):
        version = _scalar(connection, VERSION_TABLE, "version_num")
    elif inspector.has_table("schema_versions"):  # how version 1 named itself
        version = _scalar(connection, "schema_versions", "version")
    if version is None:
        _require_room(inspector)
        return 0
    if not str(version).isdecimal() or not 1 <= int(version) <= SCHEMA_VERSION:
        raise StoreError(
            f"the store has schema version {version}, this program knows versions up to "
            f"{SCHEMA_VERSION}: update the program, or point DATA_DIR or DATABASE_URL elsewhere"
        )
    return int(version)


def _scalar(connection: Connection, table: str, column: str) -> str | int | None:
    value: str | int | None = connection.execute(
        sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table))
    ).scalar_one()
    return value


def _require_room(inspector: sa.Inspector) -> None:
    ours = set(schema.tables) & set(inspector.get_table_names())
    if ours:
        raise StoreError(
            f"the database has tables of another program ({', '.join(sorted(ours))}): "
            "point DATABASE_URL at an empty one"
        )


def _upgrade(connection: Connection, version: int) -> None:
    # Imported only where there is something to do: it costs as much as all else in opening a store.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "cgp.store:migrations")
    config.set_main_option("path_separator", "os")
    with _alembic:
        if version == 1 and not sa.inspect(connection).has_table(VERSION_TABLE):
            # Made before there were migrations: what the first of them makes is there.
            command.stamp(config, "1")
        command.upgrade(config, str(SCHEMA_VERSION))
    if version:
        logger.info("Upgraded the store from schema version %d to %d", version, SCHEMA_VERSION)
