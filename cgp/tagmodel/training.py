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

from cgp.arrays import Floats
from cgp.embedders import Embedder, Vectors
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.context import ContextScore, context_rows, fit_context
from cgp.tagmodel.encoded import TypicalPassages
from cgp.tagmodel.features import candidate_vectors, features_of
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS, Head, logistic
from cgp.tagmodel.model import Base, TagModel, base_inputs, head_inputs
from cgp.tagmodel.trees import Trees
from cgp.tagmodel.vocabulary import Vocabulary

_FOLDS = 5
_ENSEMBLES = 2
# Trees of an ensemble.
_ROUNDS = 150
# Steps of a feature that a tree may tell apart. With 255, scikit-learn spends most of the time on
# finding them, for the same f.
_BINS = 63
# Strength of the head's pull towards its start, per window of a dozen candidates (chosen by
# cross-validation on the training windows among 0.03 to 3).
_HEAD_PULL = 3.0
# Candidates of a window from which the head learns, the best by the trees.
_HEAD_CANDIDATES = 16


# Kinds of passages that stand for any conversation.
_KINDS = 64


@dataclass(frozen=True)
class Example:
    """A window to learn from: its reading, how much each candidate is wanted, and their weights.

    ``credit`` is 1 for a candidate that says a wanted tag word for word, less for one that only
    means it, 0 for others: of several candidates for one tag the model should like the tag's own
    words best. ``weights`` says how much an error matters. Both have one entry a candidate.
    """

    reading: WindowReading
    credit: Floats
    weights: Floats

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Mask of the candidates that a reader wants, in some wording."""
        return self.credit > 0.0


@dataclass(frozen=True)
class _Row:
    """A candidate table: inputs of trees ``(rows, features)``, credit and weights."""

    inputs: Floats
    credit: Floats
    weights: Floats


def train(
    examples: Sequence[Example],
    embedder: Embedder,
    encoder_id: str,
    *,
    seed: int = 0,
    rounds: int = _ROUNDS,
    progress: Callable[[str], None] = lambda _: None,
) -> TagModel:
    """Train base and head on ``examples``; the same examples and seed give the same model.

    Later parts learn from scores that earlier ones gave to windows of other origins than those they
    were trained on; else they would trust them too much. ``encoder_id`` names the encoder that read
    the examples. ``rounds`` is the number of trees of an ensemble.

    Raises:
        ValueError: if there are fewer examples than ``_FOLDS``, none wants a tag, or all are of one
            origin.
    """
    if len(examples) < _FOLDS or not any(example.wanted.any() for example in examples):
        raise ValueError(f"training needs {_FOLDS} windows with wanted tags, or more")
    examples = [example for example in examples if len(example.credit)]
    origins = {example.reading.origin for example in examples}
    if len(origins) < 2:
        raise ValueError(
            f"all windows with candidates come from one origin, {min(origins)!r}: training needs two"
            " or more, since it learns from some what it tries on others; add windows of another"
            " conversation, with its own name in the field origin"
        )
    vocabulary, features = _tabulate(examples, embedder)
    background = background_of(examples, seed)
    folds = folds_of(examples, seed)
    progress("phrases in their context")
    vectors = [context_rows(example.reading) for example in examples]
    context, unseen_contexts = _contexts(examples, vectors, folds)
    inputs = [
        base_inputs(example.reading, table, background, scores)
        for example, table, scores in zip(examples, features, unseen_contexts, strict=True)
    ]
    rows = [
        _Row(table, example.credit, example.weights)
        for table, example in zip(inputs, examples, strict=True)
    ]
    progress("trees")
    unseen = _unseen(rows, folds, seed, rounds)
    trees = _grow(rows, seed, rounds)
    mean, spread = _mean_and_spread(np.vstack(inputs))
    base = Base(vocabulary, trees, mean, spread, background, context, encoder_id)
    progress("head")
    head_rows = []
    for row, scores, read in zip(rows, unseen, vectors, strict=True):
        table = head_inputs(base, row.inputs, scores, read)
        # The head learns where tags are chosen: among the best of a window.
        best = np.argsort(-scores, kind="stable")[:_HEAD_CANDIDATES]
        head_rows.append(HeadRows(table[best], row.credit[best], row.weights[best]))
    start = np.zeros(INPUTS + 1)
    start[0] = 1.0  # the base's own score
    return TagModel(base, fit_head(head_rows, start))


def _mean_and_spread(table: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each column's numbers; 0 and 1 where it has none."""
    has_number = ~np.isnan(table)
    count = np.maximum(has_number.sum(axis=0), 1)
    mean = np.where(has_number, table, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(has_number, table - mean, 0.0) ** 2).sum(axis=0) / count)
    return mean, np.where(spread > 0.0, spread, 1.0)


def background_of(examples: Sequence[Example], seed: int) -> TypicalPassages:
    """Return the kinds of passages in the examples; none known gives one kind of zeros."""
    from sklearn.cluster import KMeans

    passages = [
        example.reading.passages for example in examples if example.reading.passages is not None
    ]
    if not passages:
        zeros = np.zeros((1, ENCODER_DIMENSION), dtype=np.float32)
        return TypicalPassages(zeros, np.ones(1, dtype=np.float32))
    vectors = np.vstack([window_passages.vectors for window_passages in passages]).astype(
        np.float64
    )
    count = min(_KINDS, len(np.unique(vectors, axis=0)))
    clusters = KMeans(count, random_state=seed, n_init=1, max_iter=50).fit(vectors)
    kinds = clusters.cluster_centers_
    kinds /= np.maximum(np.linalg.norm(kinds, axis=1, keepdims=True), 1e-9)
    shares = np.bincount(clusters.labels_, minlength=count) / len(vectors)
    return TypicalPassages(kinds.astype(np.float32), shares.astype(np.float32))


def folds_of(examples: Sequence[Example], seed: int) -> NDArray[np.int_]:
    """Return a fold for each example; windows of one origin share a fold."""
    origins = sorted({example.reading.origin for example in examples})
    np.random.default_rng(seed).shuffle(origins)
    fold = {origin: n % _FOLDS for n, origin in enumerate(origins)}
    return np.array([fold[example.reading.origin] for example in examples])


@dataclass(frozen=True)
class HeadRows:
    """Rows for the head: inputs ``(rows, INPUTS)``, credit (see ``Example``) and weights."""

    inputs: Floats
    credit: Floats
    weights: Floats


def fit_head(
    rows: Sequence[HeadRows],
    start: Floats,
    *,
    pull: float = _HEAD_PULL,
    strengths: Floats | None = None,
    iterations: int = 300,
    only: Sequence[int] | None = None,
) -> Head:
    """Fit a head by logistic regression with a quadratic pull towards ``start`` (the bias is free).

    ``start`` has shape ``(INPUTS + 1,)``: zeros but for the base's score, or an earlier head.
    ``strengths``, of the same shape, are the strengths of the pull of each number, the bias too, in
    place of ``pull`` for each window. ``iterations`` bounds the steps; few give a head on the way
    from ``start``. ``only`` names the numbers that may change (all); the others stay as they are.
    """
    from scipy.optimize import minimize

    inputs = np.vstack([row.inputs for row in rows])
    credit = np.concatenate([row.credit for row in rows]).astype(np.float64)
    weights = np.concatenate([row.weights for row in rows])
    if strengths is None:
        strengths = np.full(INPUTS + 1, pull * len(rows))
        strengths[-1] = 0.0
    strength = strengths
    moves = np.ones(INPUTS + 1)
    if only is not None:
        moves[:] = 0.0
        moves[list(only)] = 1.0

    def loss(theta: Floats) -> tuple[float, Floats]:
        margins = inputs @ theta[:-1] + theta[-1]
        error = weights * (logistic(margins) - credit)
        value = weights * (np.logaddexp(0.0, margins) - credit * margins)
        shift = theta - start
        gradient = np.append(inputs.T @ error, error.sum()) + strength * shift
        # Steps are sums of gradients: where those are 0 a number never moves.
        return float(value.sum() + 0.5 * (strength * shift * shift).sum()), moves * gradient

    result = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return Head(result.x.astype(np.float32))


def _tabulate(examples: Sequence[Example], embedder: Embedder) -> tuple[Vocabulary, list[Floats]]:
    vocabulary = Vocabulary.count(
        [example.reading for example in examples], [example.wanted for example in examples]
    )
    features = []
    for example in examples:
        vectors, window_vector = candidate_vectors(example.reading, embedder)
        features.append(
            features_of(example.reading, vocabulary, vectors, window_vector, training=True)
        )
    return vocabulary, features


def _contexts(
    examples: Sequence[Example], vectors: Sequence[Vectors], folds: NDArray[np.int_]
) -> tuple[ContextScore, list[Floats]]:
    """Return the score of phrases in context, and each window's scores by one of other origins."""

    def fit(chosen: Sequence[int]) -> ContextScore:
        return fit_context(
            [vectors[n] for n in chosen],
            [examples[n].credit for n in chosen],
            [examples[n].weights for n in chosen],
        )

    scores: list[Floats] = [np.zeros(0)] * len(examples)
    for fold in range(_FOLDS):
        context = fit(np.flatnonzero(folds != fold).tolist())
        for n in np.flatnonzero(folds == fold).tolist():
            scores[n] = context.of(vectors[n])
    return fit(range(len(examples))), scores


def _unseen(rows: Sequence[_Row], folds: NDArray[np.int_], seed: int, rounds: int) -> list[Floats]:
    """Return each window's scores by trees that were trained on windows of other origins."""
    scores: list[Floats] = [np.zeros(0)] * len(rows)
    for fold in range(_FOLDS):
        trees = _grow([rows[n] for n in range(len(rows)) if folds[n] != fold], seed, rounds)
        for n in range(len(rows)):
            if folds[n] == fold:
                scores[n] = trees.score(rows[n].inputs)
    return scores


def _grow(rows: Sequence[_Row], seed: int, rounds: int) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    inputs = np.vstack([row.inputs for row in rows])
    # scikit-learn cannot bin a column without numbers; a constant one is never asked about.
    inputs = np.where(np.isnan(inputs).all(axis=0), 0.0, inputs)
    credit = np.concatenate([row.credit for row in rows])
    weights = np.concatenate([row.weights for row in rows])
    # A candidate with partial credit counts as wanted for that part and as unwanted for the rest.
    partial = (credit > 0.0) & (credit < 1.0)
    inputs = np.vstack([inputs, inputs[partial]])
    weights = np.concatenate(
        [
            np.where(credit > 0.0, weights * credit, weights),
            weights[partial] * (1.0 - credit[partial]),
        ]
    )
    is_wanted = np.concatenate([credit > 0.0, np.zeros(int(partial.sum()), dtype=bool)])
    ensembles = [
        HistGradientBoostingClassifier(
            max_iter=rounds,
            learning_rate=0.05,
            max_leaf_nodes=12,
            min_samples_leaf=20,
            l2_regularization=5.0,
            max_features=0.3,
            max_bins=_BINS,
            random_state=seed + number,
        ).fit(inputs, is_wanted, sample_weight=weights)
        for number in range(_ENSEMBLES)
    ]
    return _as_arrays(ensembles)


def _as_arrays(ensembles: Sequence[Any]) -> Trees:
    """Return the mean of scikit-learn's ensembles as arrays."""
    nodes = [tree[0].nodes for ensemble in ensembles for tree in ensemble._predictors]  # noqa: SLF001
    shape = (len(nodes), max(len(tree) for tree in nodes))
    feature, left_child, right_child = (np.zeros(shape, dtype=np.int16) for _ in range(3))
    threshold, values = (np.zeros(shape, dtype=np.float32) for _ in range(2))
    missing_left = np.zeros(shape, dtype=np.uint8)
    depth = 0
    for row, tree in enumerate(nodes):
        for number, node in enumerate(tree):
            leaf = bool(node["is_leaf"])
            feature[row, number] = 0 if leaf else node["feature_idx"]
            threshold[row, number] = node["num_threshold"]
            left_child[row, number] = number if leaf else node["left"]
            right_child[row, number] = number if leaf else node["right"]
            missing_left[row, number] = node["missing_go_to_left"]
            values[row, number] = node["value"] / len(ensembles) if leaf else 0.0
            depth = max(depth, int(node["depth"]))
    bias = float(np.mean([ensemble._baseline_prediction.item() for ensemble in ensembles]))  # noqa: SLF001
    return Trees(feature, threshold, left_child, right_child, missing_left, values, bias, depth)
