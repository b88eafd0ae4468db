"""Archive of foreign experts: blocks of the ledger that are kept, and never measured, routed or
paid.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cgp.experts.block import TENSORS, Block, Kind, Payload, Signer, sign
from cgp.experts.extraction import Checkpoint, examine_file, tensors_of
from cgp.experts.ledger import Ledger, State

FOREIGN = "foreign/"
"""Beginning of the architecture of every archived block."""


@dataclass(frozen=True, slots=True)
class Archived:
    """Result of archiving: the checkpoint's parts, and the number of blocks that were new."""

    checkpoint: Checkpoint
    new: int


def archive(ledger: Ledger, path: Path, keypair: Signer) -> Archived:
    """Store every expert and router of a checkpoint; those that are there already are left out.

    Raises:
        UnknownCheckpointError: if the file is not a checkpoint of a known family.
    """
    checkpoint = examine_file(path)
    new = 0
    for kind, parts in ((Kind.EXPERT, checkpoint.experts), (Kind.ROUTER, checkpoint.routers)):
        for name, data in tensors_of(path, parts):
            payload = Payload.of(TENSORS, data)
            if _is_there(ledger, payload.digest):
                continue
            block = Block(
                kind, name, keypair.ss58_address, ledger.now(), (ledger.genesis.digest,),
                architecture=f"{FOREIGN}{checkpoint.family}", payloads=(payload,),
            )  # fmt: skip
            ledger.add(block, sign(block, keypair), {payload.digest: data}, State.ARCHIVED)
            new += 1
    return Archived(checkpoint, new)


def _is_there(ledger: Ledger, digest: str) -> bool:
    def ask(connection: sqlite3.Connection) -> bool:
        query = "SELECT 1 FROM tensors WHERE digest = ?"
        return connection.execute(query, (digest,)).fetchone() is not None

    return ledger.transact(ask)
