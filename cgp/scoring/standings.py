"""Standings: the worth of a hotkey's answers on the whole, with its uncertainty.

A standing is a ratio of two discounted sums, the miner's score over the window's worth (the score
of the embedded baseline extractor on the same window): 1 is as good as the baseline, 0
is nothing. Windows count in proportion to their worth, so difficulty is divided out, a
hard window decides little, and silence (a score of 0) is never better than any answer. Being a
ratio of sums with the same discount, the estimate is unbiased from the first answer on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cgp.scoring.settings import DEFAULTS, StandingSettings
from cgp.scoring.task import Score


@dataclass(frozen=True, slots=True)
class Observation:
    """Result of one window for one hotkey.

    ``registered_at`` is the block at which the hotkey got its present uid; ``score`` is 0..1 (0 for
    silence and invalid answers); ``reference`` is the worth of the window, above 0. The window
    counts ``weight`` times as much as an ordinary one.
    """

    hotkey: str
    registered_at: int
    score: float
    reference: float
    answered: bool
    block: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Sums:
    """Discounted sums over observations: of weights, squared weights, score x and reference r."""

    w: float = 0.0
    ww: float = 0.0
    x: float = 0.0
    r: float = 0.0
    xx: float = 0.0
    xr: float = 0.0
    rr: float = 0.0

    def then(self, x: float, r: float, memory: float, weight: float = 1.0) -> Sums:
        """Return the sums after one more observation. The past is discounted once,
        for any weight.
        """
        return Sums(
            w=memory * self.w + weight,
            ww=memory * memory * self.ww + weight * weight,
            x=memory * self.x + weight * x,
            r=memory * self.r + weight * r,
            xx=memory * self.xx + weight * (x * x),
            xr=memory * self.xr + weight * (x * r),
            rr=memory * self.rr + weight * (r * r),
        )

    @property
    def mean(self) -> float:
        """Score relative to the reference; 0 without observations."""
        return self.x / self.r if self.r > 0 else 0.0

    @property
    def count(self) -> float:
        """Effective number of observations (Kish): ``(sum w)**2 / sum w**2``."""
        return self.w * self.w / self.ww if self.ww > 0 else 0.0

    def error(self, prior_spread: float) -> float:
        """Standard error of ``mean``, with one pseudo-observation of ``prior_spread``.

        The usual error of a ratio estimator (Cochran 1977, section 6.4): spread of the residuals
        ``x - mean * r`` over the mean reference.
        """
        n = self.count
        if n <= 0:
            return prior_spread
        # Rounding can make a sum of squares slightly negative.
        residual = max(0.0, self.xx - 2 * self.mean * self.xr + self.mean**2 * self.rr) / self.w
        spread = residual / (self.r / self.w) ** 2
        return math.sqrt((n * spread + prior_spread**2) / (n + 1) / n)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a validator remembers of a hotkey's answers.

    ``asked`` counts windows sent to it, ``answered`` the valid answers; the blocks are of the
    first and the last observation.
    """

    hotkey: str
    registered_at: int
    asked: int
    answered: int
    first_block: int
    last_block: int
    long: Sums
    recent: Sums
    settings: StandingSettings = DEFAULTS.standings

    @property
    def mean(self) -> float:
        """Long average, relative to the baseline."""
        return self.long.mean

    @property
    def effective_answers(self) -> float:
        """Number of independent observations that the long average is worth."""
        return self.long.count

    @property
    def uncertainty(self) -> float:
        """Standard error of the long average."""
        return self.long.error(self.settings.prior_spread)

    @property
    def value(self) -> float:
        """Value for rewards: see ``standing_value``."""
        return standing_value(self, self.settings)

    def to_json(self) -> str:
        """Return one line of JSON; ``from_json`` gives an equal standing back."""
        document = asdict(self)
        # A standing under the usual settings keeps the form that stores have always had.
        if self.settings == DEFAULTS.standings:
            del document["settings"]
        return json.dumps(document, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Standing:
        """Read a stored standing.

        Raises:
            ValueError: if ``text`` is not one.
        """
        try:
            document: dict[str, Any] = json.loads(text)
            long, recent = Sums(**document.pop("long")), Sums(**document.pop("recent"))
            settings = StandingSettings(**document.pop("settings", {}))
            return cls(**document, long=long, recent=recent, settings=settings)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a stored standing: {text[:80]!r}") from error


def reference_of(baseline: Score | None, settings: StandingSettings = DEFAULTS.standings) -> float:
    """Return the worth of a window: the score of the baseline extractor's answer to it.

    The validator scores the embedded annotator's answer along with the miners' (one more
    ``Answer``). Without one, every window is taken to be worth the same.
    """
    if baseline is None or not baseline.valid:
        return settings.typical_reference
    return max(settings.least_reference, baseline.value)


def observe(
    hotkey: str,
    registered_at: int,
    score: Score,
    reference: float,
    block: int,
    *,
    peer: float | None = None,
    peer_weight: float = 0.0,
    weight: float = 1.0,
) -> Observation:
    """Return the observation of a hotkey from a scored window.

    ``peer`` is the window's correlated agreement in -1..1 (``cgp.scoring.peers``), None where too
    few independent miners answered; a valid answer's score becomes ``(1 - peer_weight) * score +
    peer_weight * max(0, peer)`` then. Silence and invalid answers are 0. ``weight`` is how often
    the window counts: ``gold_weight`` of the settings for a hidden gold window.
    """
    value = score.value if score.valid else 0.0
    if peer is not None and score.valid:
        value = (1 - peer_weight) * value + peer_weight * max(0.0, min(1.0, peer))
    return Observation(hotkey, registered_at, value, reference, score.valid, block, weight)


def update(
    standing: Standing | None,
    observation: Observation,
    settings: StandingSettings = DEFAULTS.standings,
) -> Standing:
    """Return the standing after one more observation.

    A hotkey that was registered anew (another ``registered_at``) starts fresh, with any past.

    Raises:
        ValueError: if the observation is of another hotkey.
    """
    if standing is not None and standing.hotkey != observation.hotkey:
        raise ValueError(f"{observation.hotkey} observed for the standing of {standing.hotkey}")
    if standing is None or standing.registered_at != observation.registered_at:
        standing = Standing(
            hotkey=observation.hotkey,
            registered_at=observation.registered_at,
            asked=0,
            answered=0,
            first_block=observation.block,
            last_block=observation.block,
            long=Sums(),
            recent=Sums(),
            settings=settings,
        )
    x, r = observation.score, max(settings.least_reference, observation.reference)
    return Standing(
        hotkey=standing.hotkey,
        registered_at=standing.registered_at,
        asked=standing.asked + 1,
        answered=standing.answered + observation.answered,
        first_block=standing.first_block,
        last_block=max(standing.last_block, observation.block),
        long=standing.long.then(x, r, settings.memory, observation.weight),
        recent=standing.recent.then(x, r, settings.recent_memory, observation.weight),
        settings=settings,
    )


def standing_value(standing: Standing, settings: StandingSettings = DEFAULTS.standings) -> float:
    """Return the standing's value for rewards, at least 0.

    The long average less ``caution`` standard errors; no more than the recent average plus
    ``recent_caution`` of its own, so that the pay of a miner that stops working soon falls.
    """
    long, recent = standing.long, standing.recent
    cautious = long.mean - settings.caution * long.error(settings.prior_spread)
    cap = recent.mean + settings.recent_caution * recent.error(settings.prior_spread)
    return max(0.0, min(cautious, cap))


def still_registered(
    standings: Mapping[str, Standing], registered_at: Mapping[str, int]
) -> dict[str, Standing]:
    """Return the standings of hotkeys that still hold the registration under which they were
    earned.

    ``registered_at`` maps the hotkeys of the present metagraph to their registration blocks. Call
    it right before weights are set: a hotkey that left, or left and came back, is not in the
    result.
    """
    return {
        hotkey: standing
        for hotkey, standing in standings.items()
        if registered_at.get(hotkey) == standing.registered_at
    }
