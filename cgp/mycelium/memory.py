"""A node's memory on disk: one SQLite file that a kill at any moment leaves consistent.

Each outcome is one transaction. A round is closed together with the updates that it counted, and
the table of counted updates refuses a second time. An update is stored, with its cost in privacy,
before it is sent: after a restart the same bytes go out again, and no noise is drawn twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cgp.mycelium.errors import NodeFileError
from cgp.mycelium.evolution import Generation, lineage_of
from cgp.mycelium.privacy import Cost, PrivacyPlan
from cgp.mycelium.updates import digest_of_head
from cgp.sqlite_worker import SqliteWorker
from cgp.tagmodel import Head
from cgp.tagmodel.head import INPUTS
from cgp.vector_text import vector_to_bytes, vectors_of_bytes

MEMORY_FILE: Final = "memory.sqlite"
"""Name of a node's memory in its folder."""
_MOST_EVENTS: Final = 5000
_MOST_FAULTS: Final = 1000
# Rows of counted updates: of a group of a hundred, those of its last five hundred rounds.
_MOST_COUNTED: Final = 50_000
# Nodes of a group that are known again after a restart.
_MOST_CARRIED: Final = 256
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heads (digest TEXT PRIMARY KEY, weights BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS updates (
  "group" TEXT, round INTEGER, message BLOB NOT NULL, rho_micro INTEGER NOT NULL,
  PRIMARY KEY ("group", round));
CREATE TABLE IF NOT EXISTS laplace (
  "group" TEXT, round INTEGER, epsilon_micro INTEGER NOT NULL, PRIMARY KEY ("group", round));
CREATE TABLE IF NOT EXISTS rounds (
  "group" TEXT, round INTEGER, head TEXT NOT NULL, loss REAL, own_loss REAL, members INTEGER NOT NULL,
  accepted INTEGER NOT NULL, closed_at REAL NOT NULL, PRIMARY KEY ("group", round));
CREATE TABLE IF NOT EXISTS counted (
  "group" TEXT, round INTEGER, node TEXT, PRIMARY KEY ("group", round, node));
CREATE TABLE IF NOT EXISTS faults (node TEXT, fault TEXT, count INTEGER, PRIMARY KEY (node, fault));
CREATE TABLE IF NOT EXISTS generations (number INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, details TEXT NOT NULL);
"""
# A head is kept as float32 numbers.
_HEAD_BYTES: Final = 4 * (INPUTS + 1)
# What updates cost: the column ``rho_micro`` of one with Laplace noise only bounds that.
_GAUSSIAN: Final = "SELECT coalesce(sum(rho_micro), 0) AS cost FROM updates"
_LAPLACE: Final = "SELECT coalesce(sum(epsilon_micro), 0) AS cost FROM laplace"
_NOT_LAPLACE: Final = ' WHERE ("group", round) NOT IN (SELECT "group", round FROM laplace)'
_GROUP, _GROUP_HEAD, _OWN_HEAD = "group", "group_head", "own_head"
LOSS_RELEASED, LOSS_ALONE = "loss_released", "loss_alone"
"""Names of facts: held-out losses of the released head, and of the best that the node has alone."""


@dataclass(frozen=True)
class ClosedRound:
    """A round that is over, as this node closed it.

    ``loss`` and ``own_loss`` are held-out losses of the group's head and of the head in use before;
    None where nothing is held out. ``is_accepted`` says that the node took the group's head.
    """

    group: str
    round: int
    head: str
    loss: float | None
    own_loss: float | None
    members: int
    is_accepted: bool
    closed_at: float
    nodes: tuple[str, ...] = ()

    def to_json(self) -> Mapping[str, Any]:
        """Return the timeline's entry of it, as JSON-compatible data."""
        return {
            "group": self.group,
            "round": self.round,
            "nodes": list(self.nodes),
            "loss": self.loss,
            "accepted": self.is_accepted,
        }


@dataclass(frozen=True)
class Memory:
    """Everything that a node goes on from after a restart; heads are None before the first.

    ``carrier_rounds`` maps the nodes that this one counted in its group to the last such round;
    ``last_round`` is the last one there for which it made an update.
    """

    group: str = ""
    group_head: Head | None = None
    own_head: Head | None = None
    closed_rounds: Mapping[str, int] = field(default_factory=dict)
    carrier_rounds: Mapping[str, int] = field(default_factory=dict)
    last_round: int = 0
    generations: tuple[Generation, ...] = ()


class NodeMemory:
    """The file. Methods that wait run on its one thread, in order, each in one transaction.

    ``is_durable`` is for a node with a budget of privacy: each write waits for the disk, so that a
    power cut gives no spent release back.
    """

    def __init__(self, path: Path, *, is_durable: bool = False) -> None:
        self._worker = SqliteWorker(path, _SCHEMA, is_durable=is_durable)

    async def read(self) -> Memory:
        """Read everything that is kept."""
        return await self._worker.run(_read)

    async def update_of(self, group: str, round_number: int) -> bytes | None:
        """Return this node's own message for a round, None where it made none."""
        return await self._worker.run(
            lambda connection: _message_of(connection, group, round_number)
        )

    async def keep_update(
        self, group: str, round_number: int, message: bytes, plan: PrivacyPlan | None
    ) -> bytes:
        """Store this node's message for a round with its cost, and return the one that counts.

        Where one is stored already, that one is returned and nothing more is spent.

        Raises:
            BudgetSpentError: if the plan's budget does not allow one more.
        """

        def keep(connection: sqlite3.Connection) -> bytes:
            earlier = _message_of(connection, group, round_number)
            if earlier is not None:
                return earlier
            cost = 0
            if plan is not None:
                plan.require_room(_cost_so_far(connection))
                cost = plan.rho_micro
                if plan.is_laplace:
                    row = (group, round_number, plan.cost.epsilon_micro)
                    connection.execute("INSERT INTO laplace VALUES (?, ?, ?)", row)
            connection.execute(
                "INSERT INTO updates VALUES (?, ?, ?, ?)", (group, round_number, message, cost)
            )
            return message

        return await self._worker.run(keep)

    async def require_room(self, plan: PrivacyPlan) -> None:
        """Check that one more release fits; ask before noise is drawn. Raises as ``plan`` does."""
        await self._worker.run(lambda connection: plan.require_room(_cost_so_far(connection)))

    async def enter(self, group: str) -> None:
        """Keep the group that this node is a member of; an empty one for none."""
        await self._worker.run(lambda connection: _set(connection, _GROUP, group))

    async def close_round(
        self, outcome: ClosedRound, group_head: Head, own_head: Head, faults: Mapping[str, str]
    ) -> bool:
        """Store a closed round, the updates that it counted, and both heads.

        Returns False, and changes nothing, if the round was closed before.
        """

        def close(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                'SELECT 1 FROM rounds WHERE ("group", round) = (?, ?)',
                (outcome.group, outcome.round),
            ).fetchone()
            if row is not None:
                return False
            connection.execute(
                "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    outcome.group, outcome.round, outcome.head, outcome.loss, outcome.own_loss,
                    outcome.members, outcome.is_accepted, outcome.closed_at,
                ),
            )  # fmt: skip
            # The table's key refuses to count an update a second time.
            connection.executemany(
                "INSERT INTO counted VALUES (?, ?, ?)",
                [(outcome.group, outcome.round, node) for node in outcome.nodes],
            )
            _set(connection, _GROUP_HEAD, _keep_head(connection, group_head))
            _set(connection, _OWN_HEAD, _keep_head(connection, own_head))
            for node, fault in faults.items():
                _count_fault(connection, node, fault)
            _forget_old(connection, outcome)
            return True

        return await self._worker.run(close)

    async def keep_group_head(self, head: Head) -> None:
        """Keep a head of the own group that came from another member."""
        await self._worker.run(
            lambda connection: _set(connection, _GROUP_HEAD, _keep_head(connection, head))
        )

    async def keep_own_head(self, head: Head) -> None:
        """Keep the head that this node uses."""
        await self._worker.run(
            lambda connection: _set(connection, _OWN_HEAD, _keep_head(connection, head))
        )

    async def knows_losses_alone(self) -> bool:
        """Tell whether the held-out losses without others are kept."""
        query = "SELECT 1 FROM facts WHERE name = ?"
        return await self._worker.run(
            lambda connection: connection.execute(query, (LOSS_ALONE,)).fetchone() is not None
        )

    async def keep_losses_alone(self, released: float, alone: float) -> None:
        """Keep the held-out losses without others; they stay on this machine."""

        def keep(connection: sqlite3.Connection) -> None:
            _set(connection, LOSS_RELEASED, repr(released))
            _set(connection, LOSS_ALONE, repr(alone))

        await self._worker.run(keep)

    def count_fault(self, node: str, fault: str) -> None:
        """Count one more fault of a node, without waiting for it; from any thread."""
        self._worker.submit(lambda connection: _count_fault(connection, node, fault))

    async def keep_generation(self, generation: Generation) -> None:
        """Keep a step of evolution; a lineage that began anew takes the old one's place."""
        number, document = generation.number, json.dumps(generation.to_json())

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM generations WHERE number >= ?", (number,))
            connection.execute("INSERT INTO generations VALUES (?, ?)", (number, document))

        await self._worker.run(keep)

    async def log(self, at: float, kind: str, details: Mapping[str, Any]) -> None:
        """Add an event to the timeline; the oldest of too many are dropped."""
        text = json.dumps(details, sort_keys=True)

        def add(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO events (at, kind, details) VALUES (?, ?, ?)", (at, kind, text)
            )
            connection.execute(
                "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?",
                (_MOST_EVENTS,),
            )

        await self._worker.run(add)

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._worker.close()


def _read(connection: sqlite3.Connection) -> Memory:
    facts = dict(connection.execute("SELECT name, value FROM facts"))
    last_rounds = connection.execute('SELECT "group", max(round) FROM rounds GROUP BY "group"')
    rows = connection.execute("SELECT document FROM generations ORDER BY number")
    group = facts.get(_GROUP, "")
    carriers = connection.execute(
        'SELECT node, max(round) FROM counted WHERE "group" = ? GROUP BY node'
        " ORDER BY max(round) DESC LIMIT ?",
        (group, _MOST_CARRIED),
    )
    query = 'SELECT coalesce(max(round), 0) FROM updates WHERE "group" = ?'
    (last_round,) = connection.execute(query, (group,)).fetchone()
    return Memory(
        group,
        _head(connection, facts.get(_GROUP_HEAD)),
        _head(connection, facts.get(_OWN_HEAD)),
        dict(last_rounds),
        dict(carriers),
        last_round,
        lineage_of(row[0] for row in rows),
    )


def head_of_bytes(data: bytes) -> Head:
    """Return a head from the bytes that the file keeps of it.

    Raises:
        ValueError: if they are none of a head of this release.
    """
    if not _is_of_this_release(data):
        raise ValueError(
            f"this head is of another release of the tag model: one has {_HEAD_BYTES} bytes now, not "
            f"{len(data)}; start the node again, which begins anew from the released head"
        )
    return Head(vectors_of_bytes([data], INPUTS + 1)[0])


def _is_of_this_release(data: bytes) -> bool:
    return len(data) == _HEAD_BYTES


def _head(connection: sqlite3.Connection, digest: str | None) -> Head | None:
    """Return a head that the file keeps; None of another release, whose numbers mean other things.

    The node goes on from the released head then, with its group, its rounds and its privacy budget.
    """
    row = connection.execute("SELECT weights FROM heads WHERE digest = ?", (digest,)).fetchone()
    return head_of_bytes(row[0]) if row is not None and _is_of_this_release(row[0]) else None


def _keep_head(connection: sqlite3.Connection, head: Head) -> str:
    digest = digest_of_head(head.weights)
    connection.execute(
        "INSERT OR IGNORE INTO heads VALUES (?, ?)", (digest, vector_to_bytes(head.weights))
    )
    return digest


def _message_of(connection: sqlite3.Connection, group: str, round_number: int) -> bytes | None:
    row = connection.execute(
        'SELECT message FROM updates WHERE ("group", round) = (?, ?)', (group, round_number)
    ).fetchone()
    return None if row is None else bytes(row[0])


def _set(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def _cost_so_far(connection: sqlite3.Connection) -> Cost:
    queries = (_GAUSSIAN + _NOT_LAPLACE, _LAPLACE)
    return Cost(*(int(connection.execute(query).fetchone()[0]) for query in queries))


def _forget_old(connection: sqlite3.Connection, outcome: ClosedRound) -> None:
    """Drop the rows that no later round needs. Each round's own row refuses a second close."""
    # Own messages of the last two rounds may be asked for again; what an update cost counts always.
    past = (outcome.group, outcome.round - 1)
    connection.execute(
        'DELETE FROM updates WHERE "group" = ? AND round < ? AND rho_micro = 0', past
    )
    connection.execute("UPDATE updates SET message = x'' WHERE \"group\" = ? AND round < ?", past)
    connection.execute("DELETE FROM heads WHERE digest NOT IN (SELECT value FROM facts)")
    # The first round's stay too: `cgp mycelium status` shows how many updates it counted.
    connection.execute(
        "DELETE FROM counted WHERE rowid <= (SELECT max(rowid) FROM counted) - ?"
        ' AND ("group", round) <> (SELECT "group", round FROM rounds ORDER BY rowid LIMIT 1)',
        (_MOST_COUNTED,),
    )


def _count_fault(connection: sqlite3.Connection, node: str, fault: str) -> None:
    connection.execute(
        "INSERT INTO faults VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
        (node, fault),
    )
    # Keys cost nothing: the oldest of too many entries are dropped.
    connection.execute(
        "DELETE FROM faults WHERE rowid <= (SELECT max(rowid) FROM faults) - ?", (_MOST_FAULTS,)
    )


def rows_of(path: Path, query: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
    """Return the rows of a query of this package's over a node's file, which may be in use.

    A file that its node has not begun to write gives none.

    Raises:
        NodeFileError: if it cannot be read.
    """
    if not path.exists():
        return []
    try:
        return _rows_of(path, query, parameters)
    except sqlite3.Error as error:
        raise NodeFileError(f"{path}: {error}") from error


def _rows_of(path: Path, query: str, parameters: Sequence[object]) -> list[sqlite3.Row]:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10.0)
    try:
        connection.row_factory = sqlite3.Row
        # The tables come all at once, a moment after the file.
        facts = "SELECT 1 FROM sqlite_master WHERE name = 'facts'"
        if connection.execute(facts).fetchone() is None:
            return []
        return connection.execute(query, parameters).fetchall()
    finally:
        connection.close()


def cost_of(path: Path) -> Cost:
    """Return what the updates in a node's file cost, over all its starts."""
    # A file of an earlier release, which no node has opened since, has Gaussian ones alone.
    tables = rows_of(path, "SELECT name FROM sqlite_master WHERE name = 'laplace'")
    queries = (_GAUSSIAN + _NOT_LAPLACE, _LAPLACE) if tables else (_GAUSSIAN,)
    return Cost(*(row["cost"] for query in queries for row in rows_of(path, query)))
