"""Relevance of search: is it a probability, and is nothing shown for a query about nothing there?

Data: a folder with ``qmsum_val.jsonl`` (meetings with topics), ``qmsum_val_questions.jsonl`` and
``dialogsum_dev.jsonl``, whose topics and summaries are queries of another corpus. Some of those topics
are talked about in meetings too ("go to school", "salary increase"), so not all that is found for them
is wrong. Each query is asked within one meeting and over all. The regression is fitted on four fifths
of the meetings and queries and applied to the rest, five times; then on all, which are the constants of
``cgp.search.ranking``.

    python benchmarks/search_relevance.py DATA                  makes the index first: some minutes
    python benchmarks/search_relevance.py DATA --index FOLDER   DATA_DIR/index of cgp index DATA/qmsum_val.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from search_quality import records
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from cgp.embedders import default_embedder
from cgp.search import Filters, GenomeIndex, ranking

FOLDS = 5
TOPICS, SUMMARIES = 300, 200
BINS = 10


@dataclass(frozen=True)
class Query:
    """A query: its kind, its words, the group that stays in one fold, and the meeting it is asked in."""

    kind: str
    text: str
    group: str
    meeting: str

    @property
    def foreign(self) -> bool:
        """True for a query of another corpus."""
        return self.kind.startswith("foreign")


def queries(data: Path) -> list[Query]:
    """Return the topics and questions of the meetings, and topics and summaries of other talk."""
    meetings = _lines(data / "qmsum_val.jsonl")
    found = [Query("topic", t["topic"], m["id"], m["id"]) for m in meetings for t in m["topics"]]
    found += [
        Query("question", line["question"], line["meeting"], line["meeting"])
        for line in _lines(data / "qmsum_val_questions.jsonl")
    ]
    talks = _lines(data / "dialogsum_dev.jsonl")
    topics = list(dict.fromkeys(talk.get("topic") or talk.get("topic1") for talk in talks))[:TOPICS]
    summaries = [
        talk["summary"].split(". ")[0].replace("#Person1#", "he").replace("#Person2#", "she")
        for talk in talks[:SUMMARIES]
    ]
    for kind, texts in (("foreign topic", topics), ("foreign summary", summaries)):
        for number, text in enumerate(filter(None, texts)):
            found.append(Query(kind, text, text, meetings[number % len(meetings)]["id"]))
    return found


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def opened(data: Path, folder: Path | None) -> Iterator[GenomeIndex]:
    """Open the index of the meetings, or make it for the length of a block."""
    if folder is not None:
        with GenomeIndex.open(folder, default_embedder(), read_only=True) as index:
            yield index
        return
    made = asyncio.run(records(data / "qmsum_val.jsonl"))
    with (
        tempfile.TemporaryDirectory() as place,
        GenomeIndex.open(Path(place), default_embedder()) as index,
    ):
        index.add(made)
        yield index


def best_fit(index: GenomeIndex, query: str, filters: Filters) -> tuple[float, float]:
    """Return the greatest fit of a query and the logarithm of the number of windows."""
    windows = index.count_windows(filters)
    best = next(iter(index.ranked_windows(query, filters).values()), 0.0)
    # The fit behind a relevance, by the constants that made it.
    odds = math.log(best / (1 - best)) if 0 < best < 1 else -20.0
    log_windows = math.log(max(windows, 1))
    fit = (odds - ranking.OFFSET - ranking.PER_LOG_WINDOWS * log_windows) / ranking.PER_FIT
    return fit, log_windows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    asked = queries(options.data)
    scopes = ("one meeting", "all")
    with opened(options.data, options.index) as index:
        points = np.array(
            [
                best_fit(index, query.text, Filters(conversations=chosen))
                for query in asked
                for chosen in (frozenset({query.meeting}), None)
            ]
        )
    is_own = np.repeat([not query.foreign for query in asked], 2)
    kinds = np.repeat([query.kind for query in asked], 2)
    within = np.tile(scopes, len(asked))
    numbers = {group: n for n, group in enumerate(dict.fromkeys(query.group for query in asked))}
    folds = np.repeat([numbers[query.group] % FOLDS for query in asked], 2)
    # Each kind of query, in each scope, counts alike.
    weights = np.zeros(len(points))
    for kind in set(kinds):
        for scope in scopes:
            mask = (kinds == kind) & (within == scope)
            weights[mask] = 1 / mask.sum()
    predicted = np.zeros(len(points))
    for fold in range(FOLDS):
        model = _fitted(points[folds != fold], is_own[folds != fold], weights[folds != fold])
        predicted[folds == fold] = model.predict_proba(points[folds == fold])[:, 1]
    whole = _fitted(points, is_own, weights)
    print(f"{len(asked)} queries, each in one meeting and over all; held out:")
    print(f"  area under the curve {roc_auc_score(is_own, predicted, sample_weight=weights):.3f}")
    print(f"  calibration error    {_error(predicted, is_own, weights):.3f}")
    offset, (per_fit, per_log) = whole.intercept_[0], whole.coef_[0]
    print(
        f"  fitted on all: offset {offset:.2f}, per fit {per_fit:.2f}, per ln(windows) {per_log:.2f}"
    )
    print(f"\nshare with a relevance of {ranking.LEAST_RELEVANCE} or more (what is shown)")
    for kind in dict.fromkeys(kinds):
        shares = (
            np.mean(predicted[(kinds == kind) & (within == scope)] >= ranking.LEAST_RELEVANCE)
            for scope in scopes
        )
        print(
            f"  {kind:16s}"
            + "".join(f"{s}: {v:.3f}   " for s, v in zip(scopes, shares, strict=True))
        )


def _fitted(points: np.ndarray, is_own: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    model = LogisticRegression(C=1e4, max_iter=1000)
    return model.fit(points, is_own, sample_weight=weights * len(points) / weights.sum())


def _error(predicted: np.ndarray, is_own: np.ndarray, weights: np.ndarray) -> float:
    """Return the expected calibration error over bins of equal width."""
    place = np.minimum((predicted * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        mask = place == number
        if mask.any():
            share = weights[mask].sum() / weights.sum()
            told = np.average(predicted[mask], weights=weights[mask])
            error += share * abs(told - np.average(is_own[mask], weights=weights[mask]))
    return error


if __name__ == "__main__":
    main()
