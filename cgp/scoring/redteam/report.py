"""The red team's report: every strategy and every check on honest miners, with its bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from cgp.annotators import Annotator
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.gold import GoldWindow
from cgp.scoring.redteam import (
    cheap_reading,
    climbing,
    collusion,
    history,
    not_reading,
    pooling,
    profiles,
    reading,
    vectors,
)
from cgp.scoring.redteam.checks import (
    EQUAL_WINDOWS,
    NEWCOMER_WINDOWS,
    ORDER_WINDOWS,
    Replay,
    seats_of,
)
from cgp.scoring.redteam.honest import FIELD, FULL, GUESTS, LEVELS, TWINS
from cgp.scoring.redteam.playing import Round, Stage
from cgp.scoring.redteam.remembering import RememberingEmbedder
from cgp.scoring.redteam.scenes import build_gold_scenes, build_scenes
from cgp.scoring.redteam.simulation import SimulationResult, simulate
from cgp.scoring.redteam.strategy import Sense, Strategy
from cgp.scoring.score import GenomeRule
from cgp.scoring.settings import DEFAULTS, ScoringSettings

ATTACKS: tuple[Strategy, ...] = (
    *not_reading.STRATEGIES,
    *cheap_reading.STRATEGIES,
    *climbing.STRATEGIES,
    *pooling.STRATEGIES,
    *vectors.STRATEGIES,
    *profiles.STRATEGIES,
    *history.STRATEGIES,
    *collusion.STRATEGIES,
)
DEFAULT_WINDOWS = 150
ORDER_LIMIT = (Sense.AT_LEAST, 0.99)
BEST_OVER_NOISY_LIMIT = (Sense.AT_LEAST, 5.0)
EQUAL_LIMIT = (Sense.AT_MOST, 0.05)
NEWCOMER_LIMIT = (Sense.AT_LEAST, 0.90)
UNPAID = 1e9
"""Stands for "any number of times" where the noisiest miner is paid nothing."""
JUNK = "junk, "
PRECISION = 0.02
"""Tolerance of bounds of one honest miner and more: the precision of a comparison with a twin."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Row:
    """One line of the report.

    ``score`` is the mean score of an answer, ``reward`` the mean share of the subnet's reward of
    all seats together, ``ratio_to_honest`` that share relative to one honest full miner's.
    ``measured`` is compared with ``bound`` as ``check`` says: it is the ratio, except in the
    checks on honest miners. ``known_limit`` says why the bound is known not to hold (empty: it is
    to hold).
    """

    name: str
    kind: str
    group: str
    score: float
    reward: float
    ratio_to_honest: float
    check: str
    measured: float
    sense: str
    bound: float
    known_limit: str = ""

    @property
    def passed(self) -> bool:
        """True if the bound holds."""
        if self.sense == Sense.AT_LEAST:
            return self.measured >= self.bound - ROUNDING
        tolerance = PRECISION if self.bound >= 1 else ROUNDING
        return self.measured <= self.bound + tolerance

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Report:
    """All rows, honest miners first."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """True if every bound holds that is not a known limit."""
        return all(row.passed or row.known_limit for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return ``{"strategies": [row]}``."""
        return {"strategies": [row.to_json() for row in self.rows]}


def run_red_team(
    conversations: Sequence[Conversation],
    annotator: Annotator,
    embedder: Embedder,
    *,
    windows: int = DEFAULT_WINDOWS,
    seed: int = 0,
    attacks: Sequence[Strategy] = ATTACKS,
    settings: ScoringSettings = DEFAULTS,
    gold: Sequence[GoldWindow] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure every attack, and the honest miners, on ``windows`` windows.

    With ``gold`` these are windows that a careful reader annotated, under the reader's ground
    truth, and readers of graded quality are measured as well; ``conversations`` are then not
    used. ``on_progress`` is told how many steps are done, of how many. The same arguments give
    the same report. Must not be called inside a running event loop.

    Raises:
        ValueError: if there are fewer than two conversations or fewer than three windows.
    """
    if windows < 3:
        raise ValueError(f"at least 3 windows are needed, not {windows}")
    remembering = RememberingEmbedder(embedder)
    guests = (*GUESTS, *(reading.STRATEGIES if gold else ()))
    groups = list(_groups((*guests, *attacks)))
    progress = _Progress(windows + len(groups) + 2, on_progress)
    scenes = asyncio.run(
        build_gold_scenes(gold, windows, seed, annotator)
        if gold
        else build_scenes(conversations, windows, seed, annotator)
    )
    everybody = (*FIELD, *TWINS, *chain.from_iterable(groups))
    streams = {s.name: place for group in (TWINS, *groups) for place, s in enumerate(group)}
    stage = Stage(GenomeRule(remembering, settings), remembering, seed, streams)
    rounds: list[Round] = []
    for number in range(windows):
        rounds.append(stage.play(scenes, everybody, number))
        progress.step()

    def subnet(*guests: Strategy) -> SimulationResult:
        outcome = simulate(rounds, (*FIELD, *guests), remembering, settings)
        progress.step()
        return outcome

    field, twins = subnet(), subnet(*TWINS)
    rows = [*_honest_rows(rounds, field), *_check_rows(rounds, field, settings, seed)]
    for group in groups:
        outcome = subnet(*group)
        rows += [
            _row(strategy, rounds, outcome, honest=_relative(twins, twin))
            for strategy, twin in zip(group, TWINS, strict=False)
        ]
    order = {strategy.name: place for place, strategy in enumerate((*guests, *attacks))}
    # Honest rows are in no list of strategies: -1 puts them first.
    rows.sort(key=lambda row: order.get(row.name, -1))
    return Report(tuple(_monotone(rows)))


class _Progress:
    """Counts steps."""

    def __init__(self, total: int, tell: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def step(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)


def _groups(strategies: Iterable[Strategy]) -> Iterator[tuple[Strategy, ...]]:
    """Put strategies of one seat together, so that they are a third of the subnet; rings stand
    alone.

    Neighbours in the list are kept apart, because like strategies could look like accomplices.
    The place in a group is the stream of honest work that a strategy shares with the twin of that
    place.
    """
    single = [strategy for strategy in strategies if strategy.seats == 1]
    count = -(-len(single) // len(TWINS))
    yield from (tuple(single[start::count]) for start in range(count))
    yield from ((strategy,) for strategy in strategies if strategy.seats > 1)


def _mean_score(strategy: Strategy, rounds: Sequence[Round]) -> float:
    return float(
        np.mean([game.scores[seat].value for game in rounds for seat in seats_of(strategy)])
    )


def _relative(outcome: SimulationResult, strategy: Strategy) -> float:
    """Return a strategy's income relative to that of the mean full miner beside it."""
    honest = outcome.total(FULL) / FULL.seats
    reward = outcome.total(strategy)
    return reward / honest if honest > 0 else float(reward > 0)


def _row(
    strategy: Strategy,
    rounds: Sequence[Round],
    outcome: SimulationResult,
    *,
    honest: float,
    share: int = 1,
) -> Row:
    ratio = _relative(outcome, strategy) / share / honest if honest > 0 else 0.0
    return Row(
        name=strategy.name,
        kind=strategy.kind,
        group=strategy.group,
        score=_mean_score(strategy, rounds),
        reward=outcome.total(strategy) / share,
        ratio_to_honest=ratio,
        check="reward of all seats / one honest full miner's",
        measured=ratio,
        sense=strategy.sense.value,
        bound=strategy.bound,
        known_limit=strategy.known_limit,
    )


def _level_row(level: Strategy, rounds: Sequence[Round], field: SimulationResult) -> Row:
    return _row(level, rounds, field, honest=1.0, share=level.seats)


def _honest_rows(rounds: Sequence[Round], field: SimulationResult) -> list[Row]:
    return [_level_row(level, rounds, field) for level in FIELD]


def _check_rows(
    rounds: Sequence[Round], field: SimulationResult, settings: ScoringSettings, seed: int
) -> Iterator[Row]:
    replay = Replay(field, settings, seed)
    rows = {level.name: _level_row(level, rounds, field) for level in LEVELS}
    full, noisiest = rows[FULL.name], rows[LEVELS[-1].name]

    def check(
        row: Row, name: str, description: str, measured: float, limit: tuple[Sense, float]
    ) -> Row:
        sense, bound = limit
        return replace(
            row, name=name, check=description, measured=measured, sense=sense.value, bound=bound
        )

    for name, probability in replay.order().items():
        description = f"P(stands below the level above after {ORDER_WINDOWS} windows)"
        yield check(rows[name], f"{name}, in order", description, probability, ORDER_LIMIT)
    pay = noisiest.ratio_to_honest
    over = 1 / pay if pay > 0 else UNPAID
    description = "pay of a full miner / of a 60 % noisy one"
    yield check(noisiest, "honest best over noisiest", description, over, BEST_OVER_NOISY_LIMIT)
    description = f"mean gap in pay of two full miners after {EQUAL_WINDOWS} windows"
    yield check(full, "honest equals", description, replay.equal_gap(), EQUAL_LIMIT)
    description = f"standing after {NEWCOMER_WINDOWS} answers / final standing"
    yield check(full, "honest newcomer", description, replay.newcomer(), NEWCOMER_LIMIT)


def _monotone(rows: Sequence[Row]) -> Iterator[Row]:
    """Tighten the bound of each share of junk to the pay of the next smaller share."""
    bound = 1.0
    for row in rows:
        if row.name.startswith(JUNK):
            yield replace(row, bound=min(row.bound, bound))
            bound = row.ratio_to_honest
        else:
            yield row
