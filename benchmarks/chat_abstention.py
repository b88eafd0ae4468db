"""When an answer without a model says nothing: the figures of ``chat_retrieval.py`` about silence.

Thresholds are calibrated on four fifths of the conversations and measured on the rest, five times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from chat_questions import Asked

from cgp.retrieval import Passage, Retriever, ranking

FOLDS = 5
ANSWERED = 0.88
"""Share of questions that calibration lets through: a little over the aim of .85."""


def fit_of(passages: Sequence[Passage], windows: int) -> float:
    """Return the fit of the best passage, before the threshold: see ``ranking.confidence``."""
    best = max((passage.score for passage in passages), default=0.0)
    threshold = ranking.ANSWERABLE_BASE + ranking.ANSWERABLE_GROWTH * math.log(max(windows, 1))
    return best / max(1 - best, 1e-9) * threshold


def foreign_fit(
    retriever: Retriever,
    text: str,
    conversation: str | None,
    units: dict[str, list[tuple[int, int]]],
) -> float:
    """Return the fit of a foreign question's best passage."""
    among = None if conversation is None else [conversation]
    size = sum(map(len, units.values())) if conversation is None else len(units[conversation])
    return fit_of(retriever.search(text, limit=1, conversations=among), size)


def report_abstention(
    asked: Sequence[Asked],
    fits: dict[str, dict[str, float]],
    foreign: dict[str, dict[str, list[float]]],
    sizes: dict[str, dict[str, int]],
) -> None:
    """Print answer and abstention rates, thresholds calibrated on other meetings.

    ``fits`` are those of the questions by scope, ``foreign`` those of other questions by scope and
    set, ``sizes`` the windows that were searched.
    """
    meetings = sorted({one.conversation for one in asked})
    fold_of = {meeting: number % FOLDS for number, meeting in enumerate(meetings)}
    rates: dict[str, list[bool]] = {scope: [] for scope in fits}
    refused: dict[tuple[str, str], list[float]] = {}
    for fold in range(FOLDS):
        rest = [one for one in asked if fold_of[one.conversation] != fold]
        base, growth = calibrated(rest, fits, sizes)
        for scope, by_id in fits.items():
            own = [one for one in asked if fold_of[one.conversation] == fold]
            rates[scope] += [
                by_id[one.id] >= base + growth * math.log(sizes[scope][one.id]) for one in own
            ]
            typical = float(np.median([math.log(sizes[scope][one.id]) for one in rest]))
            for name, values in foreign[scope].items():
                share = float(np.mean([value < base + growth * typical for value in values]))
                refused.setdefault((scope, name), []).append(share)
    for scope, answered in rates.items():
        others = "   ".join(
            f"{name} {np.mean(shares):.3f}" for (of, name), shares in refused.items() if of == scope
        )
        print(f"{scope:12s}answered {np.mean(answered):.3f}   abstained: {others}")
    base, growth = calibrated(asked, fits, sizes)
    print(f"calibrated on all: base {base:.3f}, growth {growth:.4f} a natural logarithm of windows")


def calibrated(
    asked: Sequence[Asked], fits: dict[str, dict[str, float]], sizes: dict[str, dict[str, int]]
) -> tuple[float, float]:
    """Return base and growth of the threshold that lets ``ANSWERED`` of the questions through."""
    points = []
    for scope, by_id in fits.items():
        value = float(np.quantile([by_id[one.id] for one in asked], 1 - ANSWERED))
        points.append((float(np.median([math.log(sizes[scope][one.id]) for one in asked])), value))
    (x, low), (y, high) = points
    growth = (high - low) / (y - x)
    return low - growth * x, growth
