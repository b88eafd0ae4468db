"""Rewards: each epoch's pool is shared by the gains that still stand, and settled once.

A gain stands while its block is the head of its name, or an ancestor of the head by ``replaces``:
each version is paid for its own gain. The gain counts as far as the expert is routed on the judges'
hold-outs. Calls count nothing, so that calling oneself earns nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cgp.experts.block import Block
from cgp.experts.judge import MICRO
from cgp.experts.judging import accepting_epoch, credited_gain
from cgp.experts.ledger import Ledger, heads_of

POOL = MICRO
"""Amount that an epoch pays, in millionths."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Amounts of an epoch by hotkey, in millionths of its pool; ``is_new`` says that they were paid
    now.
    """

    epoch: int
    amounts: Mapping[str, int]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version that stands, or that a standing one replaced; it is paid by ``weight``.

    ``accepted_in`` is the epoch from which it counts, None for one without an accepting verdict.
    """

    name: str
    signer: str
    accepted_in: int | None
    weight: int

    def counts_in(self, epoch: int) -> bool:
        """Tell whether it was accepted by the end of an epoch."""
        # What was accepted in a later epoch gained nothing yet in this one.
        return self.accepted_in is not None and self.accepted_in <= epoch


def settle(ledger: Ledger, epoch: int) -> Settlement:
    """Pay an epoch that is over, once; a second call returns the same amounts.

    Raises:
        ValueError: if the epoch is not over.
    """
    if epoch >= ledger.epoch():
        raise ValueError(f"epoch {epoch} is not over: now is {ledger.epoch()}")
    lines = _lineages(ledger)

    def pay(connection: sqlite3.Connection) -> Settlement:
        earlier = connection.execute(
            "SELECT 1 FROM settlements WHERE epoch = ?", (epoch,)
        ).fetchone()
        if earlier is None:
            amounts = shares(_gains(_versions(connection, lines), epoch), POOL)
            connection.execute("INSERT INTO settlements VALUES (?, ?)", (epoch, POOL))
            connection.executemany(
                "INSERT INTO entries VALUES (?, ?, ?)",
                [(epoch, hotkey, amount) for hotkey, amount in sorted(amounts.items())],
            )
        rows = connection.execute(
            "SELECT hotkey, amount FROM entries WHERE epoch = ? ORDER BY hotkey", (epoch,)
        ).fetchall()
        return Settlement(epoch, dict(rows), earlier is None)

    return ledger.transact(pay)


class LedgerRewards:
    """A ``cgp.scoring.RewardSource``: the amounts of the last epoch that is over, settled once.

    Raises:
        NoLedgerError: if there is no ledger in the folder.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        # A wrong folder is told at the start, not when the first weights are due.
        Ledger.open(folder).close()

    def amounts(self) -> Mapping[str, int]:
        """Return the amounts of the last epoch that is over, by hotkey."""
        with Ledger.open(self._folder, self._clock) as ledger:
            return settle(ledger, ledger.epoch() - 1).amounts


def versions(ledger: Ledger) -> list[Version]:
    """Return what a settlement looks at: all that stands, and what standing versions replaced."""
    lines = _lineages(ledger)
    return ledger.transact(lambda connection: _versions(connection, lines))


def balances(ledger: Ledger) -> dict[str, int]:
    """Return the sum of each hotkey's entries."""
    return ledger.transact(
        lambda connection: dict(
            connection.execute(
                "SELECT hotkey, SUM(amount) FROM entries GROUP BY hotkey ORDER BY hotkey"
            ).fetchall()
        )
    )


def shares(gains: Mapping[str, int], pool: int) -> dict[str, int]:
    """Return the pool split by gains in whole parts that sum to it; nothing where no gain is.

    The rest of the rounding goes to the greatest remainders, of equal ones to the first by name.
    """
    total = sum(gains.values())
    if total <= 0:
        return {}
    whole = {name: pool * gain // total for name, gain in gains.items()}
    rest = pool - sum(whole.values())
    order = sorted(gains, key=lambda name: (-(pool * gains[name] % total), name))
    for name in order[:rest]:
        whole[name] += 1
    return {name: amount for name, amount in whole.items() if amount}


def _lineages(ledger: Ledger) -> dict[str, Block]:
    """Return every block that stands or has a successor that stands, by digest."""
    return {block.digest: block for name in ledger.heads() for block in ledger.history(name)}


def _versions(connection: sqlite3.Connection, lines: Mapping[str, Block]) -> list[Version]:
    # A block that was replaced by one that stands is still paid for its own gain.
    standing = set(heads_of(connection).values()) | {block.replaces for block in lines.values()}
    versions = []
    for digest in sorted(lines.keys() & standing):
        block = lines[digest]
        # The judge's block says when, so that a ledger that was pulled pays the same.
        accepted_in = accepting_epoch(connection, digest)
        gain, share = credited_gain(connection, digest)
        versions.append(Version(block.name, block.signer, accepted_in, gain * share))
    return versions


def _gains(versions: list[Version], epoch: int) -> dict[str, int]:
    gains: dict[str, int] = {}
    for version in versions:
        if version.counts_in(epoch):
            gains[version.signer] = gains.get(version.signer, 0) + version.weight
    return {signer: gain for signer, gain in gains.items() if gain > 0}
