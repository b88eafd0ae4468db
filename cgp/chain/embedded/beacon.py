"""The random beacon that opens committed weights, as far as a chain without a network can keep it.

On the main network the pulses of drand's quicknet come from the internet, one every three seconds,
and the pulse of a commit's round decrypts it. Nothing is decrypted here; a round counts as come
when the chain reaches the epoch of its reveal, unless the beacon was stopped before that round.
"""

from __future__ import annotations

from typing import Final

from cgp.chain.embedded.ledger import Draft, View

FIRST_ROUND_AT: Final = 1_692_803_367
"""Unix time of quicknet's first round."""
ROUND_SECONDS: Final = 3
_STOPPED_AT = "EmbeddedChain.BeaconStoppedAt"
"""The last round before the beacon was stopped; absent while it runs."""


def last_round(view: View, now: float) -> int:
    """Return the number of the newest pulse that the chain has at a Unix time."""
    last: int | None = view.get(_STOPPED_AT)
    if last is not None:
        return last
    return max(0, int(now - FIRST_ROUND_AT) // ROUND_SECONDS + 1)


def has_pulse(view: View, number: int) -> bool:
    """Tell whether the pulse of a round that is due is there."""
    last: int | None = view.get(_STOPPED_AT)
    return last is None or number <= last


def stop(draft: Draft) -> None:
    """Let no pulse come from now on."""
    draft.put(_STOPPED_AT, last_round(draft, draft.now))


def resume(draft: Draft) -> None:
    """Bring all pulses that are missing."""
    draft.delete(_STOPPED_AT)
