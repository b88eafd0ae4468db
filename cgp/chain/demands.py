"""Demands of a subnet that a validator cannot meet as it is: how they are named, and the
remedies.
"""

from __future__ import annotations

from typing import Final

MINIMUM_REMEDY: Final = (
    "ask the subnet's owner to lower min_allowed_weights; until then, weights are set when enough "
    "miners are paid"
)


def version_key_remedy(key: int) -> str:
    """Return the remedy where the subnet asks for the later version key ``key``."""
    return f"update this program, then put VALIDATOR_VERSION_KEY={key} into .env"


def late_version_key(key: int, ours: int) -> str:
    """Return the fault where the subnet asks for a later version key than ours."""
    return f"the subnet wants version key {key} or more, ours is {ours}"


def too_few_weights(minimum: int, payees: int) -> str:
    """Return the fault where the subnet asks for more weights than miners are paid, and the
    remedy.
    """
    return (
        f"the subnet takes no fewer than {minimum} weights above 0, and only {payees} neurons are paid: "
        f"{MINIMUM_REMEDY}"
    )


def too_few_miners(minimum: int, miners: int) -> str:
    """Return the fault where the subnet asks for more weights than there are miners to pay."""
    return (
        f"the subnet takes no fewer than {minimum} weights above 0, and only {miners} miners serve"
    )
