"""Derives scoring's thresholds for an embedder from data, and prints them beside the settings' values.

    python benchmarks/calibrate_scoring.py --data FOLDER

FOLDER holds ``qmsum_val.jsonl`` (meetings with human topics and their turns) and
``dialogsum_dev.jsonl`` (dialogues with one human topic each). Without ``--data`` the bundled
conversations alone are used, and what needs human topics is left out. Data is read, never copied.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp import samples
from cgp.annotators.embedded import annotate
from cgp.conversation import Conversation
from cgp.conversation_json import conversation_from_json
from cgp.embedders import Embedder, default_embedder
from cgp.metadata import Metadata
from cgp.scoring import Answer, ScoringSettings, ScoringTask, default_rule
from cgp.scoring.evidence import Evidence
from cgp.scoring.reading import read_window
from cgp.text import normal_form
from cgp.windows import cut

BACKGROUND = 8
GENERIC = (
    "conversation", "discussion", "meeting", "people talking", "questions", "opinions",
    "communication", "planning", "decision making", "feedback", "ideas", "general topics",
)  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """A window, the ground truth of its conversation and the human topics that touch it."""

    window: Conversation
    following: Conversation
    truth: Metadata
    topics: tuple[str, ...]


def places(path: Path | None, embedder: Embedder, each: int, rng: random.Random) -> list[Place]:
    """Return some windows of every conversation."""
    found: list[Place] = []
    for conversation, topics in _conversations(path):
        leaves = list(cut(conversation).leaves())
        truth = annotate(conversation, embedder, 24)
        for i in sorted(rng.sample(range(len(leaves)), min(each, len(leaves)))):
            leaf, after = leaves[i], leaves[(i + 2) % len(leaves)]
            here = tuple(
                normal_form(topic["topic"])
                for topic in topics
                if any(a < leaf.stop and b >= leaf.start for a, b in topic["spans"])
            )
            found.append(
                Place(leaf.of(conversation), after.of(conversation), truth.shift(-leaf.start), here)
            )
    return found


def _conversations(path: Path | None) -> Iterator[tuple[Conversation, Sequence[dict]]]:  # type: ignore[type-arg]
    for conversation in samples.load():
        yield conversation, ()
    if path is not None:
        for line in (path / "qmsum_val.jsonl").open(encoding="utf-8"):
            record = json.loads(line)
            yield conversation_from_json(record), record["topics"]


def quantiles(values: Iterable[float], *wanted: float) -> str:
    """Return percentiles as text."""
    array = np.array(list(values))
    return "  ".join(f"p{q:g} {np.percentile(array, q):.2f}" for q in wanted)


def line(name: str, value: float, measured: str) -> None:
    """Print a setting beside what was measured."""
    print(f"  {name:28s} {value:5.2f}   {measured}")


def similarity(path: Path, embedder: Embedder, settings: ScoringSettings) -> None:
    """Calibrate the ramp between tags on human topics of dialogues, and of one meeting each."""
    lines = (path / "dialogsum_dev.jsonl").open(encoding="utf-8")
    topics = sorted({normal_form(json.loads(record)["topic"]) for record in lines})
    rows = embedder.embed(topics)
    unrelated = (rows @ rows.T)[np.triu_indices(len(topics), 1)]
    words = [set(topic.split()) for topic in topics]
    halves = [(" ".join(t.split()[:-1]), t) for t in topics if len(t.split()) >= 3]
    shortened = np.einsum(
        "ij,ij->i", embedder.embed([a for a, _ in halves]), embedder.embed([b for _, b in halves])
    )
    half_shared = [
        float(rows[i] @ rows[j])
        for i in range(len(topics))
        for j in range(i)
        if len(words[i]) == len(words[j]) == 2 and len(words[i] & words[j]) == 1
    ]
    print("tags against tags (human topics of different dialogues)")
    s = settings.similarity
    line("similarity.unrelated", s.unrelated, f"unrelated {quantiles(unrelated, 50, 95, 99)}")
    line("", 0.0, f"one of two words shared {quantiles(half_shared, 25, 50, 75)}")
    line(
        "similarity.same",
        s.same,
        f"a topic without its last word {quantiles(shortened, 25, 50, 75)}",
    )


def windows(
    found: Sequence[Place], embedder: Embedder, settings: ScoringSettings, seed: int
) -> None:
    """Calibrate support by the window on tags of the same window, of another, and generic ones."""
    rule, rng = default_rule(embedder), random.Random(seed)
    lead: dict[str, list[float]] = {"own": [], "foreign": [], "generic": [], "human": []}
    support: dict[str, list[float]] = {name: [] for name in lead}
    scores: dict[str, list[float]] = {}
    for place in found:
        others = [o for o in found if o.window.id != place.window.id]
        background = tuple(o.window for o in rng.sample(others, min(BACKGROUND, len(others))))
        evidence = Evidence(place.window, background, embedder, settings)
        foreign = rng.choice(others)
        own = [normal_form(t.text) for t in annotate(place.window, embedder, 12).tags]
        kinds = {
            "own": own,
            "foreign": [normal_form(t.text) for t in annotate(foreign.window, embedder, 12).tags],
            "generic": list(GENERIC),
            "human": list(place.topics),
        }
        for name, tags in kinds.items():
            if tags:
                lead[name] += leads(tags, place.window, background, embedder, settings)
                support[name] += _supports(evidence, tags, embedder)
        task = ScoringTask(place.window, place.truth, background)
        after = [normal_form(t.text) for t in annotate(place.following, embedder, 12).tags]
        answers = {
            **kinds,
            "neighbour window": after,
            "own, half generic": own[:6] + list(GENERIC[:6]),
        }
        for name, result in zip(
            answers, rule.score(task, [Answer(tuple(a)) for a in answers.values()]), strict=True
        ):
            if answers[name]:
                scores.setdefault(name, []).append(result.components["tags"])
    s = settings.similarity
    print("tags against a window (how much nearer its nearest segment is than the background's)")
    line("similarity.no_lead", s.no_lead, f"foreign {quantiles(lead['foreign'], 50, 90, 95)}")
    line("", 0.0, f"generic {quantiles(lead['generic'], 50, 90, 95)}")
    line("similarity.full_lead", s.full_lead, f"own {quantiles(lead['own'], 25, 50, 75)}")
    if lead["human"]:
        line("", 0.0, f"human topics {quantiles(lead['human'], 25, 50, 75)}")
    line(
        "tags.relevant",
        settings.tags.relevant,
        f"support of foreign tags {quantiles(support['foreign'], 50, 90, 95)}",
    )
    line("", 0.0, f"support of own tags {quantiles(support['own'], 10, 25, 50)}")
    print("tag scores, mean (and share of own)")
    base = float(np.mean(scores["own"]))
    for name, values in scores.items():
        print(
            f"  {name:28s} {np.mean(values):.3f}  ({np.mean(values) / base:.2f})  n {len(values)}"
        )
    print("standings")
    line(
        "standings.typical_reference",
        settings.standings.typical_reference,
        f"own answers score {quantiles(scores['own'], 5, 50, 95)}",
    )


def leads(
    tags: Sequence[str],
    window: Conversation,
    background: Sequence[Conversation],
    embedder: Embedder,
    settings: ScoringSettings,
) -> list[float]:
    """Return each tag's nearest cosine in the window less the mean nearest in the background."""
    rows = embedder.embed(tags)
    nearest = [
        (rows @ embedder.embed(text.segments).T).max(axis=1)
        for text in (
            read_window([turn.text for turn in w.turns], settings.window)
            for w in (window, *background)
        )
        if text.segments
    ]
    gain: list[float] = (nearest[0] - np.mean(nearest[1:], axis=0)).tolist()
    return gain


def _supports(evidence: Evidence, tags: Sequence[str], embedder: Embedder) -> list[float]:
    from cgp.scoring.similarity import exact_rows
    from cgp.scoring.words import Words

    support: list[float] = evidence.support(
        Words.of(tags), exact_rows(embedder.embed(tags))
    ).tolist()
    return support


def main() -> None:
    """Print settings and measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the measuring data")
    parser.add_argument("--windows", type=int, default=3, help="windows of each conversation")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    embedder, settings = default_embedder(), ScoringSettings()
    print(f"{embedder.id}, {settings.version}: setting, its value, what was measured")
    if arguments.data is not None:
        similarity(arguments.data, embedder, settings)
    found = places(arguments.data, embedder, arguments.windows, random.Random(arguments.seed))
    windows(found, embedder, settings, arguments.seed)


if __name__ == "__main__":
    main()
