"""Check of a whole ledger: every file against its digest, every row against its block."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from cgp.experts.block import PARENT_KINDS, Block, Kind, check_signature, read_block
from cgp.experts.errors import DamagedLedgerError, RefusedError
from cgp.experts.judging import credited_gain
from cgp.experts.ledger import Ledger, Record, State


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a check: the faults, and the number of blocks and of blobs that nothing names.

    Such blobs are left by a program that was stopped between a blob and its row; they do no harm.
    """

    faults: tuple[str, ...]
    blocks: int
    unnamed_blobs: int


def check(ledger: Ledger) -> Report:
    """Check a ledger; it takes no recursion, however long its chains are."""
    faults: list[str] = []
    records = ledger.records()
    kinds = {record.digest: record.kind for record in records}
    names = {"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
    # One pass over the records in their order: no recursion, however long a chain is.
    for record in records:
        names |= {record.digest, record.signature}
        try:
            block = read_block(ledger.blobs.get(record.digest))
            names |= {payload.digest for payload in block.payloads}
            faults += _block_faults(ledger, record, block, kinds)
        except (RefusedError, DamagedLedgerError) as error:
            faults.append(f"{record.name} {record.digest}: {error}")
    faults += ledger.transact(lambda connection: list(_head_faults(connection)))
    orphans = sum(digest not in names for digest in ledger.blobs.digests())
    return Report(tuple(faults), len(records), orphans)


def _block_faults(
    ledger: Ledger, record: Record, block: Block, kinds: dict[str, Kind]
) -> Iterator[str]:
    where = f"{record.name} {record.digest}"
    if (block.kind, block.name, block.signer) != (record.kind, record.name, record.signer):
        yield f"{where}: the index says {record.kind} of {record.signer}, the block does not"
    check_signature(block, ledger.blobs.get(record.signature))
    for payload in block.payloads:
        if not ledger.blobs.is_whole(payload.digest):
            yield f"{where}: the blob {ledger.blobs.path(payload.digest)} is missing or damaged"
    for parent in block.parents:
        if parent not in kinds:
            yield f"{where}: its parent {parent} is missing"
        elif kinds[parent] not in PARENT_KINDS[block.kind]:
            yield f"{where}: its parent {parent} is a {kinds[parent]}"


def _head_faults(connection: sqlite3.Connection) -> Iterator[str]:
    heads = connection.execute(
        "SELECT heads.name, heads.digest, blocks.name, blocks.state FROM heads"
        " LEFT JOIN blocks ON blocks.digest = heads.digest"
    ).fetchall()
    for name, digest, block_name, state in heads:
        if block_name != name or state != State.ACCEPTED:
            yield f"the head {name} is {digest}, which is not an accepted block of that name"
        elif credited_gain(connection, digest).gain <= 0:
            yield f"the head {name} ({digest}) has no verdict that accepts it"
