"""Submission of experts and routers: checks from the cheapest to the dearest, each refusal by name.

A submission that passes is pending. Its own claims are kept and never believed: the judge
measures (``cgp.experts.judging``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.experts.block import GATE, TENSORS, Block, Kind, Payload, Signer, check_signature, sign
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.gate import Gate
from cgp.experts.ledger import Ledger, Record, State, has_room
from cgp.experts.network import Network
from cgp.experts.tensors import (
    MAX_BYTES,
    gate_to_bytes,
    read_gate,
    read_network,
    read_router,
    to_bytes,
)

MAX_OPERATIONS = 65_536
"""Most multiplications of an expert for one candidate, on any machine. Over all candidates of
a window that is about a thousandth of the encoder's part."""
# Weights with this cosine are another expert's, scaled; a version of the same name may be a scaled
# one, but not one that differs by less than this share.
_SAME_DIRECTION = 0.999
_LEAST_CHANGE = 1e-3
CLAIM = "claimed_loss"


@dataclass(frozen=True)
class Submission:
    """A block to submit, with the manifest of its signature and the bytes that it names."""

    block: Block
    signature: bytes
    payloads: Mapping[str, bytes]


def expert_submission(
    ledger: Ledger, name: str, network: Network, gate: Gate, keypair: Signer, *, claim: str = ""
) -> Submission:
    """Return a signed submission of an expert that replaces the head of its name, if there is one.

    Raises:
        RefusedError: if the keypair cannot sign.
    """
    tensors, gate_bytes = to_bytes(network.parameters), gate_to_bytes(gate)
    replaces = ledger.head(name)
    block = Block(
        Kind.EXPERT,
        name,
        keypair.ss58_address,
        ledger.now(),
        (ledger.genesis.digest, *([replaces] if replaces else [])),
        replaces,
        network.architecture,
        (Payload.of(TENSORS, tensors), Payload.of(GATE, gate_bytes)),
        {CLAIM: claim} if claim else {},
    )
    payloads = dict(zip((p.digest for p in block.payloads), (tensors, gate_bytes), strict=True))
    return Submission(block, sign(block, keypair), payloads)


def router_submission(
    ledger: Ledger, layer: str, gates: Mapping[str, Gate], keypair: Signer
) -> Submission:
    """Return a signed submission of the gates of a layer's experts, by their names."""
    name = f"{layer}.router"
    tensors = to_bytes({n: gate.weights.astype(np.float64) for n, gate in gates.items()})
    replaces = ledger.head(name)
    heads = ledger.heads()
    members = [heads[member] for member in sorted(gates) if member in heads]
    parents = (ledger.genesis.digest, *members, *([replaces] if replaces else []))
    payload = Payload.of(TENSORS, tensors)
    block = Block(
        Kind.ROUTER, name, keypair.ss58_address, ledger.now(), parents, replaces,
        "gates", (payload,),
    )  # fmt: skip
    return Submission(block, sign(block, keypair), {payload.digest: tensors})


def submit(ledger: Ledger, submission: Submission, is_registered: Callable[[str], bool]) -> Record:
    """Check a submission and store it as pending; one that is known already is returned as it is.

    Raises:
        RefusedError: if a check fails; nothing is stored then.
    """
    block = submission.block
    earlier = ledger.record(block.digest)
    if earlier is not None:
        return earlier
    check_content(ledger, submission)
    if not is_registered(block.signer):
        raise RefusedError(Fault.NOT_REGISTERED, f"{block.signer} is not registered in the subnet")
    if block.kind is Kind.EXPERT:
        _check_no_copy(ledger, submission)
    # By the ledger's clock: a block's own time is its author's claim.
    epoch = ledger.epoch()

    def inside(connection: sqlite3.Connection) -> None:
        _check_head(connection, block)
        _check_tensors(connection, block)
        _check_room(connection, block, ledger.specification.experts)
        try:
            connection.execute(
                "INSERT INTO submissions VALUES (?, ?, ?, ?)",
                (epoch, block.signer, block.name, block.digest),
            )
        except sqlite3.IntegrityError as error:
            raise RefusedError(
                Fault.ONE_A_EPOCH,
                f"{block.signer} has submitted {block.name} in this epoch ({epoch}) already",
            ) from error

    # Refused submissions leave no blobs: what the transaction asks is asked once before.
    ledger.transact(lambda connection: _ask_before(connection, block, epoch))
    return ledger.add(block, submission.signature, submission.payloads, State.PENDING, inside)


def receive(ledger: Ledger, submission: Submission, epoch: int) -> Record:
    """Check and store a submission that was handed in at another machine's ledger in ``epoch``.

    Registration, the head and the limit of one an epoch were looked at there, at their time.

    Raises:
        RefusedError: if a check fails; nothing is stored then.
    """
    check_content(ledger, submission)
    if submission.block.kind is Kind.EXPERT:
        _check_no_copy(ledger, submission)
    return ledger.add(
        submission.block,
        submission.signature,
        submission.payloads,
        State.PENDING,
        lambda connection: _check_tensors(connection, submission.block),
        epoch=epoch,
    )


def check_content(ledger: Ledger, submission: Submission) -> None:
    """Check a submission by itself: size, form, tensors, speed, signature, and its first parent.

    Raises:
        RefusedError: if a check fails.
    """
    block = submission.block
    if block.kind not in {Kind.EXPERT, Kind.ROUTER}:
        raise RefusedError(Fault.UNKNOWN_KIND, f"a {block.kind} is not submitted")
    if sum(len(data) for data in submission.payloads.values()) > MAX_BYTES:
        raise RefusedError(Fault.TOO_LARGE, f"payloads have at most {MAX_BYTES:,} bytes together")
    block.check_form()
    if block.layer not in ledger.specification.layers:
        layers = ", ".join(sorted(ledger.specification.layers))
        raise RefusedError(Fault.BAD_NAME, f"{block.name}: the layers are {layers}")
    if not block.parents or block.parents[0] != ledger.genesis.digest:
        raise RefusedError(
            Fault.WRONG_MODEL, f"the first parent must be this ledger's {ledger.genesis.digest}"
        )
    # Before the tensors: those take a thousand times longer to read.
    check_signature(block, submission.signature)
    if block.kind is Kind.ROUTER:
        read_router(_bytes(submission, TENSORS), block.name)
    else:
        network = read_network(_bytes(submission, TENSORS), block.architecture, block.name)
        read_gate(_bytes(submission, GATE), block.name)
        if network.operations() > MAX_OPERATIONS:
            raise RefusedError(
                Fault.TOO_SLOW,
                f"{block.name} takes {network.operations():,} multiplications for a candidate;"
                f" at most {MAX_OPERATIONS:,} are allowed",
            )


def _bytes(submission: Submission, media_type: str) -> bytes:
    digest = submission.block.payload(media_type).digest
    if digest not in submission.payloads:
        raise RefusedError(Fault.WRONG_TENSORS, f"the bytes of {digest} are missing")
    return submission.payloads[digest]


def _ask_before(connection: sqlite3.Connection, block: Block, epoch: int) -> None:
    _check_head(connection, block)
    _check_tensors(connection, block)
    row = connection.execute(
        "SELECT block FROM submissions WHERE (epoch, signer, name) = (?, ?, ?)",
        (epoch, block.signer, block.name),
    ).fetchone()
    if row is not None:
        raise RefusedError(
            Fault.ONE_A_EPOCH,
            f"{block.signer} has submitted {block.name} in this epoch ({epoch}) already",
        )


def _check_head(connection: sqlite3.Connection, block: Block) -> None:
    row = connection.execute("SELECT digest FROM heads WHERE name = ?", (block.name,)).fetchone()
    head = None if row is None else row[0]
    if head != block.replaces:
        raise RefusedError(
            Fault.STALE_HEAD, f"the head of {block.name} is {head}, not {block.replaces}"
        )


def _check_tensors(connection: sqlite3.Connection, block: Block) -> None:
    row = connection.execute(
        "SELECT block FROM tensors WHERE digest = ?", (block.payload(TENSORS).digest,)
    ).fetchone()
    if row is not None:
        raise RefusedError(Fault.COPY, f"the block {row[0]} has these very tensors")


def _check_room(connection: sqlite3.Connection, block: Block, limit: int) -> None:
    if not has_room(connection, block, limit):
        raise RefusedError(
            Fault.TOO_LARGE, f"the layer {block.layer} has {limit} experts: replace one of them"
        )


def _check_no_copy(ledger: Ledger, submission: Submission) -> None:
    block = submission.block
    new = _weights(read_network(_bytes(submission, TENSORS), block.architecture, block.name))
    for name, digest in ledger.heads().items():
        head = ledger.block(digest)
        if head.kind is not Kind.EXPERT or head.architecture != block.architecture:
            continue
        data = ledger.blobs.get(head.payload(TENSORS).digest)
        old = _weights(read_network(data, head.architecture, name))
        if new.shape == old.shape and _is_copy(new, old, same_name=name == block.name):
            raise RefusedError(Fault.COPY, f"its weights are those of {name} ({digest})")


def _weights(network: Network) -> Floats:
    return np.concatenate([tensor.ravel() for _, tensor in sorted(network.parameters.items())])


def _is_copy(new: Floats, old: Floats, *, same_name: bool) -> bool:
    norm, old_norm = float(np.linalg.norm(new)), float(np.linalg.norm(old))
    # An expert of zeros adds nothing; two of them are copies.
    if not norm or not old_norm:
        return norm == old_norm
    if same_name:
        return float(np.linalg.norm(new - old)) < _LEAST_CHANGE * old_norm
    # Under another name a scaled copy would add the same thing a second time.
    return abs(float(new @ old)) / (norm * old_norm) > _SAME_DIRECTION
