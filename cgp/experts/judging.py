"""Judging of pending submissions, and the verdicts that move heads.

A verdict is a signed block. It says whether, and how much, and over which mixture it was measured;
of the hold-out it tells the digest alone. A head moves in the transaction that stores the deciding
verdict, and only if the head is still the one that the submission replaces.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median_low
from typing import NamedTuple

from cgp.experts.block import TABLE, Block, Kind, Payload, Signer, sign
from cgp.experts.errors import ExpertsError, Fault, RefusedError
from cgp.experts.judge import Change, Measurement, measure, require_size
from cgp.experts.ledger import Ledger, Record, State, has_room, heads_of, mixture_id, record_of
from cgp.experts.specification import Specification
from cgp.experts.standing import Networks, layers_of
from cgp.experts.window_table import WindowTable
from cgp.tagmodel.head import Head

# Another head may move while one is measured; more often than this in a row it never does.
_TRIES = 64
_SEALED_TABLE = "sealed"


class HoldOutError(
    ExpertsError,
    code="experts.hold_out",
    remedy="make a hold-out of windows that nobody has seen: cgp experts table --hold-out, then cgp"
    " experts seal",
):
    """A hold-out may not be used."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A judged submission: its record afterwards, and this judge's measurement."""

    record: Record
    measurement: Measurement


def seal(ledger: Ledger, table: WindowTable, keypair: Signer) -> Record:
    """Announce a hold-out by its digest alone, for the current epoch; the table stays with the
    judge.

    Raises:
        HoldOutError: if conversations of it were published, or it was a hold-out before.
        HoldOutTooSmallError: if it has fewer windows than a decision of this ledger needs.
    """
    digest = Payload.of(TABLE, table.to_bytes()).digest
    if not table.salt:
        raise HoldOutError("a hold-out needs a salt, or its digest could be guessed")
    public_origins = set(table.origins) & _published_origins(ledger)
    if public_origins:
        raise HoldOutError(f"{len(public_origins)} conversations of the hold-out were published")
    for record in _datasets(ledger):
        if ledger.block(record.digest).notes.get(_SEALED_TABLE) == digest:
            raise HoldOutError(
                f"this table was sealed already, for epoch {record.epoch} (now is {ledger.epoch()}):"
                " a hold-out serves one epoch"
            )
    # Said now, before the hold-out is spent: it serves one epoch only.
    require_size(table, ledger.specification.least_windows)
    block = Block(
        Kind.DATASET, "hold-out", keypair.ss58_address, ledger.now(), (ledger.genesis.digest,),
        notes={_SEALED_TABLE: digest, "windows": str(len(table)), "epoch": str(ledger.epoch())},
    )  # fmt: skip
    return ledger.add(block, sign(block, keypair), {}, State.STORED)


def publish(ledger: Ledger, table: WindowTable, keypair: Signer) -> Record:
    """Publish a table for everybody to train on, such as the hold-out of an epoch that is over."""
    data = table.to_bytes()
    payload = Payload.of(TABLE, data)
    block = Block(
        Kind.DATASET, "published", keypair.ss58_address, ledger.now(), (ledger.genesis.digest,),
        payloads=(payload,), notes={"windows": str(len(table))},
    )  # fmt: skip
    return ledger.add(block, sign(block, keypair), {payload.digest: data}, State.STORED)


@dataclass(frozen=True)
class Judge:
    """A judge: the tag model's own head, a sealed hold-out, a hotkey, and networks in memory."""

    head: Head
    hold_out: WindowTable
    keypair: Signer
    networks: Networks

    def decide(self, ledger: Ledger, digest: str) -> Outcome:
        """Measure a pending submission and store the verdict; the head moves if the quorum accepts.

        Raises:
            RefusedError: if there is no such submission, or the signer is not a judge.
            HoldOutError: if the hold-out was not sealed for this epoch.
        """
        sealed_block = _sealed_block(ledger, self.hold_out)
        if self.keypair.ss58_address not in ledger.specification.judges:
            raise RefusedError(
                Fault.NOT_A_JUDGE, f"{self.keypair.ss58_address} is not a judge of this ledger"
            )
        for _ in range(_TRIES):
            record = ledger.record(digest)
            is_submission = record is not None and record.kind in {Kind.EXPERT, Kind.ROUTER}
            if record is None or not is_submission or record.state is State.ARCHIVED:
                raise RefusedError(Fault.NO_SUCH_BLOCK, f"there is no submission {digest}")
            heads = ledger.heads()
            block = ledger.block(digest)
            change = _change(ledger, block, heads, self.networks)
            measurement = measure(self.head, change, self.hold_out, ledger.specification.rule())
            if record.state is not State.PENDING:
                return Outcome(record, measurement)
            against = mixture_id(heads)
            verdict = self._verdict(ledger.now(), (digest, sealed_block), measurement, against)
            after = _store(ledger, block, verdict, sign(verdict, self.keypair))
            # Another head moved in the meantime: the gain is measured again over what stands now.
            if after is not None:
                if after.state is State.ACCEPTED:
                    ledger.write_index()
                return Outcome(after, measurement)
        raise HoldOutError(f"the mixture moved {_TRIES} times while {digest} was measured")

    def _verdict(
        self, created_at: int, parents: tuple[str, str], measurement: Measurement, against: str
    ) -> Block:
        notes = {
            "accepted": str(int(measurement.is_accepted)),
            "reason": str(measurement.reason),
            "gain": str(measurement.told_gain),
            "routed": str(measurement.told_routed),
            "against": against,
        }
        signer = self.keypair.ss58_address
        return Block(Kind.VERDICT, "verdict", signer, created_at, parents, notes=notes)


def _store(ledger: Ledger, block: Block, verdict: Block, signature: bytes) -> Record | None:
    """Store a verdict and count; None if the mixture is another than the one that was measured."""

    def inside(connection: sqlite3.Connection) -> None:
        if mixture_id(heads_of(connection)) != verdict.notes["against"]:
            raise _MovedError
        count_verdict(connection, ledger.specification, block, verdict)

    try:
        ledger.add(verdict, signature, {}, State.STORED, inside)
    except _MovedError:
        return None
    return ledger.record(block.digest)


class _MovedError(
    ExpertsError, code="experts.moved", remedy="none is needed: the submission is judged again"
):
    """The mixture moved while a submission was judged."""


def count_verdict(
    connection: sqlite3.Connection, specification: Specification, block: Block, verdict: Block
) -> None:
    """Count a verdict, and decide on the submission if the judges' votes suffice."""
    connection.execute(
        "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            block.digest, verdict.signer, verdict.notes["against"], verdict.digest,
            int(verdict.notes["accepted"]), int(verdict.notes["gain"]),
            int(verdict.notes["routed"]),
        ),
    )  # fmt: skip
    record = record_of(connection, block.digest)
    if record is None or record.state is not State.PENDING:
        return
    # The head may have moved since the submission was checked: that is for its author to know.
    row = connection.execute("SELECT digest FROM heads WHERE name = ?", (block.name,)).fetchone()
    if (None if row is None else row[0]) != block.replaces:
        _set_state(connection, block.digest, State.STALE, "the head has moved")
        return
    # Votes over another mixture measured another gain, and do not count together.
    votes = connection.execute(
        "SELECT accepted FROM verdicts WHERE block = ? AND against = ?",
        (block.digest, verdict.notes["against"]),
    ).fetchall()
    accepting = sum(vote for (vote,) in votes)
    # Submissions that wait together may be more than their layer has room for.
    if accepting >= specification.quorum and not has_room(connection, block, specification.experts):
        _set_state(connection, block.digest, State.STALE, f"{block.layer} has no room for it")
    elif accepting >= specification.quorum:
        connection.execute("INSERT OR REPLACE INTO heads VALUES (?, ?)", (block.name, block.digest))
        _set_state(connection, block.digest, State.ACCEPTED, verdict.notes["against"])
    # So many against that the rest cannot reach the quorum any more.
    elif len(votes) - accepting > len(specification.judges) - specification.quorum:
        _set_state(connection, block.digest, State.REFUSED, verdict.notes["reason"])


def count_late_verdicts(ledger: Ledger) -> int:
    """Count verdicts that came before what they were given over; return their number.

    Where all comes in the order in which it was made there are none. A registry may hold a block
    back, or name blocks in another order: the heads stand where the judges put them all the same.
    """
    waiting: dict[str, list[Block]] = {}
    for digest in ledger.transact(_uncounted):
        verdict = ledger.block(digest)
        waiting.setdefault(verdict.notes.get("against", ""), []).append(verdict)
    counted = 0
    # Each mixture stands once, so that this comes to an end.
    while verdicts := waiting.pop(ledger.against(), None):
        for verdict in verdicts:
            counted += ledger.transact(partial(_count_late, ledger, verdict))
    return counted


def _uncounted(connection: sqlite3.Connection) -> list[str]:
    query = (
        "SELECT digest FROM blocks WHERE kind = ? AND digest NOT IN (SELECT digest FROM verdicts)"
        " ORDER BY number"
    )
    return [row[0] for row in connection.execute(query, (Kind.VERDICT,))]


def _count_late(ledger: Ledger, verdict: Block, connection: sqlite3.Connection) -> bool:
    records = [record_of(connection, parent) for parent in verdict.parents]
    [subject] = [r for r in records if r is not None and r.kind in {Kind.EXPERT, Kind.ROUTER}]
    if mixture_id(heads_of(connection)) != verdict.notes["against"]:
        return False
    count_verdict(connection, ledger.specification, ledger.block(subject.digest), verdict)
    return True


class Credit(NamedTuple):
    """Gain of a block, and the share of the windows that are routed to it, both in millionths."""

    gain: int
    routed: int


def credited_gain(connection: sqlite3.Connection, digest: str) -> Credit:
    """Return the credit of an accepted block: the medians of its judges."""
    # An accepted block keeps the name of the mixture that it was accepted over as its reason.
    rows = connection.execute(
        "SELECT gain, routed FROM verdicts JOIN blocks ON blocks.digest = verdicts.block"
        " WHERE block = ? AND accepted = 1 AND against = blocks.reason",
        (digest,),
    ).fetchall()
    if not rows:
        return Credit(0, 0)
    return Credit(median_low([row[0] for row in rows]), median_low([row[1] for row in rows]))


def accepting_epoch(connection: sqlite3.Connection, digest: str) -> int | None:
    """Return the epoch of the verdict by which a block was accepted, None if it was not."""
    row = connection.execute(
        "SELECT MAX(verdict.epoch) FROM verdicts JOIN blocks ON blocks.digest = verdicts.block"
        " JOIN blocks AS verdict ON verdict.digest = verdicts.digest"
        " WHERE block = ? AND accepted = 1 AND against = blocks.reason",
        (digest,),
    ).fetchone()
    return None if row is None else row[0]


def _set_state(connection: sqlite3.Connection, digest: str, state: State, reason: str) -> None:
    connection.execute(
        "UPDATE blocks SET state = ?, reason = ? WHERE digest = ?", (state, reason, digest)
    )


def _change(ledger: Ledger, block: Block, heads: Mapping[str, str], networks: Networks) -> Change:
    before = layers_of(ledger, heads, networks)
    after = layers_of(ledger, {**heads, block.name: block.digest}, networks)
    member = block.name if block.kind is Kind.EXPERT else None
    return Change(block.digest, before, after, block.layer, member)


def _datasets(ledger: Ledger) -> list[Record]:
    return ledger.records(kind=Kind.DATASET)


def _sealed_block(ledger: Ledger, hold_out: WindowTable) -> str:
    digest = Payload.of(TABLE, hold_out.to_bytes()).digest
    # The newest first: it is one of them, and those of years would be read for each submission.
    for record in reversed(_datasets(ledger)):
        if ledger.block(record.digest).notes.get(_SEALED_TABLE) == digest:
            if record.epoch != ledger.epoch():
                raise HoldOutError(
                    f"the hold-out was sealed for epoch {record.epoch}; now is {ledger.epoch()}"
                )
            return record.digest
    raise HoldOutError(f"the hold-out {digest} was not sealed in this ledger")


def _published_origins(ledger: Ledger) -> set[str]:
    origins: set[str] = set()
    for record in _datasets(ledger):
        for payload in ledger.block(record.digest).payloads:
            table = WindowTable.from_bytes(ledger.blobs.get(payload.digest), payload.digest)
            origins |= set(table.origins)
    return origins
