"""Training of the tag model: trees and statistics for the base, logistic regression for the head.

Everything is seeded. The trees need scikit-learn (the extra ``train``); the head needs scipy alone,
so that a node can train it on its own conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.features import candidate_vectors, features_of
from cgp.tagmodel.head import INPUTS, Head, logistic
from cgp.tagmodel.model import SHORTLIST, Base, TagModel, head_inputs, shortlist
from cgp.tagmodel.trees import Trees
from cgp.tagmodel.vocabulary import Vocabulary

Floats = NDArray[np.float64]

_FOLDS = 5
_ENSEMBLES = 2
# Trees of an ensemble.
_ROUNDS = 150
# Strength of the head's pull towards its start, per window of a dozen candidates (chosen by
# cross-validation on the training windows among 0.03 to 3).
_HEAD_PULL = 3.0


@dataclass(frozen=True)
class Example:
    """A window to learn from: its reading, which candidates a reader wants, and their weights.

    ``wanted`` and ``weights`` have one entry a candidate; a weight says how much an error there
    matters.
    """

    reading: WindowReading
    wanted: NDArray[np.bool_]
    weights: Floats


@dataclass(frozen=True)
class _Table:
    features: list[Floats]
    vocabulary: Vocabulary


def train(
    examples: Sequence[Example],
    embedder: Embedder,
    encoder: Encoder,
    *,
    seed: int = 0,
    rounds: int = _ROUNDS,
    progress: Callable[[str], None] = lambda _: None,
) -> TagModel:
    """Train base and head on ``examples``; the same examples and seed give the same model.

    The head learns from scores that the trees gave to windows of other origins than those they
    were trained on; else it would trust the trees too much. ``rounds`` is the number of trees of an
    ensemble.

    Raises:
        ValueError: if there are fewer examples than ``_FOLDS``, or none wants a tag.
    """
    if len(examples) < _FOLDS or not any(example.wanted.any() for example in examples):
        raise ValueError(f"training needs {_FOLDS} windows with wanted tags, or more")
    table = _tabulate(examples, embedder)
    folds = folds_of(examples, seed)
    unseen: list[Floats] = [np.zeros(0)] * len(examples)
    for fold in range(_FOLDS):
        progress(f"trees of fold {fold + 1} of {_FOLDS}")
        rest = [n for n in range(len(examples)) if folds[n] != fold]
        trees = _grow(examples, table, rest, seed, rounds)
        for n in range(len(examples)):
            if folds[n] == fold and len(table.features[n]):
                unseen[n] = trees.score(table.features[n])
    progress("trees of all windows")
    trees = _grow(examples, table, list(range(len(examples))), seed, rounds)
    stacked = np.vstack(table.features)
    mean, spread = np.nanmean(stacked, axis=0), np.nanstd(stacked, axis=0)
    spread[spread == 0.0] = 1.0
    base = Base(table.vocabulary, trees, mean, spread, encoder.id)
    progress("head")
    rows = [
        _head_rows(base, examples[n], table.features[n], unseen[n], encoder)
        for n in range(len(examples))
    ]
    start = np.zeros(INPUTS + 1)
    start[0] = 1.0  # the base's own score
    head = fit_head([r for r in rows if len(r.inputs)], start)
    return TagModel(base, head)


def folds_of(examples: Sequence[Example], seed: int) -> NDArray[np.int_]:
    """Return a fold for each example; windows of one origin share a fold."""
    origins = sorted({example.reading.origin for example in examples})
    np.random.default_rng(seed).shuffle(origins)
    fold = {origin: n % _FOLDS for n, origin in enumerate(origins)}
    return np.array([fold[example.reading.origin] for example in examples])


@dataclass(frozen=True)
class HeadRows:
    """Rows for the head: inputs ``(rows, INPUTS)``, whether each is wanted, and weights."""

    inputs: Floats
    wanted: NDArray[np.bool_]
    weights: Floats


def fit_head(rows: Sequence[HeadRows], start: Floats, *, pull: float = _HEAD_PULL) -> Head:
    """Fit a head by logistic regression with a quadratic pull towards ``start`` (the bias is free).

    ``start`` has shape ``(INPUTS + 1,)``: zeros but for the base's score, or an earlier head.
    """
    from scipy.optimize import minimize

    inputs = np.vstack([row.inputs for row in rows])
    wanted = np.concatenate([row.wanted for row in rows]).astype(np.float64)
    weights = np.concatenate([row.weights for row in rows])
    strength = np.full(INPUTS + 1, pull * len(rows))
    strength[-1] = 0.0

    def loss(theta: Floats) -> tuple[float, Floats]:
        margins = inputs @ theta[:-1] + theta[-1]
        error = weights * (logistic(margins) - wanted)
        value = weights * (np.logaddexp(0.0, margins) - wanted * margins)
        shift = theta - start
        gradient = np.append(inputs.T @ error, error.sum()) + strength * shift
        return float(value.sum() + 0.5 * (strength * shift * shift).sum()), gradient

    result = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return Head(result.x.astype(np.float32))


def _tabulate(examples: Sequence[Example], embedder: Embedder) -> _Table:
    vocabulary = Vocabulary.count(
        [example.reading for example in examples], [example.wanted for example in examples]
    )
    features = []
    for example in examples:
        vectors, window_vector = candidate_vectors(example.reading, embedder)
        features.append(
            features_of(example.reading, vocabulary, vectors, window_vector, training=True)
        )
    return _Table(features, vocabulary)


def _head_rows(
    base: Base, example: Example, features: Floats, scores: Floats, encoder: Encoder
) -> HeadRows:
    """Return the rows of one window: the candidates that the encoder reads, or the best few."""
    rows = shortlist(example.reading, scores)
    texts = [example.reading.candidates[row].text for row in rows]
    encoded = encoder.encode(texts) if rows else None
    if not len(features):
        return HeadRows(np.zeros((0, INPUTS)), np.zeros(0, dtype=bool), np.zeros(0))
    inputs = head_inputs(base, features, scores, rows, encoded)
    kept = rows or np.argsort(-scores, kind="stable")[:SHORTLIST].tolist()
    return HeadRows(inputs[kept], example.wanted[kept], example.weights[kept])


def _grow(
    examples: Sequence[Example], table: _Table, rows: Sequence[int], seed: int, rounds: int
) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    used = [n for n in rows if len(table.features[n])]
    features = np.vstack([table.features[n] for n in used])
    wanted = np.concatenate([examples[n].wanted for n in used])
    weights = np.concatenate([examples[n].weights for n in used])
    ensembles = [
        HistGradientBoostingClassifier(
            max_iter=rounds,
            learning_rate=0.05,
            max_leaf_nodes=12,
            min_samples_leaf=20,
            l2_regularization=5.0,
            max_features=0.3,
            random_state=seed + number,
        ).fit(features, wanted, sample_weight=weights)
        for number in range(_ENSEMBLES)
    ]
    return _as_arrays(ensembles)


def _as_arrays(ensembles: Sequence[Any]) -> Trees:
    """Return the mean of scikit-learn's ensembles as arrays."""
    nodes = [tree[0].nodes for ensemble in ensembles for tree in ensemble._predictors]  # noqa: SLF001
    shape = (len(nodes), max(len(tree) for tree in nodes))
    feature, left, right = (np.zeros(shape, dtype=np.int16) for _ in range(3))
    threshold, values = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    missing_left = np.zeros(shape, dtype=np.uint8)
    depth = 0
    for row, tree in enumerate(nodes):
        for number, node in enumerate(tree):
            leaf = bool(node["is_leaf"])
            feature[row, number] = 0 if leaf else node["feature_idx"]
            threshold[row, number] = node["num_threshold"]
            left[row, number] = number if leaf else node["left"]
            right[row, number] = number if leaf else node["right"]
            missing_left[row, number] = node["missing_go_to_left"]
            values[row, number] = node["value"] / len(ensembles) if leaf else 0.0
            depth = max(depth, int(node["depth"]))
    bias = float(np.mean([ensemble._baseline_prediction.item() for ensemble in ensembles]))  # noqa: SLF001
    return Trees(feature, threshold, left, right, missing_left, values, bias, depth)
