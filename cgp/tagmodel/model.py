"""The tag model: a frozen base and a trainable head that judge candidates for tags.

The base turns a candidate into numbers: features of its words, of how a contextual encoder reads it
where it is said, or of a label's nearness to the window; boosted trees score them. The head adds
everything up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Embedder, Vectors
from cgp.loaded_once import loaded_once
from cgp.tagmodel.addition import Addition
from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.context import ContextScore, context_rows
from cgp.tagmodel.encoded import TypicalPassages, encoded_features
from cgp.tagmodel.errors import TagModelError
from cgp.tagmodel.features import FEATURES, candidate_vectors, features_of
from cgp.tagmodel.head import INPUTS, SCHEMA, Head, logistic
from cgp.tagmodel.trees import Trees
from cgp.tagmodel.vocabulary import Vocabulary

# A component of a phrase in context is about 0.05 from its mean; this brings it to the size of a
# standardised feature.
_CONTEXT_SCALE = 8.0


@dataclass(frozen=True)
class Base:
    """The frozen part: statistics, trees, and mean and spread of each feature for the head.

    ``context`` scores a phrase by its words' states where it is said, ``background`` compares a
    label with passages of any conversation; ``trees`` score both and the features of words.
    """

    vocabulary: Vocabulary
    trees: Trees
    mean: Floats
    spread: Floats
    background: TypicalPassages
    context: ContextScore
    encoder_id: str


@dataclass(frozen=True)
class RankedCandidates:
    """A window's candidates as the model judges them, best first by ``order``.

    ``probabilities`` has one number a candidate. ``cosines`` compares candidates with each
    other, by the static embedder.
    """

    probabilities: Floats
    order: NDArray[np.intp]
    cosines: Floats


@dataclass(frozen=True)
class CandidateTable:
    """A window's candidates as the head sees them: ``inputs`` has shape ``(candidates, INPUTS)``.

    ``cosines`` compares all by the static embedder.
    """

    inputs: Floats
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

    def judge(self, reading: WindowReading, embedder: Embedder) -> RankedCandidates:
        """Return the probability that a reader wants each candidate of a window."""
        table = self.tabulate(reading, embedder)
        probabilities = logistic(self.log_odds(table.inputs, reading.language))
        order = np.argsort(-probabilities, kind="stable")
        return RankedCandidates(probabilities, order, table.cosines)

    def log_odds(self, inputs: Floats, language: str) -> Floats:
        """Return the log odds that a reader wants each candidate of a window, shape ``(rows,)``.

        ``inputs`` are the head's, as ``tabulate`` returns them.
        """
        log_odds = self.head.log_odds(inputs)
        if self.addition is not None:
            log_odds = log_odds + self.addition.log_odds(inputs, language)
        return log_odds

    def tabulate(self, reading: WindowReading, embedder: Embedder) -> CandidateTable:
        """Return the numbers by which the head judges a window's candidates."""
        vectors, window_vector = candidate_vectors(reading, embedder)
        features = features_of(reading, self.base.vocabulary, vectors, window_vector)
        cosines = (vectors @ vectors.T).astype(np.float64)
        if not len(features):
            return CandidateTable(np.zeros((0, INPUTS)), cosines)
        context = context_rows(reading)
        inputs = base_inputs(reading, features, self.base.background, self.base.context.of(context))
        table = head_inputs(self.base, inputs, self.base.trees.score(inputs), context)
        return CandidateTable(table, cosines)


def base_inputs(
    reading: WindowReading, features: Floats, background: TypicalPassages, context: Floats
) -> Floats:
    """Return a candidate's features of words, of a label's meaning and in context side by side.

    The labels' are NaN for phrases, ``context`` (a score a candidate) for labels.
    """
    encoded = encoded_features(reading, background)
    return np.hstack([features, encoded, context[:, None]])


def head_inputs(base: Base, inputs: Floats, scores: Floats, context: Vectors) -> Floats:
    """Return the head's inputs, float64, shape ``(candidates, INPUTS)``.

    ``inputs`` comes from ``base_inputs``, ``scores`` from the trees over it, ``context`` from
    ``context_rows``.
    """
    missing = np.isnan(inputs[:, [FEATURES.index("whole")]])
    # Five spreads bound a feature: a window of unheard-of length must not outvote the rest.
    standard = np.clip((inputs - base.mean) / base.spread, -5.0, 5.0)
    standard = np.where(np.isnan(standard), 0.0, standard)
    is_read = ~np.isnan(context[:, :1])
    apart = context.astype(np.float64) - base.context.middle
    vectors = np.where(is_read, apart, 0.0) * _CONTEXT_SCALE
    table = np.hstack([scores[:, None], standard, missing, is_read, vectors])
    assert table.shape[1] == INPUTS, (table.shape, INPUTS)
    return table


def save(model: TagModel, path: Path) -> None:
    """Write a model as one safetensors file, whole or not at all."""
    from safetensors.numpy import save as to_bytes

    from cgp.durable_files import write_whole

    base = model.base
    tensors = {
        **base.trees.tensors(),
        "base.mean": base.mean.astype(np.float32),
        "base.spread": base.spread.astype(np.float32),
        "base.kinds": base.background.kinds,
        "base.shares": base.background.shares,
        "base.vocabulary": np.frombuffer(base.vocabulary.to_bytes(), dtype=np.uint8),
        "base.context": np.append(base.context.weights, np.float32(base.context.bias)),
        "base.context_middle": base.context.middle,
        "head": model.head.weights,
    }
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
        if metadata["schema"] != SCHEMA:
            raise TagModelError(
                f"{name} has the schema {metadata['schema']}, this release {SCHEMA}: train it again "
                "with `cgp model train`"
            )
        base = Base(
            Vocabulary.from_bytes(tensors["base.vocabulary"].tobytes()),
            Trees.from_tensors(tensors),
            tensors["base.mean"].astype(np.float64),
            tensors["base.spread"].astype(np.float64),
            TypicalPassages(tensors["base.kinds"], tensors["base.shares"]),
            ContextScore(
                tensors["base.context"][:-1],
                float(tensors["base.context"][-1]),
                tensors["base.context_middle"],
            ),
            metadata["encoder"],
        )
        return TagModel(base, Head(tensors["head"], metadata["schema"]))
    except (SafetensorError, KeyError, TypeError) as error:
        raise TagModelError(f"{name} is not a tag model: {error}") from error


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
