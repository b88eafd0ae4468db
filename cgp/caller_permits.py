"""Permission to call a server: a validator with a permit and enough stake, by the metagraph."""

from __future__ import annotations

from cgp.chain.metagraph import Neuron
from cgp.chain.watch import MetagraphWatch
from cgp.signing import Refusal


def require_permit(watch: MetagraphWatch, hotkey: str, minimum_stake: float) -> None:
    """Return if ``hotkey`` may call; ``minimum_stake`` is in TAO.

    Raises:
        Refusal: 403 if it may not, 503 before the metagraph was read.
    """
    if watch.metagraph is None:
        raise Refusal(503, "Starting", "the metagraph has not been read yet", retry_after=1.0)
    neuron = watch.neuron(hotkey)
    if neuron is None:
        raise Refusal(403, "NotRegistered", "this hotkey is not registered on the subnet")
    if (objection := objection_to(neuron, minimum_stake)) is not None:
        raise objection


def objection_to(neuron: Neuron, minimum_stake: float) -> Refusal | None:
    """Return the refusal of a neuron without a permit or with too little stake (TAO), or None."""
    if not neuron.validator_permit:
        return Refusal(403, "NoPermit", "this hotkey has no validator permit")
    if neuron.stake < minimum_stake:
        reason = f"{neuron.stake:.3f} TAO at stake, less than {minimum_stake:g}"
        return Refusal(403, "LowStake", f"this hotkey has {reason}")
    return None
