"""The incentive as its page shows it: the bell curve, history, clusters, red team, gold."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from cgp.embedders import Embedder
from cgp.explorer.pictures import Axis, path
from cgp.explorer.store_reads import ExplorerStore, WeightsLine
from cgp.scoring.peers import AnswerRecord, clone_clusters
from cgp.scoring.rewards import bell, rewards
from cgp.scoring.settings import DEFAULTS, RewardSettings
from cgp.scoring.standings import Standing
from cgp.scoring.task import Answer

WIDTH, HEIGHT = 640.0, 260.0
_START, _END, _TOP, _BOTTOM = 48.0, 26.0, 12.0, 38.0
_CURVE_POINTS = 160
_HISTORY = 300
_CLUSTER_WINDOWS = 256
_CLUSTER_SECONDS = 30.0
_MOST_REPORT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class BellPoint:
    """One miner on the curve, in pixels of a picture of 640 by 260."""

    hotkey: str
    standing: float
    error: float
    reward: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Bell:
    """The bell curve's picture: the curve's path, the miners, marks on the axes."""

    curve: str
    points: Sequence[BellPoint]
    baseline_x: float
    ticks_x: Sequence[tuple[float, float]]
    ticks_y: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class GoldLine:
    """One hidden gold window, for the operator."""

    id: str
    uses: int
    answers: int
    mean_score: float | None


@dataclass(frozen=True, slots=True)
class RedTeamLine:
    """One line of the red team's report."""

    name: str
    group: str
    value: float
    sense: str
    bound: float
    holds: bool
    known_limit: str


@dataclass(frozen=True, slots=True)
class RedTeamGroup:
    """The strategies of one kind: first those whose bound does not hold, then those that hold."""

    name: str
    lines: Sequence[RedTeamLine]

    @property
    def exceptions(self) -> int:
        """Number of lines whose bound does not hold, known limits included."""
        return sum(not line.holds for line in self.lines)


@dataclass(frozen=True, slots=True)
class IncentiveView:
    """All that the page shows of one validator's incentive; ``validator`` is empty without any."""

    validator: str
    rule_version: str
    bell: Bell | None
    history: Sequence[WeightsLine]
    clusters: Sequence[Sequence[str]]
    redteam: Sequence[RedTeamGroup]
    gold: Sequence[GoldLine] | None


def incentive_view(
    store: ExplorerStore, clusters_of: ClusterReader, data_dir: Path, *, operator: bool
) -> IncentiveView:
    """Return the incentive of the validator that scored last. Blocks: reads the store.

    Gold windows are read for the ``operator`` only.
    """
    validator, rule_version = next(iter(store.validators()), ("", ""))
    standings = {
        record.hotkey: Standing.from_json(record.standing)
        for record in (store.standings_of(validator, rule_version) if validator else ())
    }
    clusters = clusters_of.of(validator) if validator else {}
    return IncentiveView(
        validator=validator,
        rule_version=rule_version,
        bell=bell_of(standings, clusters) if standings else None,
        history=store.weights_history(validator, _HISTORY) if validator else (),
        clusters=_groups(clusters),
        redteam=redteam_groups(redteam_lines(data_dir / "redteam.json")),
        gold=_gold(store) if operator else None,
    )


def bell_of(
    standings: Mapping[str, Standing],
    clusters: Mapping[str, int],
    settings: RewardSettings = DEFAULTS.rewards,
) -> Bell:
    """Return the picture of the curve that turns these standings into rewards."""
    values = np.array([item.value for item in standings.values()], dtype=np.float64)
    eligible = values[values > settings.floor]
    # At least 1.5, so that the baseline's place on the axis does not jump between visits.
    high = max(1.5, float(values.max(initial=0.0)) * 1.1)
    across = Axis(0.0, high, _START, WIDTH - _END)
    up = Axis(0.0, 1.0, HEIGHT - _BOTTOM, _TOP)
    # The field is the miners alone: the points of the curve are compared with them, not with each
    # other.
    grid = np.linspace(0.0, high, _CURVE_POINTS)
    curve = bell(grid, settings, field=eligible)
    heights = bell(values, settings, field=eligible)
    shares = rewards(standings, clusters, settings)
    points = [
        BellPoint(
            hotkey,
            round(standing.value, 3),
            round(standing.uncertainty, 3),
            shares[hotkey],
            across(standing.value),
            up(float(height)),
        )
        for (hotkey, standing), height in zip(standings.items(), heights, strict=True)
    ]
    return Bell(
        curve=path([(across(x), up(y)) for x, y in zip(grid, curve, strict=True)]),
        points=sorted(points, key=lambda point: -point.reward),
        baseline_x=across(1.0),
        ticks_x=[(value, across(value)) for value in across.ticks(6)],
        ticks_y=[(value, up(value)) for value in up.ticks(4)],
    )


def redteam_lines(file: Path) -> list[RedTeamLine]:
    """Return the lines of a report of ``cgp redteam --json``, none if it cannot be read."""
    try:
        with file.open(encoding="utf-8") as report:
            document = json.loads(report.read(_MOST_REPORT_BYTES))
        return [_redteam_line(row) for row in document["strategies"]]
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        # A report is optional, and made by another command: a broken one counts as none.
        return []


def redteam_groups(lines: Iterable[RedTeamLine]) -> list[RedTeamGroup]:
    """Return the lines by their groups, in the order in which the groups first come."""
    groups: dict[str, list[RedTeamLine]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    # Bounds that do not hold come first, and of them the ones that nobody expects.
    return [
        RedTeamGroup(name, sorted(group, key=lambda line: (line.holds, bool(line.known_limit))))
        for name, group in groups.items()
    ]


def _redteam_line(row: Mapping[str, Any]) -> RedTeamLine:
    return RedTeamLine(
        name=str(row["name"]),
        group=str(row["group"]),
        value=float(row["measured"]),
        sense=str(row["sense"]),
        bound=float(row["bound"]),
        holds=bool(row["passed"]),
        known_limit=str(row.get("known_limit", "")),
    )


class ClusterReader:
    """Finds clusters of like miners, anew at most every 30 seconds. Thread-safe.

    By answers alone: a validator also joins miners by coldkey and address, which the chain tells.
    """

    def __init__(self, store: ExplorerStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        self._lock = threading.Lock()  # two readers never compare the same answers twice
        self._found: tuple[str, float, dict[str, int]] = ("", -math.inf, {})

    def of(self, validator: str) -> dict[str, int]:
        """Return the cluster number of each hotkey that answered a validator's latest windows."""
        with self._lock:
            name, read_at, clusters = self._found
            if name != validator or time.monotonic() - read_at > _CLUSTER_SECONDS:
                history = self._store.peer_history(validator, _CLUSTER_WINDOWS)
                clusters = clone_clusters(map(AnswerRecord.from_json, history), self._embedder)
                self._found = (validator, time.monotonic(), clusters)
            return clusters


def _groups(clusters: Mapping[str, int]) -> list[list[str]]:
    """Return the hotkeys of each cluster that has more than one."""
    groups: dict[int, list[str]] = {}
    for hotkey, number in clusters.items():
        groups.setdefault(number, []).append(hotkey)
    return [group for group in groups.values() if len(group) > 1]


def _gold(store: ExplorerStore) -> list[GoldLine]:
    scores: dict[str, list[float]] = {}
    for use in store.gold_uses():
        scores.setdefault(use.gold.id, []).extend(
            answer.score.value for answer in use.answers if isinstance(answer.answer, Answer)
        )
    return [
        GoldLine(
            record.gold.id,
            record.uses,
            len(window_scores := scores.get(record.gold.id, [])),
            round(fmean(window_scores), 3) if window_scores else None,
        )
        for record in store.gold()
    ]
