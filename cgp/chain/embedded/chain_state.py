"""The chain as a whole, synchronously: epochs on time, reads at a block, extrinsics in blocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cgp.chain.embedded import beacon
from cgp.chain.embedded.epoch import catch_up
from cgp.chain.embedded.extrinsics import Extrinsic, Receipt, apply, receipt_of
from cgp.chain.embedded.ledger import ChainLedger, Constants, IncludedExtrinsic, Json, View
from cgp.chain.embedded.neurons import burn
from cgp.chain.embedded.weights import reveal_commits

T = TypeVar("T")

VIRTUAL_ITEMS = ("BlocksSinceLastStep", "Burn", "Drand.LastStoredRound", "Timestamp.Now")
"""Items that follow from the block number or the time, and are not stored as they are read."""


class ChainState:
    """One process's hold on the chain. Not for several threads at once.

    Every operation first runs the epochs that are due: the process that comes first after the
    boundary does so, under the file's write lock, so each runs once.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._ledger = ChainLedger(path, now)
        self._now = now

    @property
    def constants(self) -> Constants:
        """The facts that genesis fixed."""
        return self._ledger.constants

    def close(self) -> None:
        """Close the file."""
        self._ledger.close()

    def head(self) -> int:
        """Return the newest block."""
        self._sync()
        return self._ledger.head()

    def query(self, item: str, keys: Sequence[Sequence[Json]], block: int | None) -> list[Json]:
        """Return the values of one item for several keys."""
        view = self._view(block)
        if item in VIRTUAL_ITEMS:
            return [self._virtual(item, view, key) for key in keys]
        return [view.get(item, *key) for key in keys]

    def scan(
        self, item: str, prefix: Sequence[Json], block: int | None
    ) -> list[tuple[tuple[Json, ...], Json]]:
        """Return (rest of the key, value) of everything under ``prefix``."""
        return self._view(block).scan(item, *prefix)

    def call(self, function: Callable[..., T], arguments: Sequence[Json], block: int | None) -> T:
        """Return the result of a read function on the state at ``block``."""
        return function(self._view(block), *arguments)

    def submit(self, extrinsics: Sequence[Extrinsic]) -> list[Receipt]:
        """Include extrinsics in a new block.

        Raises:
            InvalidExtrinsicError: if one cannot be included; none is then.
        """
        # One block for all: the whole of them is included, or nothing is.
        with self._ledger.write() as draft:
            block = draft.block + 1
            catch_up(draft, block)
            draft.block = block
            receipts = apply(draft, extrinsics)
            self._ledger.seal(block)
        return receipts

    def advance(self, blocks: int) -> int:
        """Let blocks pass at once, and return the new head."""
        with self._ledger.write() as draft:
            self._ledger.seal(draft.block + blocks)
        return self.head()

    def stop_beacon(self) -> None:
        """Let no pulse of the random beacon come any more, so that no commit is revealed."""
        with self._ledger.write() as draft:
            # A block of its own, so that a reader sees from which block on no pulse comes.
            draft.block += 1
            beacon.stop(draft)
            self._ledger.seal(draft.block)

    def resume_beacon(self) -> None:
        """Bring the missing pulses; commits whose epoch of reveal lasts are revealed in this
        block.
        """
        with self._ledger.write() as draft:
            block = draft.block + 1
            catch_up(draft, block)
            draft.block = block
            beacon.resume(draft)
            netuid = draft.constants.netuid
            reveal_commits(draft, netuid, draft.get("SubnetEpochIndex", netuid))
            self._ledger.seal(block)

    def receipt(self, digest: str) -> Receipt | None:
        """Return the receipt of an included extrinsic."""
        # Without an epoch's work first: receipts are of the past, and wallets ask for them often.
        row = self._ledger.extrinsic(digest)
        return receipt_of(*row) if row else None

    def extrinsics(self, block: int) -> list[IncludedExtrinsic]:
        """Return a block's extrinsics, in order."""
        return self._ledger.extrinsics(block)

    def _sync(self) -> None:
        head, due = self._ledger.clock()
        # One cheap read in the common case; the write lock is taken only where an epoch is due.
        if due <= head:
            with self._ledger.write() as draft:
                head = draft.block
                catch_up(draft, head)
                self._ledger.seal(head)

    def _view(self, block: int | None) -> View:
        self._sync()
        return self._ledger.view(block)

    def _virtual(self, item: str, view: View, key: Sequence[Json]) -> int:
        if item == "Timestamp.Now":
            # Blocks that ``advance`` skipped count as if they had taken their time.
            ago = (self._ledger.head() - view.block) * self.constants.block_seconds
            return int((self._now() - ago) * 1000)
        if item == "Drand.LastStoredRound":
            return beacon.last_round(view, self._now())
        if item == "Burn":
            return burn(view, *key)
        last: int = view.get("LastEpochBlock", *key)
        return view.block - last
