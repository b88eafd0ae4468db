"""The chain as the live page tells of it: block, epoch, and where the last weights are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class WeightsState(StrEnum):
    """The state of the last weights; each is a phrase of the pages."""

    OPEN = "weights_open"
    COMMITTED = "weights_committed"
    REVEALED = "weights_revealed"
    UNKNOWN = "weights_unknown"


@dataclass(frozen=True, slots=True)
class ChainLine:
    """The chain at ``block``, read ``age_seconds`` ago.

    ``next_epoch`` is the block of the next epoch, ``tempo`` the blocks that one takes (0: not
    known). ``weights`` is the state of the last weights, which the chain reveals at
    ``reveal_block`` where they are committed.
    """

    block: int
    age_seconds: float
    tempo: int
    next_epoch: int
    weights: WeightsState
    reveal_block: int


def chain_line(
    health: Mapping[str, Any] | None, weights: Mapping[str, Any] | None
) -> ChainLine | None:
    """Return the chain as the live page shows it, None where the health document has no chain.

    ``health`` is a validator's health document, ``weights`` its last attempt to set weights: both
    say whether those weights are on chain in the open, committed, or revealed by now.
    """
    chain = (health or {}).get("chain")
    if not isinstance(chain, Mapping) or not isinstance(chain.get("block"), int):
        return None
    block, tempo, epoch_age = (_whole(chain, name) for name in ("block", "tempo", "epoch_age"))
    last_epoch = block - epoch_age
    reveal_epochs = _whole(chain, "reveal_epochs")
    state, reveal_block = WeightsState.UNKNOWN, 0
    # Before the rules are read, and without weights, there is nothing to tell of them.
    if isinstance(chain.get("reveal_epochs"), int) and weights is not None and weights["success"]:
        if not reveal_epochs:
            state = WeightsState.OPEN
        elif tempo:
            reveal_block = _reveal_block(int(weights["block"]), last_epoch, tempo, reveal_epochs)
            state = WeightsState.REVEALED if reveal_block <= block else WeightsState.COMMITTED
    age = chain.get("age_seconds")
    return ChainLine(
        block=block,
        age_seconds=float(age) if isinstance(age, int | float) else 0.0,
        tempo=tempo,
        next_epoch=last_epoch + tempo if tempo else 0,
        weights=state,
        reveal_block=reveal_block,
    )


def _reveal_block(committed: int, last_epoch: int, tempo: int, reveal_epochs: int) -> int:
    """Return the block of the epoch that reveals weights: the ``reveal_epochs``-th after them."""
    # Epochs are a tempo apart, before the last one and after it.
    first_after = last_epoch + ((committed - last_epoch) // tempo + 1) * tempo
    return first_after + (reveal_epochs - 1) * tempo


def _whole(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    return value if isinstance(value, int) and value > 0 else 0
