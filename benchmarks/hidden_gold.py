"""What hidden gold windows change: standings of readers and imitators, by share of gold windows.

``python benchmarks/hidden_gold.py``: needs nothing but the package. The miners answer the bundled
annotated windows. An ordinary window is scored by a ground truth that the default annotator makes from
the whole sample conversation, a gold window by the reader's tags. The *reader* gives the wanted tags in
other accepted wordings where there are any; *bad tags* gives the tags that the reader rejects. A
standing of 1 is the default annotator's on ordinary windows, and the reader's own on gold ones.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence

import numpy as np

from cgp import samples
from cgp.annotators import Annotator
from cgp.annotators.baselines import baselines
from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.gold import GoldWindow, bundled_gold, truth_for
from cgp.metadata import Metadata
from cgp.scoring import (
    Answer,
    Score,
    ScoringRule,
    ScoringTask,
    Standing,
    default_rule,
    observe,
    reference_of,
    rewards,
    update,
)
from cgp.scoring.settings import StandingSettings
from cgp.windows import cut

TRUTH_TAGS, ANSWER_TAGS, BACKGROUND_WINDOWS = 24, 12, 8


def whole_of(gold: GoldWindow) -> tuple[Conversation, int]:
    """Return the sample conversation that a bundled window is part of, and its first turn there."""
    name, _, part = gold.origin.partition("[")
    (whole,) = (c for c in samples.load() if c.id == f"sample-{name}")
    return whole, int(part.partition(":")[0])


def background_of(gold: GoldWindow) -> tuple[Conversation, ...]:
    """Return a window of each of some other samples, those in the same language first."""
    whole, _ = whole_of(gold)
    others = sorted(
        (c for c in samples.load() if c.id != whole.id), key=lambda c: c.language != whole.language
    )
    return tuple(next(cut(c).leaves()).of(c) for c in others[:BACKGROUND_WINDOWS])


def read(gold: GoldWindow) -> Answer:
    """Return the wanted tags in other accepted wordings."""
    return Answer(tuple(tag.wordings[-1] for tag in gold.tags)[:ANSWER_TAGS], gold.profiles)


def rejected(gold: GoldWindow) -> Answer:
    """Return the tags that the reader rejects."""
    return Answer(tuple(tag.text for tag in gold.reject)[:ANSWER_TAGS])


async def answers_of(annotator: Annotator, gold: GoldWindow) -> Answer:
    """Return an annotator's answer to a window."""
    metadata = await annotator.annotate(gold.window, max_tags=ANSWER_TAGS)
    return Answer(tuple(tag.text for tag in metadata.tags), metadata.profiles)


async def play(windows: Sequence[GoldWindow]) -> list[dict[str, Answer]]:
    """Return every miner's answer to each window."""
    default = EmbeddedAnnotator()
    played = []
    for gold in windows:
        answers = {"default": await answers_of(default, gold), "reader": read(gold)}
        for baseline in baselines():
            answers[baseline.name] = await answers_of(baseline, gold)
        played.append(answers | {"bad tags": rejected(gold)})
    return played


async def truths(windows: Sequence[GoldWindow]) -> list[Metadata]:
    """Return the default annotator's ground truth of each window's whole conversation."""
    default = EmbeddedAnnotator()
    made: dict[str, Metadata] = {}
    by_window = []
    for gold in windows:
        whole, start = whole_of(gold)
        if whole.id not in made:
            made[whole.id] = await default.annotate(
                whole, max_tags=TRUTH_TAGS, purpose="ground_truth"
            )
        by_window.append(made[whole.id].shift(-start))
    return by_window


def scored(
    rule: ScoringRule, gold: GoldWindow, answers: dict[str, Answer], truth: Metadata | None
) -> dict[str, tuple[Score, float]]:
    """Return each miner's score and the window's worth, by ``truth`` or else by the reader's tags."""
    background = background_of(gold)
    own = Answer(gold.best(ANSWER_TAGS), gold.profiles)
    scores: dict[str, Score] = {}
    for name, answer in {**answers, "gold": own}.items():
        by = truth or truth_for(gold, answer.tags)
        (scores[name],) = rule.score(ScoringTask(gold.window, by, background), [answer])
    by_reader = scores.pop("gold")
    worth = reference_of(scores["default"] if truth else by_reader)
    return {name: (score, worth) for name, score in scores.items()}


def standings(
    ordinary: Sequence[dict[str, tuple[Score, float]]],
    hidden: Sequence[dict[str, tuple[Score, float]]],
    share: float,
    tasks: int,
    seed: int,
) -> dict[str, Standing]:
    """Return standings after ``tasks`` windows, a ``share`` of them gold ones."""
    chance = random.Random(seed)
    kept: dict[str, Standing] = {}
    for block in range(tasks):
        is_gold = chance.random() < share
        window = chance.choice(hidden if is_gold else ordinary)
        weight = StandingSettings().gold_weight if is_gold else 1.0
        for name, (score, worth) in window.items():
            seen = observe(name, 0, score, worth, block, weight=weight)
            kept[name] = update(kept.get(name), seen)
    return kept


def main() -> int:
    """Print standings and shares of the reward, by share of gold windows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=400, help="windows that each miner answers")
    parser.add_argument("--seeds", type=int, default=20, help="runs that are averaged")
    options = parser.parse_args()
    windows = bundled_gold()
    played, made = asyncio.run(play(windows)), asyncio.run(truths(windows))
    rule = default_rule(default_embedder())
    rows = list(zip(windows, played, made, strict=True))
    ordinary = [scored(rule, gold, answers, truth) for gold, answers, truth in rows]
    hidden = [scored(rule, gold, answers, None) for gold, answers, _ in rows]
    names = list(played[0])
    print(f"{rule.version}, {len(windows)} windows; standing (share of the reward)")
    print(f"{'gold share':<12}" + "".join(f"{name:>18}" for name in names))
    for share in (0.0, 0.05, 0.1, 0.2, 1.0):
        values, paid = [], []
        for seed in range(options.seeds):
            kept = standings(ordinary, hidden, share, options.tasks, seed)
            values.append([kept[name].mean for name in names])
            shares = rewards(kept)
            paid.append([shares.get(name, 0.0) for name in names])
        cells = zip(np.mean(values, axis=0), np.mean(paid, axis=0), strict=True)
        print(f"{share:<12}" + "".join(f"{v:>11.2f} ({p:.2f})" for v, p in cells))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
