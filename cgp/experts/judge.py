"""The judge: does a candidate lower the loss on windows that its author has not seen?

The two models, without and with the candidate, are measured on the same windows. The gain must
exceed a threshold with confidence, as the models are and once both are fitted to the windows by a
slope and an intercept, no kind of talk may get worse, and random directions in the candidate's
place must gain less surely. The decision is a function of the candidate's bytes, the hold-out and
the head alone, so every judge with the hold-out repeats it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cgp.arrays import Floats
from cgp.experts.calibration import fitted
from cgp.experts.errors import ExpertsError
from cgp.experts.mixture import Layer
from cgp.experts.null_directions import Addition, is_surer_than_chance
from cgp.experts.window_table import WindowTable, added_log_odds
from cgp.tagmodel.head import Head

MICRO = 1_000_000
# Of one conversation every draw is the same, so a chance would look sure. Kinds of talk with fewer
# conversations than this are looked at as one.
_LEAST_ORIGINS = 8
_SMALL_KINDS = "small kinds"


class Reason(StrEnum):
    """A reason for a decision."""

    GAIN = "gain"
    NO_GAIN = "no_gain"
    SLICE_WORSE = "slice_worse"
    NEVER_ROUTED = "never_routed"
    CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class Rule:
    """Numbers of the acceptance rule.

    ``threshold`` is the least relative gain that the lower bound must exceed, ``fitted_threshold``
    the same once both models are fitted by a slope and an intercept, ``worst_slice`` the
    relative loss beyond which a kind of talk counts as worse, ``step`` the relative grain of the
    gain that is told (so that answers say little about the hold-out), ``draws`` the number of
    bootstrap draws, ``least_windows`` the least size of a hold-out, ``null_draws`` the number of
    random directions of each kind, of which all but one in a thousand must gain less surely than a
    candidate (0: none is drawn).
    """

    threshold: float = 0.01
    fitted_threshold: float = 0.002
    worst_slice: float = 0.02
    step: float = 0.001
    draws: int = 2000
    least_windows: int = 300
    null_draws: int = 3999


@dataclass(frozen=True, slots=True)
class Measurement:
    """Measurement of a candidate; all but the ``told`` parts stays with the judge.

    Losses and gains are nats a candidate phrase; a gain is the lesser of that of the models as they
    are and that of the fitted ones. ``lower`` and
    ``fitted_lower`` are the 5 % bootstrap bounds of the two.
    ``routed_share`` is the share of windows for which the expert's gate is open, weighted by how
    far.
    """

    is_accepted: bool
    reason: Reason
    loss_before: float
    gain: float
    lower: float
    fitted_lower: float
    routed_share: float
    worst_slice: str
    step: float

    @property
    def told_gain(self) -> int:
        """The gain in millionths of a nat, rounded down to a whole step; 0 if not accepted."""
        if not self.is_accepted:
            return 0
        grain = max(1, round(self.step * self.loss_before * MICRO))
        return int(self.gain * MICRO) // grain * grain

    @property
    def told_routed(self) -> int:
        """The routed share in millionths; 0 if not accepted."""
        return int(self.routed_share * MICRO) if self.is_accepted else 0


class HoldOutTooSmallError(
    ExpertsError,
    ValueError,
    code="experts.hold_out_too_small",
    remedy="seal a hold-out of more windows; to try things, cgp experts init --least-windows makes a "
    "ledger that decides by fewer (docs/experts.md)",
):
    """A hold-out has too few windows for a decision."""


@dataclass(frozen=True, slots=True)
class Change:
    """A candidate: the layers without it and with it.

    ``digest`` names its block. ``layer`` and ``member`` name the expert; ``member`` is None for a
    router, which every window of its layer goes through.
    """

    digest: str
    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    layer: str
    member: str | None = None


def measure(
    head: Head, change: Change, hold_out: WindowTable, rule: Rule | None = None
) -> Measurement:
    """Measure the mixture with a change against the mixture as it stands.

    Raises:
        HoldOutTooSmallError: if the hold-out has fewer windows than the rule asks for.
    """
    rule = rule or Rule()
    require_size(hold_out, rule.least_windows)
    # The sums are in float64, and the threshold is far above what machines differ by.
    base = head.log_odds(hold_out.rows)
    log_odds_before = base + added_log_odds(change.before, hold_out)
    log_odds_after = base + added_log_odds(change.after, hold_out)
    before = hold_out.losses(log_odds_before)
    gains = before - hold_out.losses(log_odds_after)
    fitted_gains = _fitted_losses(log_odds_before, hold_out) - _fitted_losses(
        log_odds_after, hold_out
    )
    mean_before = float(before.mean())
    gain = float(min(gains.mean(), fitted_gains.mean()))
    share = _routed_share(change, hold_out)
    # Everybody with the hold-out draws the same samples; nobody without it knows which.
    key = f"{change.digest} {hold_out.salt}".encode()
    seed = int.from_bytes(hashlib.sha256(key).digest()[:8])
    lower, fitted_lower = (
        float(np.quantile(_draws(values, hold_out.origins, rule.draws, seed), 0.05))
        for values in (gains, fitted_gains)
    )
    worse = _worse_slice(gains, before, hold_out, rule, seed)
    if share == 0.0:
        reason = Reason.NEVER_ROUTED
    elif not (
        lower > rule.threshold * mean_before and fitted_lower > rule.fitted_threshold * mean_before
    ):
        reason = Reason.NO_GAIN
    elif worse:
        reason = Reason.SLICE_WORSE
    else:
        # Last, since it takes seconds.
        is_beyond_chance = _is_beyond_chance(
            change, hold_out, (log_odds_before, log_odds_after), rule.null_draws, seed
        )
        reason = Reason.GAIN if is_beyond_chance else Reason.CHANCE
    return Measurement(
        reason is Reason.GAIN,
        reason,
        mean_before,
        gain,
        lower,
        fitted_lower,
        share,
        worse,
        rule.step,
    )


def is_no_worse(measurement: Measurement, rule: Rule) -> bool:
    """Tell if a change surely costs less than the gain that the rule asks of a fitted expert.

    This is the question for a smaller network in place of a greater one, which has to gain nothing.
    """
    least = -rule.fitted_threshold * measurement.loss_before
    return measurement.lower > least and not measurement.worst_slice


def require_size(hold_out: WindowTable, least_windows: int) -> None:
    """Raise ``HoldOutTooSmallError`` if a hold-out has too few windows for a decision."""
    if len(hold_out) < least_windows:
        raise HoldOutTooSmallError(
            f"the hold-out has {len(hold_out)} windows; a decision of this ledger needs {least_windows}"
        )


def _routed_share(change: Change, hold_out: WindowTable) -> float:
    return 1.0 if change.member is None else float(_openings(change, hold_out).mean())


def _openings(change: Change, hold_out: WindowTable) -> Floats:
    """Return how far the changed expert's gate is open, shape ``(windows,)``."""
    layer = next(layer for layer in change.after if layer.name == change.layer)
    names: list[str | None] = [member.name for member in layer.members]
    number = names.index(change.member)
    return np.asarray(layer.openings(hold_out.windows)[:, number])


def _is_beyond_chance(
    change: Change, hold_out: WindowTable, log_odds: tuple[Floats, Floats], draws: int, seed: int
) -> bool:
    """Tell if a change gains more surely than random directions in its place."""
    before, after = log_odds
    added = after - before
    if change.member is None:
        # A router has no gate of its own: random directions do as much in each window as it does.
        openings = np.sqrt(hold_out.layout.fold(np.add, added**2) / hold_out.layout.sizes)
    else:
        openings = _openings(change, hold_out)
    openings = openings[hold_out.window_of_row]
    return is_surer_than_chance(
        Addition(before, added, openings),
        hold_out,
        draws,
        seed,
        lambda candidate: _fitted_losses(candidate, hold_out),
    )


def _draws(gains: Floats, origins: Sequence[str], count: int, seed: int) -> Floats:
    """Return bootstrap means of gains; windows of one conversation are drawn together."""
    _, number = np.unique(np.asarray(origins), return_inverse=True)
    sums = np.bincount(number, weights=gains)
    sizes = np.bincount(number).astype(np.float64)
    picks = np.random.default_rng(seed).integers(len(sums), size=(count, len(sums)))
    return np.asarray(sums[picks].sum(axis=1) / sizes[picks].sum(axis=1))


def _fitted_losses(log_odds: Floats, hold_out: WindowTable) -> Floats:
    return hold_out.losses(fitted(log_odds, hold_out, _with_small_kinds_as_one(hold_out)))


def _worse_slice(
    gains: Floats, before: Floats, hold_out: WindowTable, rule: Rule, seed: int
) -> str:
    """Return the first kind of talk that surely gets worse, or nothing."""
    origins = np.asarray(hold_out.origins)
    kinds = _with_small_kinds_as_one(hold_out)
    slices = np.asarray(kinds)
    for name in sorted(set(kinds)):
        inside = slices == name
        draws = _draws(gains[inside], origins[inside].tolist(), rule.draws, seed)
        if float(np.quantile(draws, 0.95)) < -rule.worst_slice * float(before[inside].mean()):
            return name
    return ""


def _with_small_kinds_as_one(hold_out: WindowTable) -> list[str]:
    """Return the kind of talk of each window, that of few conversations by one name."""
    origins: dict[str, set[str]] = {}
    for name, origin in zip(hold_out.slices, hold_out.origins, strict=True):
        origins.setdefault(name, set()).add(origin)
    small = {name for name, members in origins.items() if len(members) < _LEAST_ORIGINS}
    return [_SMALL_KINDS if name in small else name for name in hold_out.slices]
