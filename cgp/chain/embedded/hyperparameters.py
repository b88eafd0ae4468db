"""The subnet's hyperparameters: their names in storage, in the SDK, and in the owner's calls."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

RAO = 10**9
"""Rao in a TAO (and in an alpha)."""
U16 = 65_535


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """A subnet's rules, with defaults for a network on one machine. Blocks, unless said otherwise.

    ``max_weights_limit`` and ``kappa`` are fractions of 65,535, ``bonds_moving_avg`` of 1,000,000;
    ``burn`` (the price of a registration) and ``stake_threshold`` (least stake of a validator) are in
    rao; ``commit_reveal_period`` is in epochs.
    """

    tempo: int = 20
    weights_rate_limit: int = 10
    weights_version: int = 0
    min_allowed_weights: int = 1
    max_weights_limit: int = U16
    immunity_period: int = 500
    commit_reveal_weights_enabled: bool = False
    commit_reveal_period: int = 1
    max_validators: int = 64
    max_allowed_uids: int = 256
    kappa: int = 32_767
    bonds_moving_avg: int = 900_000
    serving_rate_limit: int = 5
    activity_cutoff: int = 5_000
    registration_allowed: bool = True
    burn: int = RAO
    stake_threshold: int = 1_000 * RAO

    def __post_init__(self) -> None:
        for field in fields(self):
            check(field.name, getattr(self, field.name))


class Rule(NamedTuple):
    """Where a hyperparameter lives, and what may be put there."""

    item: str
    tag: str
    setter: str | None
    low: int
    high: int


RULES: dict[str, Rule] = {
    "tempo": Rule("Tempo", "U16", "sudo_set_tempo", 2, U16),
    "weights_rate_limit": Rule(
        "WeightsSetRateLimit", "U64", "sudo_set_weights_set_rate_limit", 0, 2**63 - 1
    ),
    "weights_version": Rule(
        "WeightsVersionKey", "U64", "sudo_set_weights_version_key", 0, 2**63 - 1
    ),
    "min_allowed_weights": Rule("MinAllowedWeights", "U16", "sudo_set_min_allowed_weights", 0, U16),
    "max_weights_limit": Rule("MaxWeightsLimit", "U16", None, 1, U16),
    "immunity_period": Rule("ImmunityPeriod", "U16", "sudo_set_immunity_period", 0, U16),
    "commit_reveal_weights_enabled": Rule(
        "CommitRevealWeightsEnabled", "Bool", "sudo_set_commit_reveal_weights_enabled", 0, 1
    ),
    "commit_reveal_period": Rule(
        "RevealPeriodEpochs", "U64", "sudo_set_commit_reveal_weights_interval", 1, 100
    ),
    "max_validators": Rule(
        "MaxAllowedValidators", "U16", "sudo_set_max_allowed_validators", 1, 4096
    ),
    "max_allowed_uids": Rule("MaxAllowedUids", "U16", "sudo_set_max_allowed_uids", 1, 4096),
    "kappa": Rule("Kappa", "U16", "sudo_set_kappa", 0, U16),
    "bonds_moving_avg": Rule(
        "BondsMovingAverage", "U64", "sudo_set_bonds_moving_average", 0, 1_000_000
    ),
    "serving_rate_limit": Rule(
        "ServingRateLimit", "U64", "sudo_set_serving_rate_limit", 0, 2**63 - 1
    ),
    "activity_cutoff": Rule("ActivityCutoff", "U16", "sudo_set_activity_cutoff", 1, U16),
    "registration_allowed": Rule(
        "NetworkRegistrationAllowed", "Bool", "sudo_set_network_registration_allowed", 0, 1
    ),
    "burn": Rule("Burn", "U64", None, 0, 2**63 - 1),
    "stake_threshold": Rule("StakeThreshold", "U64", None, 0, 2**63 - 1),
}
NAME_OF_SETTER = {rule.setter: name for name, rule in RULES.items() if rule.setter}


def check(name: str, value: object) -> None:
    """Refuse a value that the chain could not hold.

    Raises:
        ValueError: naming the hyperparameter and what is allowed.
    """
    rule = RULES[name]
    if not isinstance(value, int) or not rule.low <= value <= rule.high:
        kind = "true or false" if rule.tag == "Bool" else f"{rule.low} to {rule.high}"
        raise ValueError(f"hyperparameter {name} is {value!r}; allowed: {kind}")
