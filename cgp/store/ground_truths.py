"""Ground truths: sealed and stored, with the windows of the conversation, before
miners are asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cgp.metadata import Metadata
from cgp.store.conversations import DONE, WAITING
from cgp.store.database import Database, atomic
from cgp.store.leases import Lease, require_lease
from cgp.store.schema import ground_truths, windows
from cgp.windows import WindowPlan


@dataclass(frozen=True, slots=True)
class GroundTruthRecord:
    """A sealed ground truth: the annotation, its annotator, and the other input of scores.

    ``document`` is the canonical text that was sealed (see ``cgp.scoring.seal``), kept to the byte;
    ``seal`` is its SHA-256 (hex), published before the first miner is asked.
    """

    seal: str
    document: str
    annotator: str
    embedder: str
    rule_version: str
    seed: int

    @property
    def metadata(self) -> Metadata:
        """The ground truth; its claims cite turns of the conversation."""
        return Metadata.from_json(json.loads(self.document)["ground_truth"])

    @property
    def plan(self) -> WindowPlan:
        """Plan of the windows."""
        return WindowPlan(**json.loads(self.document)["window_plan"])


@dataclass(frozen=True, slots=True)
class WindowRecord:
    """A stored window: turns ``start`` to ``stop``, and whether its answers are scored."""

    index: int
    start: int
    stop: int
    done: bool = False


class GroundTruths(Database):
    """The part of the store that holds ground truths and windows."""

    @atomic
    def seal(
        self, lease: Lease, truth: GroundTruthRecord, cuts: Sequence[tuple[int, int]]
    ) -> GroundTruthRecord:
        """Store a ground truth and the windows (start, stop) in one transaction.

        A conversation is sealed once: where a ground truth is there already (made before a crash),
        that one is kept and returned.

        Raises:
            LeaseLost: if somebody else holds the conversation.
        """
        conversation_id = lease.conversation.id
        with self._writing() as connection:
            require_lease(connection, lease)
            earlier = _read(connection, conversation_id)
            if earlier is not None:
                return earlier
            connection.execute(
                sa.insert(ground_truths).values(
                    conversation_id=conversation_id,
                    validator=lease.holder,
                    sealed_at=self._now(connection),
                    **asdict(truth),
                )
            )
            connection.execute(sa.insert(windows), _window_rows(conversation_id, cuts))
        return truth

    def ground_truth(self, conversation_id: str) -> GroundTruthRecord | None:
        """Return a conversation's sealed ground truth, None where there is none yet."""
        with self._reading() as connection:
            return _read(connection, conversation_id)

    def truth_annotators(self) -> tuple[str, ...]:
        """Return the annotators that made the store's ground truths, the most frequent first."""
        name, count = ground_truths.c.annotator, sa.func.count()
        query = sa.select(name).group_by(name).order_by(count.desc(), name)
        with self._reading() as connection:
            return tuple(connection.execute(query).scalars())

    def windows_of(self, conversation_id: str) -> list[WindowRecord]:
        """Return the windows of a conversation, in order (empty before the ground
        truth is sealed).
        """
        c = windows.c
        query = (
            sa.select(c.window, c.start, c.stop, c.state)
            .where(c.conversation_id == conversation_id)
            .order_by(c.window)
        )
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [WindowRecord(r.window, r.start, r.stop, r.state == DONE) for r in rows]


def _window_rows(conversation_id: str, cuts: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": conversation_id,
            "window": index,
            "start": start,
            "stop": stop,
            "state": WAITING,
        }
        for index, (start, stop) in enumerate(cuts)
    ]


def _read(connection: Connection, conversation_id: str) -> GroundTruthRecord | None:
    query = sa.select(ground_truths).where(ground_truths.c.conversation_id == conversation_id)
    row = connection.execute(query).first()
    if row is None:
        return None
    return GroundTruthRecord(*(getattr(row, field.name) for field in fields(GroundTruthRecord)))
