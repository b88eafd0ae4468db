"""The ledger: blocks in an OCI image-layout folder, and heads in SQLite moved by compare-and-swap.

A blob is written before the row that names it, so a crash leaves at most blobs that nothing names.
Decisions (parents, head, copies, one submission an epoch, verdicts) are read and written in one
transaction, so that threads and processes at once cannot both win.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from cgp.experts.blobs import Blobs
from cgp.experts.block import (
    PARENT_KINDS,
    SPECIFICATION,
    TENSORS,
    Block,
    Kind,
    Payload,
    Signer,
    check_signature,
    digest_of,
    read_block,
    sign,
)
from cgp.experts.errors import ExpertsError, Fault, RefusedError
from cgp.experts.specification import Specification
from cgp.sqlite_worker import SqliteWorker

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
  number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  name TEXT NOT NULL, signer TEXT NOT NULL, signature TEXT NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS blocks_by_state ON blocks (kind, state);
CREATE INDEX IF NOT EXISTS blocks_by_name ON blocks (name);
CREATE TABLE IF NOT EXISTS tensors (digest TEXT PRIMARY KEY, block TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heads (name TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS submissions (
  epoch INTEGER, signer TEXT, name TEXT, block TEXT NOT NULL, PRIMARY KEY (epoch, signer, name));
CREATE TABLE IF NOT EXISTS verdicts (
  block TEXT, judge TEXT, against TEXT, digest TEXT NOT NULL, accepted INTEGER NOT NULL,
  gain INTEGER NOT NULL, routed INTEGER NOT NULL, PRIMARY KEY (block, judge, against));
CREATE TABLE IF NOT EXISTS settlements (epoch INTEGER PRIMARY KEY, pool INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
  epoch INTEGER, hotkey TEXT, amount INTEGER NOT NULL, PRIMARY KEY (epoch, hotkey));
CREATE TABLE IF NOT EXISTS refusals (
  digest TEXT, signature TEXT, reason TEXT NOT NULL, blocks INTEGER, release TEXT NOT NULL,
  PRIMARY KEY (digest, signature));
"""
# The index holds what may change: states, heads, verdicts, entries. The blobs never change.
LEDGER_FILE = "ledger.sqlite"
T = TypeVar("T")


class State(StrEnum):
    """State of a block."""

    STORED = "stored"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    STALE = "stale"
    ARCHIVED = "archived"
    """Of another kind of network: never measured, routed or paid."""


class NoLedgerError(ExpertsError, code="experts.no_ledger", remedy="cgp experts init makes one"):
    """There is no ledger in this folder."""


@dataclass(frozen=True, slots=True)
class Record:
    """A block of the ledger as its index knows it."""

    digest: str
    kind: Kind
    name: str
    signer: str
    signature: str
    state: State
    reason: str
    epoch: int


COLUMNS = "digest, kind, name, signer, signature, state, reason, epoch"


class Ledger:
    """The ledger of one folder. Safe for threads and processes at once; ``clock`` gives Unix
    time.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self.blobs = Blobs(folder)
        self._clock = clock
        self._worker = SqliteWorker(folder / LEDGER_FILE, _SCHEMA)
        self._specification: Specification | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        specification: Specification,
        keypair: Signer,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Make a ledger, or open the one that has this very specification.

        Raises:
            RefusedError: if there is one of another specification.
        """
        ledger = cls(folder, clock)
        try:
            ledger.blobs.prepare()
            ledger._begin(specification, keypair)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _begin(self, specification: Specification, keypair: Signer) -> None:
        data = specification.to_bytes()
        payload = Payload.of(SPECIFICATION, data)
        if not self.records(kind=Kind.META):
            block = Block(
                Kind.META, "genesis", keypair.ss58_address, self.now(), payloads=(payload,)
            )
            # Of two programs that begin a ledger at once, one makes its first block.
            with contextlib.suppress(_BegunError):
                self.add(
                    block, sign(block, keypair), {payload.digest: data}, State.STORED, _require_new
                )
        # Not by their bytes: a former release wrote fewer fields.
        if self.specification != specification:
            raise RefusedError(
                Fault.WRONG_MODEL,
                f"{self.folder} has a ledger of another specification:"
                f" {self.specification.differences(specification)}; name another folder, or these options",
            )
        self.write_index()

    @classmethod
    def open(cls, folder: Path, clock: Callable[[], float] = time.time) -> Self:
        """Open a ledger.

        Raises:
            NoLedgerError: if there is none.
        """
        if not (folder / LEDGER_FILE).is_file():
            raise NoLedgerError(f"there is no ledger of experts in {folder}")
        return cls(folder, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger's database. Idempotent."""
        self._worker.close_now()

    @property
    def genesis(self) -> Record:
        """The first block.

        Raises:
            NoLedgerError: if there is none.
        """
        records = self.records(kind=Kind.META)
        if not records:
            raise NoLedgerError(f"the ledger in {self.folder} has no first block")
        return records[0]

    @property
    def specification(self) -> Specification:
        """The agreement of the ledger's users."""
        if self._specification is None:
            payload = self.block(self.genesis.digest).payload(SPECIFICATION)
            self._specification = Specification.from_bytes(self.blobs.get(payload.digest))
        return self._specification

    def epoch(self) -> int:
        """Return the number of the current epoch."""
        return int(self._clock()) // self.specification.epoch_seconds

    def now(self) -> int:
        """Return the time in seconds, for a new block."""
        return int(self._clock())

    def transact(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Run an operation on the index in one transaction, alone among all processes."""
        return self._worker.submit(operation).result()

    def block(self, digest: str) -> Block:
        """Return a block of the ledger.

        Raises:
            DamagedLedgerError: if its manifest is missing or damaged.
        """
        return read_block(self.blobs.get(digest))

    def record(self, digest: str) -> Record | None:
        """Return the record of a block, None for an unknown one."""
        return self.transact(lambda connection: record_of(connection, digest))

    def records(
        self, *, kind: Kind | None = None, state: State | None = None, name: str | None = None
    ) -> list[Record]:
        """Return blocks in the order in which they came, by kind, state and name."""
        columns = {"kind": kind, "state": state, "name": name}
        limits = {column: str(value) for column, value in columns.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in limits) or "1"
        query = f"SELECT {COLUMNS} FROM blocks WHERE {where} ORDER BY number"  # noqa: S608 - columns are ours
        return self.transact(
            lambda connection: [
                read_row(row) for row in connection.execute(query, tuple(limits.values()))
            ]
        )

    def heads(self) -> dict[str, str]:
        """Return the digest of each head by its name."""
        return self.transact(heads_of)

    def head(self, name: str) -> str | None:
        """Return the digest of a head, None where there is none of that name."""

        def read(connection: sqlite3.Connection) -> str | None:
            row = connection.execute("SELECT digest FROM heads WHERE name = ?", (name,)).fetchone()
            return None if row is None else str(row[0])

        return self.transact(read)

    def history(self, name: str) -> list[Block]:
        """Return the accepted versions of a name, the head first."""
        return list(self.lineage(name))

    def lineage(self, name: str) -> Iterator[Block]:
        """Yield the accepted versions of a name, the head first."""
        digest = self.head(name)
        while digest is not None:
            block = self.block(digest)
            yield block
            digest = block.replaces

    def add(
        self,
        block: Block,
        signature: bytes,
        payloads: Mapping[str, bytes],
        state: State,
        inside: Callable[[sqlite3.Connection], None] = lambda _: None,
        *,
        epoch: int | None = None,
    ) -> Record:
        """Store a block whose content was checked; return its record, also if it was there before.

        ``inside`` is called in the transaction, before the block is there; if it raises, nothing
        changes. ``epoch`` is the current one, unless the block comes from another ledger.

        Raises:
            RefusedError: if the signature, a payload, or a parent is missing or wrong.
        """
        block.check_form()
        check_signature(block, signature)
        for payload in block.payloads:
            data = payloads.get(payload.digest)
            if data is None or len(data) != payload.size or digest_of(data) != payload.digest:
                raise RefusedError(
                    Fault.WRONG_TENSORS, f"the bytes of {payload.digest} are missing or others"
                )
        # The specification, which says how long an epoch is, is in the first block itself.
        if epoch is None:
            epoch = 0 if block.kind is Kind.META else self.epoch()

        def insert(connection: sqlite3.Connection) -> Record:
            earlier = record_of(connection, block.digest)
            if earlier is not None:
                return earlier
            check_parents(connection, block)
            inside(connection)
            connection.execute(
                "INSERT INTO blocks (digest, kind, name, signer, signature, state, epoch)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    block.digest, block.kind, block.name, block.signer, digest_of(signature),
                    state, epoch,
                ),
            )  # fmt: skip
            for payload in block.payloads:
                if payload.media_type == TENSORS:
                    connection.execute(
                        "INSERT OR IGNORE INTO tensors VALUES (?, ?)",
                        (payload.digest, block.digest),
                    )
            return Record(
                block.digest, block.kind, block.name, block.signer, digest_of(signature),
                state, "", epoch,
            )  # fmt: skip

        # A refusal before the blobs are written leaves no trace of the block.
        self.transact(lambda connection: check_parents(connection, block))
        for data in (*payloads.values(), block.manifest(), signature):
            self.blobs.add(data)
        return self.transact(insert)

    def write_index(self) -> None:
        """Bring ``index.json`` up to date: the first block and the heads, by name."""
        genesis = self.genesis.digest

        # In a transaction, alone among all processes: else an older file could come last.
        def write(connection: sqlite3.Connection) -> None:
            names = {"genesis": genesis, **heads_of(connection)}
            self.blobs.write_index(
                {name: self.block(digest).descriptor() for name, digest in names.items()}
            )

        self.transact(write)

    def against(self) -> str:
        """Return a name of the mixture as it stands: it changes with every head."""
        return self.transact(lambda connection: mixture_id(heads_of(connection)))


class _BegunError(ExpertsError, code="experts.begun", remedy="none is needed: it is opened"):
    """Another program has begun the ledger in the meantime."""


def _require_new(connection: sqlite3.Connection) -> None:
    query = "SELECT 1 FROM blocks WHERE kind = ?"
    if connection.execute(query, (Kind.META,)).fetchone() is not None:
        raise _BegunError


def record_of(connection: sqlite3.Connection, digest: str) -> Record | None:
    """Return the record of a block."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM blocks WHERE digest = ?",  # noqa: S608 - columns are ours
        (digest,),
    ).fetchone()
    return None if row is None else read_row(row)


def heads_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the digest of each head by its name."""
    return dict(connection.execute("SELECT name, digest FROM heads ORDER BY name").fetchall())


def has_room(connection: sqlite3.Connection, block: Block, limit: int) -> bool:
    """Tell whether a layer has fewer than ``limit`` experts beside those that a block replaces."""
    if block.kind is not Kind.EXPERT:
        return True
    router = f"{block.layer}.{Kind.ROUTER}"
    names = [name for name in heads_of(connection) if name.startswith(f"{block.layer}.")]
    return sum(name not in {block.name, router} for name in names) < limit


def mixture_id(heads: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits that name a set of heads."""
    lines = "\n".join(f"{name} {digest}" for name, digest in sorted(heads.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def read_row(row: tuple[str, ...]) -> Record:
    """Return the record of a row of ``COLUMNS``."""
    digest, kind, name, signer, signature, state, reason, epoch = row
    return Record(digest, Kind(kind), name, signer, signature, State(state), reason, int(epoch))


def check_parents(connection: sqlite3.Connection, block: Block) -> None:
    """Raise ``RefusedError`` if a parent is missing, or of a kind that is no parent."""
    kinds = PARENT_KINDS[block.kind]
    for digest in block.parents:
        row = connection.execute("SELECT kind FROM blocks WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            raise RefusedError(Fault.PARENT_MISSING, f"the parent {digest} is not in this ledger")
        if Kind(row[0]) not in kinds:
            raise RefusedError(
                Fault.PARENT_OF_WRONG_KIND,
                f"a {row[0]} is not a parent of a {block.kind}: {', '.join(sorted(kinds)) or 'none'}",
            )
