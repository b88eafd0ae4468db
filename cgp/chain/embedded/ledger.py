"""The file: versioned rows, blocks by wall clock, one writer at a time.

A row is (item, key, block, value): reading at block ``b`` takes the newest version not after ``b``,
so reads pinned to a block never change. Every write transaction is sealed at once into a block of
its own, at which the wall clock then continues: a block that can be read never changes again.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cgp.errors import CgpError
from cgp.sqlite_files import commit_without_disk, open_sqlite, transaction

SCHEMA = """
CREATE TABLE chain (
    netuid INTEGER NOT NULL, genesis TEXT NOT NULL, started_at REAL NOT NULL,
    block_seconds REAL NOT NULL, allow_loopback INTEGER NOT NULL,
    head INTEGER NOT NULL, skipped INTEGER NOT NULL, next_epoch INTEGER NOT NULL,
    oldest INTEGER NOT NULL
);
CREATE TABLE kv (
    item TEXT NOT NULL, key TEXT NOT NULL, block INTEGER NOT NULL, value TEXT,
    PRIMARY KEY (item, key, block)
) WITHOUT ROWID;
CREATE TABLE extrinsics (
    hash TEXT NOT NULL PRIMARY KEY, block INTEGER NOT NULL, position INTEGER NOT NULL,
    body TEXT NOT NULL, receipt TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX extrinsics_by_block ON extrinsics (block);
"""
BUSY_SECONDS = 30.0
HISTORY_BLOCKS = 2_000
"""The reach of pinned reads, back from the head; older versions are discarded, as a lite node
does.
"""

NOBODY = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
"""The account of 32 zero bytes, which the chain answers where it knows no account."""

DEFAULTS: dict[str, str] = {
    "System.Account": '{"nonce": 0, "data": {"free": 0, "reserved": 0, "frozen": 0}}',
    **dict.fromkeys(
        [
            "Active", "Bonds", "Consensus", "Dividends", "Emission", "Incentive", "LastUpdate",
            "OwnedHotkeys", "StakeWeight", "TimelockedWeightCommits", "ValidatorPermit",
            "ValidatorTrust", "Weights",
        ],
        "[]",
    ),
    **dict.fromkeys(
        [
            "Alpha", "BlockAtRegistration", "BlocksSinceLastStep", "CollateralLockShare",
            "LastEpochBlock", "LastMechansimStepBlock", "NetworkRegisteredAt", "PendingEpochAt",
            "StakeThreshold", "SubnetEpochIndex", "SubnetworkN", "TotalHotkeyAlpha",
            "WeightsVersionKey",
        ],
        "0",
    ),
    **dict.fromkeys(["IsNetworkMember", "LiquidAlphaOn", "NetworksAdded", "Yuma3On"], "false"),
    **dict.fromkeys(["CommitRevealWeightsEnabled", "NetworkRegistrationAllowed"], "true"),
    **dict.fromkeys(["Keys", "Owner", "SubnetOwner", "SubnetOwnerHotkey"], f'"{NOBODY}"'),
    "ActivityCutoffFactorMilli": "13889",
    "AdminFreezeWindow": "10",
    "BondsMovingAverage": "900000",
    "BondsPenalty": "65535",
    "Burn": "100000000",
    "BurnHalfLife": "360",
    "CommitRevealWeightsVersion": "4",
    "ImmuneOwnerUidsLimit": "1",
    "ImmunityPeriod": "4096",
    "Kappa": "32767",
    "MaxAllowedUids": "256",
    "MaxAllowedValidators": "128",
    "MaxBurn": "100000000000",
    "MaxWeightsLimit": "65535",
    "MinAllowedUids": "64",
    "MinAllowedWeights": "1024",
    "MinBurn": "500000",
    "MinNonImmuneUids": "10",
    "OwnerHyperparamRateLimit": "2",
    "RevealPeriodEpochs": "1",
    "ServingRateLimit": "50",
    "SubnetEpochConsensus": '"Yuma"',
    "Tempo": "360",
    "WeightsSetRateLimit": "100",
}  # fmt: skip
"""The chain's answer for a key that was never written, where that is not None: the storage defaults
in the runtime's metadata (``Tempo`` as on the main network)."""

Json: TypeAlias = Any
"""Any value of JSON."""
Key: TypeAlias = tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Constants:
    """The facts that genesis fixed. ``started_at`` is a Unix time in seconds."""

    netuid: int
    genesis: str
    started_at: float
    block_seconds: float
    allow_loopback: bool


class StateDiscardedError(CgpError, code="chain.state_discarded", remedy="read a newer block"):
    """A read is pinned to a block whose state is no longer kept, or does not exist yet."""


class BlockClock(NamedTuple):
    """Newest block, and the block at which the next epoch is due."""

    head: int
    next_epoch: int


class IncludedExtrinsic(NamedTuple):
    """Extrinsic of a block and its outcome, both as JSON."""

    body: str
    receipt: str


class View:
    """The state at one block."""

    def __init__(self, connection: sqlite3.Connection, block: int) -> None:
        self._connection = connection
        self.block = block

    def get(self, item: str, *key: Json) -> Json:
        """Return one value: the chain's default, or None, where it was never written."""
        # No row and a deleted row read alike: as the default.
        text = self._text(item, encode_key(key))
        if text is None:
            text = DEFAULTS.get(item, "null")
        return json.loads(text)

    def scan(self, item: str, *prefix: Json) -> list[tuple[Key, Json]]:
        """Return (rest of the key, value) of every key that begins with ``prefix``, in one read."""
        start = encode_key(prefix)
        rows = self._connection.execute(
            "SELECT key, value, MAX(block) FROM kv "
            "WHERE item = ? AND key >= ? AND key < ? AND block <= ? GROUP BY key",
            (item, start, start + "\x7f", self.block),
        )
        rows_there = [(key, value) for key, value, _ in rows if value is not None]
        # One parse for all the rows: a call for each would cost more than the query.
        keys = json.loads(f"[{','.join(_as_list(key[len(start) :]) for key, _ in rows_there)}]")
        values = json.loads(f"[{','.join(value for _, value in rows_there)}]")
        return [(tuple(key), value) for key, value in zip(keys, values, strict=True)]

    def _text(self, item: str, key: str) -> str | None:
        row = self._connection.execute(
            "SELECT value FROM kv WHERE item = ? AND key = ? AND block <= ? "
            "ORDER BY block DESC LIMIT 1",
            (item, key, self.block),
        ).fetchone()
        return None if row is None else row[0]


class Draft(View):
    """The block that a write transaction is making: reads see its own writes.

    ``now`` is the time of the transaction, in Unix seconds.
    """

    def __init__(
        self, connection: sqlite3.Connection, block: int, constants: Constants, now: float
    ) -> None:
        super().__init__(connection, block)
        self.constants = constants
        self.now = now

    def put(self, item: str, *key_and_value: Json) -> None:
        """Write the last argument under the key made of the others; an equal value costs
        nothing.
        """
        *key, value = key_and_value
        self._write(item, encode_key(tuple(key)), canonical(value))

    def delete(self, item: str, *key: Json) -> None:
        """Remove a key from this block on."""
        self._write(item, encode_key(key), None)

    def schedule_epoch(self, block: int) -> None:
        """Set the block at which the next epoch is due."""
        self._connection.execute("UPDATE chain SET next_epoch = ?", (block,))

    def record(self, digest: str, position: int, body: str, receipt: str) -> None:
        """Keep an extrinsic and its outcome."""
        self._connection.execute(
            "INSERT INTO extrinsics VALUES (?, ?, ?, ?, ?)",
            (digest, self.block, position, body, receipt),
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo the writes of the block of code if it raises."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        # However the block ended, also by Ctrl-C: half of a call must not stay. It is raised again.
        except BaseException:
            self._connection.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._connection.execute("RELEASE attempt")

    def discard_history(self) -> None:
        """Drop versions that no read of the last ``HISTORY_BLOCKS`` blocks can see."""
        oldest = self.block - HISTORY_BLOCKS
        if oldest > 0:
            self._connection.execute(
                "DELETE FROM kv WHERE block < :oldest AND EXISTS (SELECT 1 FROM kv AS newer WHERE "
                "newer.item = kv.item AND newer.key = kv.key AND newer.block > kv.block "
                "AND newer.block <= :oldest)",
                {"oldest": oldest},
            )
            self._connection.execute("UPDATE chain SET oldest = ?", (oldest,))

    def _write(self, item: str, key: str, text: str | None) -> None:
        # Most vectors do not change in an epoch; rows for equal values would only fill the file.
        if self._text(item, key) != text:
            self._connection.execute(
                "INSERT OR REPLACE INTO kv VALUES (?, ?, ?, ?)", (item, key, self.block, text)
            )


class ChainLedger:
    """One process's connection to the file. Not for several threads at once.

    Args:
        path: the file, which must exist.
        now: the wall clock, in Unix seconds.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._connection = connect(path)
        self._now = now
        self._seen = 0
        row = self._connection.execute(
            "SELECT netuid, genesis, started_at, block_seconds, allow_loopback FROM chain"
        ).fetchone()
        netuid, genesis, started_at, block_seconds, loopback = row
        self.constants = Constants(netuid, genesis, started_at, block_seconds, bool(loopback))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def head(self) -> int:
        """Return the newest block; it never goes back, even if the wall clock does."""
        return self.clock().head

    def clock(self) -> BlockClock:
        """Return where the chain stands in time."""
        head, skip, due = self._connection.execute(
            "SELECT head, skipped, next_epoch FROM chain"
        ).fetchone()
        # The wall clock can be set back; blocks that were seen stay.
        self._seen = max(self._seen, head, skip + self._blocks_by_clock())
        return BlockClock(self._seen, due)

    def view(self, block: int | None = None) -> View:
        """Return the state at ``block`` (default: the head).

        Raises:
            StateDiscardedError: if it is not kept any more, or not there yet.
        """
        head = self.head()
        if block is None:
            return View(self._connection, head)
        (oldest,) = self._connection.execute("SELECT oldest FROM chain").fetchone()
        if not oldest <= block <= head:
            raise StateDiscardedError(f"no state at block {block}: kept are {oldest} to {head}")
        return View(self._connection, block)

    @contextmanager
    def write(self) -> Iterator[Draft]:
        """Hold the file's write lock; the block's writes are kept if it does not raise.

        The draft starts at the head; ``seal`` gives it a block of its own.
        """
        with transaction(self._connection):
            yield Draft(self._connection, self.head(), self.constants, self._now())

    def seal(self, block: int) -> None:
        """Make ``block`` the head, from which the wall clock continues. Only within ``write``."""
        self._connection.execute(
            "UPDATE chain SET head = MAX(head, ?1), skipped = MAX(skipped, ?1 - ?2)",
            (block, self._blocks_by_clock()),
        )

    def extrinsic(self, digest: str) -> tuple[int, str] | None:
        """Return (block, receipt) of an extrinsic, None if it was never included."""
        row: tuple[int, str] | None = self._connection.execute(
            "SELECT block, receipt FROM extrinsics WHERE hash = ?", (digest,)
        ).fetchone()
        return row

    def extrinsics(self, block: int) -> list[IncludedExtrinsic]:
        """Return a block's extrinsics, in order."""
        rows = self._connection.execute(
            "SELECT body, receipt FROM extrinsics WHERE block = ? ORDER BY position", (block,)
        )
        return [IncludedExtrinsic(*row) for row in rows]

    def _blocks_by_clock(self) -> int:
        return int((self._now() - self.constants.started_at) / self.constants.block_seconds)


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing SQLite file for use by one thread at a time (of any)."""
    connection = open_sqlite(path, busy_seconds=BUSY_SECONDS, any_thread=True)
    commit_without_disk(connection)
    return connection


def canonical(value: Json) -> str:
    """Return the one JSON text of a value, which is stored, hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def encode_key(parts: Key) -> str:
    """Return a storage key, one JSON value per part: ``18|"5F..."|``."""
    return "".join(f"{json.dumps(part)}|" for part in parts)


def _as_list(key: str) -> str:
    """Return a key's parts as a JSON list. They are numbers and addresses, which hold no bar."""
    return f"[{key[:-1].replace('|', ',')}]"


def hash_of(genesis: str, block: int) -> str:
    """Return a block's hash; its last 8 bytes are the number, so that ``block_of`` needs no
    table.
    """
    digest = blake2b(f"{genesis}{block}".encode(), digest_size=24).hexdigest()
    return f"0x{digest}{block:016x}"


def block_of(block_hash: str) -> int:
    """Return the number of the block with this hash."""
    return int(block_hash[-16:], 16)
