"""A snapshot of the subnet at work: counts, miners, the latest windows, weights, health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from cgp.explorer.chain_line import ChainLine
from cgp.explorer.store_counts import StoreCounts
from cgp.explorer.store_reads import ExplorerStore, RecentAnswer
from cgp.miner_names import MinerNames
from cgp.scoring.standings import Standing

RECENT_ANSWERS = 1500
"""Answers that a snapshot looks at: about the last 30 for each of 50 miners."""

_SPARKS = 40
_WINDOWS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class MinerLine:
    """One miner in a snapshot. ``name`` is for people, and may be the beginning of the hotkey.

    ``score`` is the mean of its latest scores (0 to 1), ``scores`` are the latest of them, oldest
    first. ``seconds`` is the median latency of its latest answers, None without an answer.
    ``standing`` is the long-run value (1: as good as the baseline), ``reward`` the share of the
    last weights.
    """

    hotkey: str
    name: str
    uid: int
    answers: int
    failures: int
    score: float
    scores: tuple[float, ...]
    seconds: float | None
    standing: float | None
    reward: float


@dataclass(frozen=True, slots=True)
class WindowAnswer:
    """One miner's answer in the feed of the latest windows."""

    uid: int
    score: float
    failure: str


@dataclass(frozen=True, slots=True)
class WindowLine:
    """One window in the feed of the latest windows."""

    conversation_id: str
    window: int
    answers: tuple[WindowAnswer, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the subnet as one store knows it.

    ``weights`` are those of the last attempt to set them, None before the first.
    ``health`` is the document of the validator's ``/healthz``, None if no validator is watched;
    ``chain`` is the part of it that tells of the chain.
    """

    conversations: Mapping[str, int]
    windows: int
    windows_done: int
    answers: int
    miners: tuple[MinerLine, ...]
    latest: tuple[WindowLine, ...]
    weights: Mapping[str, Any] | None
    health: Mapping[str, Any] | None = None
    chain: ChainLine | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, as the page of the live room reads them."""
        return asdict(self)


def snapshot_of(store: ExplorerStore, counts: StoreCounts, names: MinerNames) -> Snapshot:
    """Return a snapshot of the store, without health. Blocks: reads the store."""
    # Miners are judged by their latest answers only, so a poll costs the same after weeks.
    recent = store.recent_answers(RECENT_ANSWERS)
    counts.read()
    validator = next(iter(store.validators()), None)
    standings: dict[str, float] = {}
    rewards: Mapping[str, float] = {}
    weights: dict[str, Any] | None = None
    if validator is not None:
        standings = standing_values(store, *validator)
        if history := store.weights_history(validator[0], 1):
            last = history[-1]
            rewards = last.rewards
            weights = {
                "block": last.block,
                "set_at": last.set_at,
                "success": last.success,
                "code": last.code,
            }
    return Snapshot(
        conversations=counts.conversations,
        windows=counts.windows,
        windows_done=counts.windows_done,
        answers=counts.answers(recent[0].received_at) if recent else 0,
        miners=tuple(_miners(recent, standings, rewards, names)),
        latest=tuple(_latest(recent)),
        weights=weights,
    )


def standing_values(store: ExplorerStore, validator: str, rule_version: str) -> dict[str, float]:
    """Return the standing of each hotkey that a validator knows under one scoring version."""
    return {
        record.hotkey: Standing.from_json(record.standing).value
        for record in store.standings_of(validator, rule_version)
    }


def _miners(
    recent: Sequence[RecentAnswer],
    standings: Mapping[str, float],
    rewards: Mapping[str, float],
    names: MinerNames,
) -> list[MinerLine]:
    by_hotkey: dict[str, list[RecentAnswer]] = defaultdict(list)
    for answer in recent:
        by_hotkey[answer.hotkey].append(answer)
    lines = [
        _miner(
            hotkey,
            names.shown(hotkey),
            miner_answers,
            standings.get(hotkey),
            rewards.get(hotkey, 0.0),
        )
        for hotkey, miner_answers in by_hotkey.items()
    ]
    return sorted(lines, key=lambda line: (-line.reward, -line.score, line.uid))


def _miner(
    hotkey: str,
    name: str,
    latest_first: Sequence[RecentAnswer],
    standing: float | None,
    reward: float,
) -> MinerLine:
    seconds = [answer.seconds for answer in latest_first if not answer.failure]
    return MinerLine(
        hotkey=hotkey,
        name=name,
        uid=latest_first[0].uid,
        answers=len(seconds),
        failures=len(latest_first) - len(seconds),
        score=round(fmean(answer.score for answer in latest_first), 4),
        scores=tuple(round(answer.score, 3) for answer in reversed(latest_first[:_SPARKS])),
        seconds=round(median(seconds), 3) if seconds else None,
        standing=None if standing is None else round(standing, 4),
        reward=round(reward, 4),
    )


def _latest(recent: Sequence[RecentAnswer]) -> list[WindowLine]:
    windows: dict[tuple[str, int], list[RecentAnswer]] = {}
    for answer in recent:
        key = (answer.conversation_id, answer.window)
        if key not in windows and len(windows) == _WINDOWS_SHOWN:
            break
        windows.setdefault(key, []).append(answer)
    return [
        WindowLine(
            identifier,
            window,
            tuple(
                WindowAnswer(item.uid, round(item.score, 3), item.failure)
                for item in sorted(miner_answers, key=lambda item: item.uid)
            ),
        )
        for (identifier, window), miner_answers in windows.items()
    ]
