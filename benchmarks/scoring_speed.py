"""How long scoring takes: 256 answers of 12 tags to one window, against a per-tag loop.

    python benchmarks/scoring_speed.py [--answers 256] [--repeat 9]

The loop computes the formula that the live subnet publishes (one embedding call and one cosine to the
mean of the ground truth's vectors per tag, then weighted statistics and penalties), with the same
embedder in the same run; its language-model calls are left out. Ours is the whole path from parsed
answers to final scores, re-embedding and the check of the miners' vectors included, and does not use
the loop's embeddings. Mixes of answers are timed apart, because every distinct tag is embedded once:
*agreeing* miners (an annotator's best tags with some variety), ones that choose among *300 phrases* of the
window, *varied* ones (any phrase of it), and *all different* (no tag twice); *agreeing, rounded* ones sent vectors that are right but
not to the last bit, so that each is looked at closer. Preparing the task (once per task) is timed apart,
for a window not read before: *cold*, with a background not read before either, and *warm*, with the
background of the conversation's window before. The second ratio counts it, warm.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the neurons' entry points set it

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from cgp import samples
from cgp.annotators.embedded import annotate
from cgp.conversation import Conversation
from cgp.embedders import Embedder, default_embedder
from cgp.scoring import Answer, GenomeRule, ScoringTask, default_rule
from cgp.text import normal_form
from cgp.windows import cut

TAGS = 12
BACKGROUND = 8


def live_formula(
    answers: list[tuple[str, ...]], truth: list[str], embedder: Embedder
) -> list[float]:
    """Score answers tag by tag, as the live subnet's published formula does."""
    vectors = [embedder.embed([tag])[0] for tag in truth]
    centre = np.mean(np.array(vectors), axis=0)
    known = set(truth)
    scores: list[float] = []
    for tags in answers:
        everything: list[float] = []
        unique: list[float] = []
        for tag in tags:
            vector = embedder.embed([tag])[0]
            norm = np.linalg.norm(centre) * np.linalg.norm(vector)
            cosine = float(np.dot(centre, vector) / norm) if norm > 0 else 0.0
            everything.append(cosine)
            if tag not in known:
                unique.append(cosine)
        top = [*sorted(unique, reverse=True), 0.0, 0.0, 0.0][:3]
        score = (
            0.55 * float(np.mean(top))
            + 0.10 * float(np.median(everything))
            + 0.25 * float(np.mean(everything))
            + 0.10 * float(np.max(everything))
        )
        score *= 1.0 if len(unique) < len(tags) else 0.9
        score *= 0.5 if max(everything) < 0.2 else 1.0
        scores.append(score * (0.85, 0.9, 0.95, 1.0)[min(3, len(unique))])
    return scores


def make_task(embedder: Embedder) -> tuple[ScoringTask, list[str]]:
    """Return a task of a bundled conversation, and phrases that its window holds."""
    conversations = list(samples.load())
    whole = max(conversations, key=lambda c: sum(len(turn.text) for turn in c.turns))
    leaves = list(cut(whole).leaves())
    window = leaves[len(leaves) // 2]
    background: list[Conversation] = []
    for other in conversations:
        if other.id != whole.id:
            parts = list(cut(other).leaves())
            background.append(parts[len(parts) // 2].of(other))
    truth = annotate(whole, embedder, 24).shift(-window.start)
    task = ScoringTask(window.of(whole), truth, tuple(background[:BACKGROUND]))
    words = [word for turn in task.window.turns for word in normal_form(turn.text).split()]
    phrases = [" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)]
    return task, list(dict.fromkeys(phrases))


def make_answers(
    mix: str, count: int, task: ScoringTask, phrases: list[str], embedder: Embedder
) -> list[tuple[str, ...]]:
    """Return the tags of ``count`` answers."""
    rng = np.random.default_rng(0)
    if mix == "all different":
        return [
            tuple(f"{phrases[(i * 31 + j) % len(phrases)]} {i}" for j in range(TAGS))
            for i in range(count)
        ]
    pool = phrases
    if mix == "300 phrases":
        pool = phrases[:: max(1, len(phrases) // 300)][:300]
    elif mix.startswith("agreeing"):
        pool = [tag.text for tag in annotate(task.window, embedder, 60).tags]
    return [tuple(pool[i] for i in rng.permutation(len(pool))[:TAGS]) for _ in range(count)]


def timed(function: Callable[[], object], repeat: int) -> float:
    """Return the least processor time of a call in seconds, all threads together.

    Processor time and the least of several, because the machine's other work must not count.
    """
    durations: list[float] = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        durations.append(time.process_time() - start)
    return min(durations)


def with_vectors(tags: tuple[str, ...], embedder: Embedder, rounded: bool = False) -> Answer:
    """Return an answer as a miner sends it."""
    vectors = embedder.embed([normal_form(tag) for tag in tags])
    if rounded:
        vectors = vectors.astype(np.float16).astype(np.float32)
    return Answer(tags, embeddings=vectors)


def preparing(task: ScoringTask, embedder: Embedder, repeat: int) -> tuple[float, float]:
    """Return the least processor time of preparing a task in seconds: cold, and warm."""
    before = replace(task, window=replace(task.window, turns=task.window.turns[1:]))
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(repeat):
        cold.append(timed(lambda: default_rule(embedder).prepare(task), 1))
        rule = default_rule(embedder)
        rule.prepare(before)
        warm.append(timed(partial(rule.prepare, task), 1))
    return min(cold), min(warm)


def compare(mix: str, count: int, repeat: int, rule: GenomeRule, embedder: Embedder) -> None:
    """Time one mix and print a line."""
    task, phrases = make_task(embedder)
    tags = make_answers(mix, count, task, phrases, embedder)
    answers = [with_vectors(each, embedder, mix.endswith("rounded")) for each in tags]
    truth = [normal_form(tag.text) for tag in task.ground_truth.tags]
    prepared = rule.prepare(task)
    loop = timed(lambda: live_formula(tags, truth, embedder), max(1, repeat // 2))
    _, setting_up = preparing(task, embedder, repeat)
    scoring = timed(lambda: rule.score_prepared(prepared, answers), repeat)
    distinct = len({tag for each in tags for tag in each})
    print(
        f"{mix:17s} {count:5d} answers {distinct:5d} distinct tags  loop {loop * 1e3:7.1f} ms  "
        f"ours {scoring * 1e3:6.1f} ms ({loop / scoring:5.1f}x)  with preparing the task "
        f"{(setting_up + scoring) * 1e3:6.1f} ms ({loop / (setting_up + scoring):5.1f}x)"
    )


def main() -> None:
    """Print the comparison, and how time grows with the number of answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=256)
    parser.add_argument("--repeat", type=int, default=9)
    arguments = parser.parse_args()
    embedder = default_embedder()
    rule = default_rule(embedder)
    cold, warm = preparing(make_task(embedder)[0], embedder, arguments.repeat)
    print(f"preparing a task: {cold * 1e3:.1f} ms cold, {warm * 1e3:.1f} ms warm")
    for mix in ("agreeing", "agreeing, rounded", "300 phrases", "varied", "all different"):
        compare(mix, arguments.answers, arguments.repeat, rule, embedder)
    print("growth:")
    for mix in ("agreeing", "all different"):
        for count in (64, 128, 256, 512, 1024):
            compare(mix, count, arguments.repeat, rule, embedder)


if __name__ == "__main__":
    main()
