"""A ledger's state in a few bytes, which a judge publishes on chain as a commitment.

Whoever pulls a ledger from a registry then sees that it stands as its judge said, and when: the
chain keeps the block of the commitment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cgp.chain import Chain
from cgp.experts.ledger import Ledger

_FORM = "cgp-experts/1 {}"


class Agreement(StrEnum):
    """Relation of a commitment to a ledger."""

    SAME = "same"
    DIFFERENT = "different"
    NONE = "none"
    """The hotkey has no commitment, or one about something else."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A commitment beside a ledger: the ledger's digest, the digest on chain, and its block."""

    agreement: Agreement
    here: str
    on_chain: str = ""
    block: int = 0


def state_digest(ledger: Ledger) -> str:
    """Return the digest of the first block and the heads: it changes whenever a head moves."""
    lines = [ledger.genesis.digest, *(f"{n} {d}" for n, d in sorted(ledger.heads().items()))]
    return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


async def commit(ledger: Ledger, chain: Chain) -> str:
    """Publish the ledger's state by the chain's hotkey; return its digest.

    Raises:
        bittensor.ChainError: if the chain refuses.
    """
    digest = state_digest(ledger)
    await chain.commit(_FORM.format(digest))
    return digest


async def compare(ledger: Ledger, chain: Chain, hotkey: str) -> Comparison:
    """Compare the ledger with the state that a hotkey published last."""
    here = state_digest(ledger)
    commitment = await chain.commitment_of(hotkey)
    # Another program's commitment says nothing about experts.
    if commitment is None or not commitment.text.startswith(_FORM.format("sha256:")):
        return Comparison(Agreement.NONE, here)
    on_chain = commitment.text.removeprefix(_FORM.format(""))
    agreement = Agreement.SAME if on_chain == here else Agreement.DIFFERENT
    return Comparison(agreement, here, on_chain, commitment.block)
