"""The tag model: a frozen base and a trainable head that judge candidates for tags.

The base turns a candidate into numbers: features of its words, and the score of boosted trees over
them. The best few candidates of a window, and the labels that it supports, also go through a
contextual encoder; further trees score all of it. The head adds everything up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Embedder, Vectors
from cgp.encoders import Encoder
from cgp.loaded_once import loaded_once
from cgp.tagmodel.addition import Addition
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.context import ContextScore, context_column
from cgp.tagmodel.encoded import ENCODED, TypicalPassages, encoded_features
from cgp.tagmodel.errors import TagModelError
from cgp.tagmodel.features import FEATURES, candidate_vectors, features_of
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS, SCHEMA, Head, logistic
from cgp.tagmodel.trees import Trees
from cgp.tagmodel.vocabulary import Vocabulary

# The encoder reads this many phrases of a window. With 24, or all of them, cross-validation on the
# training windows gives the same f within its noise, at up to four times the cost.
SHORTLIST = 16
# An encoder's component is about 0.05; this brings it to the size of a standardised feature.
_ENCODER_SCALE = 8.0


@dataclass(frozen=True)
class Base:
    """The frozen part: statistics, trees, and mean and spread of each feature for the head.

    ``first`` scores the words of a candidate and chooses those that the encoder reads; ``trees``
    scores words and encoder together. Both also see what ``context`` says of a phrase where it is
    said; an older release has none, and no tree that asks.
    """

    vocabulary: Vocabulary
    first: Trees
    trees: Trees
    mean: Floats
    spread: Floats
    background: TypicalPassages
    encoder_id: str
    context: ContextScore | None = None


@dataclass(frozen=True)
class RankedCandidates:
    """A window's candidates as the model judges them, best first by ``order``.

    ``probabilities`` has one number a candidate. ``cosines`` compares candidates with each other:
    by the static embedder, and by the encoder where both were read by it.
    """

    probabilities: Floats
    order: NDArray[np.intp]
    cosines: Floats


@dataclass(frozen=True)
class CandidateTable:
    """A window's candidates as the head sees them: ``inputs`` has shape ``(candidates, INPUTS)``.

    ``rows`` are those that the encoder read, ``shortlist_vectors`` its vectors of them (None where
    it read none). ``cosines`` compares all by the static embedder.
    """

    inputs: Floats
    rows: list[int]
    shortlist_vectors: Vectors | None
    cosines: Floats


@dataclass(frozen=True)
class TagModel:
    """Base and head together; immutable. ``with_head`` gives the same base another head.

    ``addition`` is a further term of the log odds, such as accepted experts; None adds nothing.
    """

    base: Base
    head: Head
    addition: Addition | None = None

    def with_head(self, head: Head) -> TagModel:
        """Return this model with another head."""
        return replace(self, head=head)

    def with_addition(self, addition: Addition | None) -> TagModel:
        """Return this model with another further term."""
        return replace(self, addition=addition)

    def judge(
        self, reading: WindowReading, embedder: Embedder, encoder: Callable[[], Encoder]
    ) -> RankedCandidates:
        """Return the probability that a reader wants each candidate of a window.

        ``encoder`` gives the encoder; it is called only if the window has a language that the
        encoder knows, English.
        """
        table = self.tabulate(reading, embedder, encoder)
        cosines, rows, shortlist_vectors = table.cosines, table.rows, table.shortlist_vectors
        if not len(table.inputs):
            return RankedCandidates(np.zeros(0), np.zeros(0, dtype=np.intp), cosines)
        probabilities = logistic(self.log_odds(table.inputs, reading.language))
        if shortlist_vectors is not None:
            cosines[np.ix_(rows, rows)] = shortlist_vectors @ shortlist_vectors.T
            # A candidate that the encoder did not read is behind all that it did.
            behind = np.ones(len(probabilities), dtype=bool)
            behind[rows] = False
            ceiling = probabilities[rows].min()
            probabilities[behind] = np.minimum(probabilities[behind], ceiling)
        order = np.argsort(-probabilities, kind="stable")
        return RankedCandidates(probabilities, order, cosines)

    def log_odds(self, inputs: Floats, language: str) -> Floats:
        """Return the log odds that a reader wants each candidate of a window, shape ``(rows,)``.

        ``inputs`` are the head's, as ``tabulate`` returns them.
        """
        log_odds = self.head.log_odds(inputs)
        if self.addition is not None:
            log_odds = log_odds + self.addition.log_odds(inputs, language)
        return log_odds

    def tabulate(
        self, reading: WindowReading, embedder: Embedder, encoder: Callable[[], Encoder]
    ) -> CandidateTable:
        """Return the numbers by which the head judges a window's candidates."""
        vectors, window_vector = candidate_vectors(reading, embedder)
        features = features_of(reading, self.base.vocabulary, vectors, window_vector)
        cosines = (vectors @ vectors.T).astype(np.float64)
        if not len(features):
            return CandidateTable(np.zeros((0, INPUTS)), [], None, cosines)
        context = context_column(self.base.context, reading, encoder)
        rows = shortlist(reading, self.base.first.score(np.hstack([features, context])))
        shortlist_vectors = encode(reading, rows, encoder) if rows else None
        inputs = base_inputs(self.base.background, reading, features, rows, shortlist_vectors)
        scores = self.base.trees.score(np.hstack([inputs, context]))
        table = head_inputs(self.base, inputs, scores, rows, shortlist_vectors)
        return CandidateTable(table, rows, shortlist_vectors, cosines)


def shortlist(reading: WindowReading, scores: Floats) -> list[int]:
    """Return the candidates that the encoder compares: the best phrases and every label, ascending.

    Empty where the window has no passages, that is where the encoder does not know its language.
    """
    if reading.passages is None:
        return []
    labels = [
        row for row, candidate in enumerate(reading.candidates) if candidate.label is not None
    ]
    ranking = np.argsort(-scores, kind="stable").tolist()
    phrases = [row for row in ranking if reading.candidates[row].label is None]
    return sorted([*phrases[:SHORTLIST], *labels])


def encode(reading: WindowReading, rows: Sequence[int], encoder: Callable[[], Encoder]) -> Vectors:
    """Return the encoder's vectors of the candidates ``rows``; labels bring their own."""
    vectors = np.zeros((len(rows), ENCODER_DIMENSION), dtype=np.float32)
    unread: list[int] = []
    for place, row in enumerate(rows):
        label = reading.candidates[row].label
        if label is not None and label.vector is not None:
            vectors[place] = label.vector
        else:
            unread.append(place)
    if unread:
        vectors[unread] = encoder().encode([reading.candidates[rows[n]].text for n in unread])
    return vectors


def base_inputs(
    background: TypicalPassages,
    reading: WindowReading,
    features: Floats,
    rows: Sequence[int],
    shortlist_vectors: Vectors | None,
) -> Floats:
    """Return words' and encoder's features side by side; the encoder's are NaN beside ``rows``."""
    extra = np.full((len(features), len(ENCODED)), np.nan)
    if shortlist_vectors is not None:
        extra[list(rows)] = encoded_features(reading, rows, shortlist_vectors, background)
    return np.hstack([features, extra])


def head_inputs(
    base: Base,
    inputs: Floats,
    scores: Floats,
    rows: Sequence[int],
    shortlist_vectors: Vectors | None,
) -> Floats:
    """Return the head's inputs, float64, shape ``(candidates, INPUTS)``.

    ``inputs`` comes from ``base_inputs``, ``scores`` from the trees over it. ``shortlist_vectors``
    holds the encoder's vectors of the candidates ``rows``; the others' are zero.
    """
    missing = np.isnan(inputs[:, [FEATURES.index("whole")]])
    # Five spreads bound a feature: a window of unheard-of length must not outvote the rest.
    standard = np.clip((inputs - base.mean) / base.spread, -5.0, 5.0)
    standard = np.where(np.isnan(standard), 0.0, standard)
    extra = np.zeros((len(inputs), 1 + ENCODER_DIMENSION))
    if shortlist_vectors is not None:
        extra[list(rows), 0] = 1.0
        extra[np.asarray(rows), 1:] = shortlist_vectors.astype(np.float64) * _ENCODER_SCALE
    table = np.hstack([scores[:, None], standard, missing, extra])
    assert table.shape[1] == INPUTS, (table.shape, INPUTS)
    return table


def save(model: TagModel, path: Path) -> None:
    """Write a model as one safetensors file, whole or not at all."""
    from safetensors.numpy import save as to_bytes

    from cgp.durable_files import write_whole

    base = model.base
    tensors = {
        **{f"first.{name}": tensor for name, tensor in base.first.tensors().items()},
        **base.trees.tensors(),
        "base.mean": base.mean.astype(np.float32),
        "base.spread": base.spread.astype(np.float32),
        "base.kinds": base.background.kinds,
        "base.shares": base.background.shares,
        "base.vocabulary": np.frombuffer(base.vocabulary.to_bytes(), dtype=np.uint8),
        "head": model.head.weights,
    }
    if base.context is not None:
        tensors["base.context"] = np.append(base.context.weights, np.float32(base.context.bias))
    # One entry: safetensors writes several in an order that differs from run to run.
    metadata = {"model": json.dumps({"encoder": base.encoder_id, "schema": SCHEMA})}
    write_whole(path, to_bytes({k: np.ascontiguousarray(v) for k, v in tensors.items()}, metadata))


def load(path: Path) -> TagModel:
    """Read a model that ``save`` wrote.

    Raises:
        TagModelError: if the file is not a tag model, or one of another schema.
    """
    return _read(path.read_bytes(), str(path))


def _read(data: bytes, name: str) -> TagModel:
    from safetensors import SafetensorError
    from safetensors.numpy import load as tensors_of

    try:
        tensors = tensors_of(data)
        size = int.from_bytes(data[:8], "little")
        metadata = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["model"])
        base = Base(
            Vocabulary.from_bytes(tensors["base.vocabulary"].tobytes()),
            Trees.from_tensors(
                {
                    name.removeprefix("first."): tensor
                    for name, tensor in tensors.items()
                    if name.startswith("first.")
                }
            ),
            Trees.from_tensors(tensors),
            tensors["base.mean"].astype(np.float64),
            tensors["base.spread"].astype(np.float64),
            TypicalPassages(tensors["base.kinds"], tensors["base.shares"]),
            metadata["encoder"],
            _context_of(tensors.get("base.context")),
        )
        return TagModel(base, Head(tensors["head"], metadata["schema"]))
    except (SafetensorError, KeyError, TypeError) as error:
        raise TagModelError(f"{name} is not a tag model: {error}") from error


def _context_of(tensor: NDArray[np.float32] | None) -> ContextScore | None:
    return None if tensor is None else ContextScore(tensor[:-1], float(tensor[-1]))


@loaded_once
def shipped_model() -> TagModel:
    """Return the tag model that comes with the package.

    Raises:
        TagModelError: if its file is damaged.
    """
    return _read(released_file("weights.safetensors"), "weights.safetensors")


def released_file(name: str) -> bytes:
    """Return a file of the release: ``weights.safetensors``, ``labels.tsv``, the tagger's table.

    Raises:
        TagModelError: if it is missing.
    """
    path = files(__package__).joinpath("released", name)
    if not path.is_file():
        raise TagModelError(f"{name} of the tag model is missing")
    return path.read_bytes()
