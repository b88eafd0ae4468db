"""A ledger in an OCI registry: push, and pull by playing the blocks again.

The tag ``ledger`` names an index of all blocks in the order in which they came, each with its
signature. Where they are many, the first ones stand in pages, which are indexes that the index
names: registries take no manifest of more than 4 MB. The index is sent last: a push that is killed
leaves the earlier index, and blobs that the next push finds there.

A registry is trusted in nothing. Whoever pulls checks digests, signatures and tensors, and plays
the verdicts of the judges again: so heads stand where the judges of the first block put them.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cgp.counts import counted
from cgp.experts.block import (
    EMPTY_BLOB,
    MANIFEST,
    MAX_MANIFEST,
    MAX_PAYLOADS,
    SPECIFICATION,
    TABLE,
    Block,
    Kind,
    Payload,
    read_block,
)
from cgp.experts.errors import DamagedLedgerError, Fault, RefusedError
from cgp.experts.judging import count_late_verdicts, count_verdict
from cgp.experts.ledger import Ledger, Record, State, check_parents, heads_of, mixture_id
from cgp.experts.refused_blocks import RefusedBlocks
from cgp.experts.registry import MAX_INDEX, ContentError, RegistryError, Repository
from cgp.experts.specification import Specification
from cgp.experts.submission import Submission, receive
from cgp.experts.tensors import MAX_BYTES
from cgp.experts.window_table import WindowTable

TAG = "ledger"
INDEX = "application/vnd.oci.image.index.v1+json"
_SIGNATURE = "cgp.experts.signature"
MAX_TABLE = 64_000_000
"""Most bytes of a table that is pulled."""
MAX_SPECIFICATION = 64_000
PAGE = 4_000
"""Blocks of a page of the index; a full page never changes, and is sent once."""
_MOST_PAGES = 50
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PushReport:
    """Result of a push: blocks of the ledger, blobs that the registry lacked, and the index's
    digest.
    """

    blocks: int
    blobs_sent: int
    digest: str


@dataclass(frozen=True, slots=True)
class PullReport:
    """Result of a pull: blocks of the index, new blocks and refused ones."""

    blocks: int
    new: int
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A block of an index: digests of its manifest and of its signature's."""

    digest: str
    signature: str

    @classmethod
    def of(cls, document: Any) -> Self:  # noqa: ANN401 - JSON of others
        entry = cls(str(document["digest"]), str(document["annotations"][_SIGNATURE]))
        # Only what is asked for by its digest is checked against it when it comes.
        if not _DIGEST.fullmatch(entry.digest) or not _DIGEST.fullmatch(entry.signature):
            raise ValueError("it names a block by something that is not a digest")
        return entry


class NewerLedgerError(
    RegistryError,
    code="experts.newer_ledger",
    remedy="cgp experts pull it first; cgp experts push --replace puts yours in its place",
):
    """A registry's index names blocks that this ledger lacks, or another ledger."""


def push(
    ledger: Ledger, repository: Repository, *, replaces: bool = False, page_blocks: int = PAGE
) -> PushReport:
    """Send all blocks that the registry lacks, then the index. Archived ones stay here.

    ``replaces`` puts the index in the place of any other one.

    Raises:
        NewerLedgerError: if the registry's index names a block that this ledger lacks.
        RegistryError: if the registry refuses; the earlier index stands then.
    """
    if not replaces and repository.has_tag(TAG, INDEX):
        _require_own(ledger, repository)
    blobs_sent = 0
    pages: list[dict[str, Any]] = []
    blobs_sent += repository.send_blob(
        ledger.blobs.path(Payload.of("", EMPTY_BLOB).digest), Payload.of("", EMPTY_BLOB)
    )
    records = [record for record in ledger.records() if record.state is not State.ARCHIVED]
    whole_pages = (len(records) - 1) // page_blocks
    for number in range(whole_pages):
        part = records[number * page_blocks : (number + 1) * page_blocks]
        page = _index(_descriptors(ledger, part))
        descriptor = Payload.of(INDEX, page)
        # A manifest that is there was sent after all that it names.
        if not repository.has_manifest(descriptor.digest, INDEX):
            blobs_sent += _send(ledger, repository, part)
            repository.send_manifest(page, descriptor.digest, INDEX)
        pages.append({"mediaType": INDEX, "digest": descriptor.digest, "size": descriptor.size})
    rest = records[whole_pages * page_blocks :]
    blobs_sent += _send(ledger, repository, rest)
    index = _index([*pages, *_descriptors(ledger, rest)])
    repository.send_manifest(index, TAG, INDEX)
    return PushReport(len(records), blobs_sent, Payload.of(INDEX, index).digest)


def _require_own(ledger: Ledger, repository: Repository) -> None:
    entries = _entries(repository)
    if entries[0].digest != ledger.genesis.digest:
        raise NewerLedgerError(f"{repository.address} has the ledger of {entries[0].digest}")
    own = {record.digest for record in ledger.records()}
    lacks = sum(entry.digest not in own for entry in entries)
    if lacks:
        raise NewerLedgerError(
            f"{repository.address} has {counted(lacks, 'block')} that this ledger lacks and a push would lose"
        )


def _send(ledger: Ledger, repository: Repository, records: Sequence[Record]) -> int:
    """Send the blocks that the registry lacks; return the number of blobs that were sent."""
    blobs_sent = 0
    for record in records:
        # As for a page: the signature is sent last.
        if not repository.has_manifest(record.signature, MANIFEST):
            block = ledger.block(record.digest)
            for payload in block.payloads:
                blobs_sent += repository.send_blob(ledger.blobs.path(payload.digest), payload)
            repository.send_manifest(block.manifest(), block.digest, MANIFEST)
            repository.send_manifest(ledger.blobs.get(record.signature), record.signature, MANIFEST)
    return blobs_sent


def pull(folder: Path, repository: Repository, genesis: str | None = None) -> PullReport:
    """Bring all blocks of a registry that the ledger lacks; make the ledger where there is none.

    ``genesis`` is the digest that the first block must have: it names the judges, so a first pull
    without it trusts the registry in that one thing.

    Raises:
        RegistryError: if the registry has no ledger, cannot be reached, or refuses.
        RefusedError: if the registry, or the folder, has another ledger, or if the first block is
            refused.
    """
    entries = _entries(repository)
    if genesis is not None and entries[0].digest != genesis:
        raise RefusedError(
            Fault.WRONG_MODEL, f"{repository.address} has the ledger of {entries[0].digest}"
        )
    ledger = Ledger(folder)
    ledger.blobs.prepare()
    try:
        first_blocks = ledger.records(kind=Kind.META)
        if first_blocks and first_blocks[0].digest != entries[0].digest:
            raise RefusedError(Fault.WRONG_MODEL, f"{folder} has a ledger of another first block")
        new, refusals = 0, []
        refused_blocks = RefusedBlocks(ledger)
        for entry in entries:
            if ledger.record(entry.digest) is not None:
                continue
            reason = refused_blocks.reason(entry.digest, entry.signature)
            if reason is None:
                try:
                    _take(ledger, repository, entry)
                    new += 1
                # One bad block, and what stands on it, keeps nobody from the others.
                except (RefusedError, ContentError) as error:
                    # But the first one, by which all others are checked.
                    if entry is entries[0]:
                        raise
                    reason = str(error)
                    # What the registry holds back may come: it is asked for again.
                    if isinstance(error, RefusedError):
                        refused_blocks.add(entry.digest, entry.signature, error)
            if reason is not None:
                refusals.append(f"{entry.digest}: {reason}")
        count_late_verdicts(ledger)
        ledger.write_index()
    finally:
        ledger.close()
    return PullReport(len(entries), new, tuple(refusals))


def _descriptors(ledger: Ledger, records: Sequence[Record]) -> list[dict[str, Any]]:
    descriptors: list[dict[str, Any]] = []
    for record in records:
        block = ledger.block(record.digest).descriptor()
        signature = Payload.of(MANIFEST, ledger.blobs.get(record.signature))
        descriptors += [
            {**block, "annotations": {_SIGNATURE: record.signature}},
            # Named too, or a registry that cleans up would drop it.
            {"mediaType": MANIFEST, "digest": signature.digest, "size": signature.size},
        ]
    return descriptors


def _index(descriptors: list[dict[str, Any]]) -> bytes:
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _entries(repository: Repository) -> list[_Entry]:
    """Return the blocks of the registry's index in their order, each once, those of pages first."""
    data = repository.manifest(TAG, INDEX, MAX_INDEX)
    entries: list[_Entry] = []
    try:
        for page in _pages(data):
            entries += _entries_of(repository.manifest(page, INDEX, MAX_INDEX))
        entries += _entries_of(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RegistryError(f"{repository.address} has no index of a ledger: {error}") from error
    if not entries:
        raise RegistryError(f"the index of {repository.address} names no block")
    return list(dict.fromkeys(entries))


def _entries_of(index: bytes) -> list[_Entry]:
    return [_Entry.of(d) for d in json.loads(index)["manifests"] if "annotations" in d]


def _pages(index: bytes) -> list[str]:
    descriptors = json.loads(index)["manifests"]
    pages = [str(d["digest"]) for d in descriptors if d.get("mediaType") == INDEX]
    if len(pages) > _MOST_PAGES or not all(_DIGEST.fullmatch(page) for page in pages):
        raise ValueError(f"it names its pages, at most {_MOST_PAGES}, by digests")
    return pages


def _take(ledger: Ledger, repository: Repository, entry: _Entry) -> None:
    """Fetch a block with its blobs, check it, and store it as it was stored where it came from."""
    block = read_block(repository.manifest(entry.digest, MANIFEST, MAX_MANIFEST))
    signature = repository.manifest(entry.signature, MANIFEST, MAX_MANIFEST)
    _check_sizes(block)
    if block.kind is not Kind.META and not ledger.records(kind=Kind.META):
        raise RefusedError(Fault.WRONG_MODEL, f"{block.digest} stands before the first block")
    # Before the payloads: a parent may be missing for a long time.
    ledger.transact(lambda connection: check_parents(connection, block))
    payloads = {payload.digest: repository.blob(payload) for payload in block.payloads}
    if block.kind is Kind.META:
        _require_first(ledger, block, payloads)
        ledger.add(block, signature, payloads, State.STORED)
    elif block.kind is Kind.VERDICT:
        _replay(ledger, block, signature)
    elif block.kind is Kind.DATASET:
        _check_tables(block, payloads)
        ledger.add(block, signature, payloads, State.STORED, epoch=_epoch_of(ledger, block))
    else:
        receive(ledger, Submission(block, signature, payloads), _epoch_of(ledger, block))


def _check_sizes(block: Block) -> None:
    # Before anything is fetched: a block could name blobs that fill the memory or the disk.
    if len(block.payloads) > MAX_PAYLOADS:
        raise RefusedError(Fault.TOO_LARGE, f"{block.digest} has more than {MAX_PAYLOADS} payloads")
    most = {SPECIFICATION: MAX_SPECIFICATION, TABLE: MAX_TABLE}
    for payload in block.payloads:
        limit = most.get(payload.media_type, MAX_BYTES)
        if not 0 <= payload.size <= limit:
            raise RefusedError(
                Fault.TOO_LARGE, f"{payload.digest} of {block.name} has more than {limit:,} bytes"
            )


def _require_first(ledger: Ledger, block: Block, payloads: Mapping[str, bytes]) -> None:
    if ledger.records(kind=Kind.META):
        raise RefusedError(Fault.WRONG_MODEL, f"{block.digest} is a second first block")
    try:
        Specification.from_bytes(payloads[block.payload(SPECIFICATION).digest])
    except DamagedLedgerError as error:
        raise RefusedError(Fault.WRONG_MODEL, f"{block.digest}: {error}") from error


def _check_tables(block: Block, payloads: Mapping[str, bytes]) -> None:
    # Anybody may publish a table. One that cannot be read would keep judges from sealing a
    # hold-out, and tensors in its place would make the expert that has them a copy.
    for payload in block.payloads:
        if payload.media_type != TABLE:
            raise RefusedError(
                Fault.UNKNOWN_KIND, f"a {block.kind} has tables alone, not {payload.media_type}"
            )
        try:
            WindowTable.from_bytes(payloads[payload.digest], payload.digest)
        except DamagedLedgerError as error:
            raise RefusedError(Fault.WRONG_TENSORS, str(error)) from error


def _epoch_of(ledger: Ledger, block: Block) -> int:
    # Never an epoch to come: what its author claims may be any number.
    return min(ledger.epoch(), block.created_at // ledger.specification.epoch_seconds)


def _replay(ledger: Ledger, verdict: Block, signature: bytes) -> None:
    """Count a verdict of a judge, if it was given over the mixture that stands here too."""
    if verdict.signer not in ledger.specification.judges:
        raise RefusedError(Fault.NOT_A_JUDGE, f"{verdict.signer} is not a judge of this ledger")
    subjects = [
        record
        for digest in verdict.parents
        if (record := ledger.record(digest)) and record.kind in {Kind.EXPERT, Kind.ROUTER}
    ]
    if len(subjects) != 1:
        raise RefusedError(Fault.PARENT_MISSING, "a verdict is about one submission of the ledger")
    subject = ledger.block(subjects[0].digest)
    if not all(_is_count(verdict.notes.get(name, "")) for name in ("accepted", "gain", "routed")):
        raise RefusedError(Fault.UNKNOWN_KIND, f"{verdict.digest} says no gain in whole numbers")
    # It is counted as it stands: a greater number would be the votes of several judges.
    if verdict.notes["accepted"] not in {"0", "1"} or "reason" not in verdict.notes:
        raise RefusedError(
            Fault.UNKNOWN_KIND, f"{verdict.digest} must say accepted, 0 or 1, and a reason"
        )

    def inside(connection: sqlite3.Connection) -> None:
        # One over another mixture waits: what it was given over may come later.
        if mixture_id(heads_of(connection)) == verdict.notes.get("against"):
            count_verdict(connection, ledger.specification, subject, verdict)

    ledger.add(verdict, signature, {}, State.STORED, inside, epoch=_epoch_of(ledger, verdict))


def _is_count(text: str) -> bool:
    # As many digits as a column of SQLite holds.
    return text.isascii() and text.isdecimal() and len(text) <= 18
