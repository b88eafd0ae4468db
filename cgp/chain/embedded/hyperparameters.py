"""The subnet's hyperparameters: their names in storage, in the SDK, and in the owner's calls."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import NamedTuple

RAO = 10**9
"""Rao in a TAO (and in an alpha)."""
U16 = 65_535
_U32 = 2**32 - 1
_U63 = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """A subnet's rules. The defaults are a new subnet's on the main network. Blocks, unless said.

    ``max_weights_limit``, ``kappa`` and ``bonds_penalty`` are fractions of 65,535,
    ``bonds_moving_avg`` of 1,000,000; ``activity_cutoff_factor`` is in thousandths of a tempo,
    ``commit_reveal_period`` in epochs, ``owner_rate_limit`` in tempos. The burns (the price of a
    registration) and ``stake_threshold`` (least stake of a validator) are in rao.
    """

    tempo: int = 360
    weights_rate_limit: int = 100
    weights_version: int = 0
    min_allowed_weights: int = 1
    max_weights_limit: int = U16
    immunity_period: int = 5_000
    commit_reveal_weights_enabled: bool = True
    commit_reveal_period: int = 1
    max_validators: int = 64
    max_allowed_uids: int = 256
    min_allowed_uids: int = 64
    min_non_immune_uids: int = 10
    owner_immune_neuron_limit: int = 1
    kappa: int = 32_767
    bonds_moving_avg: int = 900_000
    bonds_penalty: int = U16
    yuma3_enabled: bool = True
    serving_rate_limit: int = 50
    activity_cutoff_factor: int = 13_889
    registration_allowed: bool = True
    burn: int = RAO // 10
    min_burn: int = RAO // 2_000
    max_burn: int = 100 * RAO
    burn_half_life: int = 360
    stake_threshold: int = 1_000 * RAO
    admin_freeze_window: int = 10
    owner_rate_limit: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            check(field.name, getattr(self, field.name))


class Authority(Enum):
    """The account that may change a hyperparameter on chain."""

    OWNER = "the subnet's owner"
    ROOT = "root"
    NOBODY = "nobody: there is no such call here"


class Rule(NamedTuple):
    """The place of a hyperparameter, the values that the chain can hold there, and the call that
    changes it.

    ``of_network`` items are the same for all subnets: their storage key has no netuid.
    """

    item: str
    tag: str
    low: int
    high: int
    setter: str = ""
    authority: Authority = Authority.NOBODY
    of_network: bool = False


def _owner(item: str, tag: str, setter: str, high: int, low: int = 0) -> Rule:
    return Rule(item, tag, low, high, f"sudo_set_{setter}", Authority.OWNER)


def _root(item: str, tag: str, setter: str, high: int, low: int = 0) -> Rule:
    return Rule(item, tag, low, high, f"sudo_set_{setter}", Authority.ROOT)


RULES: dict[str, Rule] = {
    "tempo": _owner("Tempo", "U16", "tempo", U16, low=2),
    "weights_rate_limit": _root("WeightsSetRateLimit", "U64", "weights_set_rate_limit", _U63),
    "weights_version": _owner("WeightsVersionKey", "U64", "weights_version_key", _U63),
    "min_allowed_weights": _owner("MinAllowedWeights", "U16", "min_allowed_weights", U16),
    "max_weights_limit": Rule("MaxWeightsLimit", "U16", 1, U16),
    "immunity_period": _owner("ImmunityPeriod", "U16", "immunity_period", U16),
    "commit_reveal_weights_enabled": _owner(
        "CommitRevealWeightsEnabled", "Bool", "commit_reveal_weights_enabled", 1
    ),
    "commit_reveal_period": _owner(
        "RevealPeriodEpochs", "U64", "commit_reveal_weights_interval", 100, low=1
    ),
    "max_validators": _root("MaxAllowedValidators", "U16", "max_allowed_validators", U16, low=1),
    "max_allowed_uids": _owner("MaxAllowedUids", "U16", "max_allowed_uids", U16, low=1),
    "min_allowed_uids": Rule("MinAllowedUids", "U16", 0, U16),
    "min_non_immune_uids": Rule("MinNonImmuneUids", "U16", 0, U16),
    "owner_immune_neuron_limit": Rule("ImmuneOwnerUidsLimit", "U16", 1, U16),
    "kappa": _root("Kappa", "U16", "kappa", U16),
    "bonds_moving_avg": _owner("BondsMovingAverage", "U64", "bonds_moving_average", 1_000_000),
    "bonds_penalty": _owner("BondsPenalty", "U16", "bonds_penalty", U16),
    "yuma3_enabled": _owner("Yuma3On", "Bool", "yuma3_enabled", 1),
    "serving_rate_limit": _owner("ServingRateLimit", "U64", "serving_rate_limit", _U63),
    "activity_cutoff_factor": _owner(
        "ActivityCutoffFactorMilli", "U32", "activity_cutoff_factor", _U32, low=1
    ),
    "registration_allowed": _root(
        "NetworkRegistrationAllowed", "Bool", "network_registration_allowed", 1
    ),
    "burn": Rule("Burn", "U64", 0, _U63),
    "min_burn": Rule("MinBurn", "U64", 0, _U63),
    "max_burn": Rule("MaxBurn", "U64", 0, _U63),
    "burn_half_life": Rule("BurnHalfLife", "U16", 0, U16),
    "stake_threshold": Rule("StakeThreshold", "U64", 0, _U63, of_network=True),
    "admin_freeze_window": Rule("AdminFreezeWindow", "U16", 0, U16, of_network=True),
    "owner_rate_limit": Rule("OwnerHyperparamRateLimit", "U16", 0, U16, of_network=True),
}
NAME_OF_SETTER = {rule.setter: name for name, rule in RULES.items() if rule.setter}


def check(name: str, value: object) -> None:
    """Refuse a value that the chain could not hold.

    Raises:
        ValueError: naming the hyperparameter and the allowed values.
    """
    rule = RULES[name]
    if not isinstance(value, int) or not rule.low <= value <= rule.high:
        kind = "true or false" if rule.tag == "Bool" else f"{rule.low} to {rule.high}"
        raise ValueError(f"hyperparameter {name} is {value!r}; allowed: {kind}")
