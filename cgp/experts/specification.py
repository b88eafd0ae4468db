"""Specification of a ledger, in its first block: which model, which layers, which judges."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from cgp.experts.errors import DamagedLedgerError
from cgp.experts.judge import MICRO, Rule
from cgp.tagmodel import released_file
from cgp.tagmodel.head import SCHEMA

_LAYER = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NUMBERS = (
    "experts",
    "epoch_seconds",
    "threshold",
    "worst_slice",
    "step",
    "least_windows",
    "null_draws",
)
# Those of the rule, which no option of cgp experts init names: a release may set others.
_RULE = ("threshold", "worst_slice", "step", "null_draws")
_GREATEST = 10**9
# A judge draws them for each candidate that passes all else.
_MOST = {"null_draws": 100_000}


def released_base() -> str:
    """Return the digest of the released tag model that experts are measured over."""
    return f"sha256:{hashlib.sha256(released_file('weights.safetensors')).hexdigest()}"


@dataclass(frozen=True)
class Specification:
    """The agreement of all users of a ledger.

    ``layers`` maps a layer's name to the number of experts that speak up for a window. ``judges``
    are hotkeys; a head moves when two thirds of them accept. ``experts`` is the most experts of a
    layer. ``threshold``, ``worst_slice`` and ``step`` are the rule's numbers in millionths,
    ``least_windows`` and ``null_draws`` its numbers of windows and of random directions.
    """

    layers: Mapping[str, int]
    judges: tuple[str, ...]
    schema: str = SCHEMA
    base: str = ""
    experts: int = 16
    epoch_seconds: int = 86_400
    threshold: int = 10_000
    worst_slice: int = 20_000
    step: int = 1_000
    least_windows: int = 300
    null_draws: int = 3999

    def __post_init__(self) -> None:
        numbers = {name: getattr(self, name) for name in _NUMBERS} | dict(self.layers)
        # A first block of another author may hold anything that JSON has, such as NaN.
        for name, number in numbers.items():
            most = _MOST.get(name, _GREATEST)
            if type(number) is not int or not 0 <= number <= most:
                raise ValueError(f"{name} is a whole number of 0 to {most:,}")
        if not all(isinstance(judge, str) for judge in self.judges):
            raise ValueError("judges are hotkeys")
        if not self.layers or not all(_LAYER.fullmatch(name) for name in self.layers):
            raise ValueError("a ledger has a layer at least, named by small letters and digits")
        if not all(1 <= count <= self.experts for count in self.layers.values()):
            raise ValueError(f"of a layer 1 to {self.experts} experts speak up for a window")
        if not self.judges or len(set(self.judges)) != len(self.judges):
            raise ValueError("a ledger has a judge at least, each named once")
        if self.epoch_seconds < 1 or self.least_windows < 1 or self.experts < 1:
            raise ValueError("epoch_seconds, least_windows and experts are 1 at least")

    # Two of three judges may err in different ways; one of two may not decide alone.
    @property
    def quorum(self) -> int:
        """The number of judges that must accept: two thirds, rounded up."""
        return math.ceil(2 * len(self.judges) / 3)

    def epoch_start(self, epoch: int) -> int:
        """Return the second in which an epoch begins."""
        return epoch * self.epoch_seconds

    def rule(self) -> Rule:
        """Return the rule of acceptance."""
        return Rule(
            threshold=self.threshold / MICRO,
            worst_slice=self.worst_slice / MICRO,
            step=self.step / MICRO,
            least_windows=self.least_windows,
            null_draws=self.null_draws,
        )

    def with_rule_of(self, standing: Specification) -> Self:
        """Return it with the rule of a standing ledger, which keeps the one it was made with."""
        return replace(self, **{name: getattr(standing, name) for name in _RULE})

    def differences(self, wanted: Specification) -> str:
        """Return in words which fields differ from a wanted specification."""
        return ", ".join(
            f"{name} is {value}, not {getattr(wanted, name)}"
            for name, value in vars(self).items()
            if value != getattr(wanted, name)
        )

    def to_bytes(self) -> bytes:
        """Return the specification as JSON, always the same."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the result of ``to_bytes``.

        Raises:
            DamagedLedgerError: if it is not a specification.
        """
        try:
            document: dict[str, Any] = json.loads(data)
            # A ledger that was made before random directions were drawn keeps its rule.
            return cls(**{"null_draws": 0, **document, "judges": tuple(document["judges"])})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedLedgerError(f"this is not a specification of a ledger: {error}") from error
