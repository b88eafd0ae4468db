"""Properties of honest miners, measured by replaying their observations in other orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from cgp.scoring.redteam.honest import FULL, LEVELS
from cgp.scoring.redteam.playing import Seat
from cgp.scoring.redteam.simulation import SimulationResult
from cgp.scoring.redteam.strategy import Strategy
from cgp.scoring.rewards import rewards
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.standings import Observation, Standing, standing_value, update

DRAWS = 60
"""Random orders of the windows."""
ORDER_WINDOWS = 60
EQUAL_WINDOWS = 100
NEWCOMER_WINDOWS = 20


def seats_of(strategy: Strategy) -> tuple[Seat, ...]:
    """Return the seats of a strategy."""
    return tuple((strategy.name, seat) for seat in range(strategy.seats))


class Replay:
    """The honest field's observations, replayed over random choices of the windows."""

    def __init__(self, outcome: SimulationResult, settings: ScoringSettings, seed: int) -> None:
        self._observations = outcome.observations
        self._settings = settings
        self._windows = len(next(iter(outcome.observations.values())))
        self._seed = seed

    def order(self) -> dict[str, float]:
        """Return, by level, the probability that its miner stands below one of the level above.

        After ``ORDER_WINDOWS`` windows, over all pairs of miners of neighbouring levels and all
        draws.
        """
        right: dict[str, list[bool]] = {below.name: [] for below in LEVELS[1:]}
        for standings in self._draws(ORDER_WINDOWS):
            value = {seat: self._value(standing) for seat, standing in standings.items()}
            for above, below in pairwise(LEVELS):
                right[below.name] += [
                    value[a] > value[b] for a in seats_of(above) for b in seats_of(below)
                ]
        return {name: float(np.mean(outcomes)) for name, outcomes in right.items()}

    def equal_gap(self) -> float:
        """Return the mean difference in reward of two full miners after ``EQUAL_WINDOWS`` windows.

        Relative to their mean; over all pairs and draws.
        """
        gaps: list[float] = []
        for standings in self._draws(EQUAL_WINDOWS):
            by_hotkey = {standing.hotkey: standing for standing in standings.values()}
            shares = rewards(by_hotkey, None, self._settings.rewards)
            pay = [shares[standings[seat].hotkey] for seat in seats_of(FULL)]
            gaps += [2 * abs(a - b) / (a + b) for a, b in combinations(pay, 2) if a + b > 0]
        return float(np.mean(gaps)) if gaps else 1.0

    def newcomer(self) -> float:
        """Return a full miner's mean standing after ``NEWCOMER_WINDOWS`` answers, over its final
        one.
        """
        full = seats_of(FULL)
        final = np.mean([self._value(s) for s in self._stand(full, range(self._windows)).values()])
        early = [
            self._value(standing)
            for standings in self._draws(NEWCOMER_WINDOWS, full)
            for standing in standings.values()
        ]
        return float(np.mean(early) / final) if final > 0 else 0.0

    def _draws(
        self, windows: int, seats: Sequence[Seat] | None = None
    ) -> Iterator[Mapping[Seat, Standing]]:
        rng = np.random.default_rng([self._seed, windows])
        for _ in range(DRAWS):
            draw = rng.permutation(self._windows)[:windows].tolist()
            yield self._stand(seats or tuple(self._observations), draw)

    def _stand(self, seats: Sequence[Seat], windows: Sequence[int]) -> dict[Seat, Standing]:
        return {seat: self._standing(self._observations[seat], windows) for seat in seats}

    def _standing(self, observations: Sequence[Observation], windows: Sequence[int]) -> Standing:
        standing = update(None, observations[windows[0]], self._settings.standings)
        for number in windows[1:]:
            standing = update(standing, observations[number], self._settings.standings)
        return standing

    def _value(self, standing: Standing) -> float:
        return standing_value(standing, self._settings.standings)
