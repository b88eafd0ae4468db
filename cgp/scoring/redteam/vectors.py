"""Attacks on the embeddings: forged, scaled, broken or swapped vectors. Each voids the whole
answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cgp.embedders import Vectors
from cgp.scoring.redteam.honest import full
from cgp.scoring.redteam.strategy import Draft, Play, Sight, Strategy, tags_of
from cgp.scoring.redteam.vocabulary import GENERIC_TAGS

BOUND = 0.0
Forgery = Callable[[Vectors], Vectors | None]


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def with_vectors(forge: Forgery) -> Play:
    """Return honest play with other vectors than the right ones."""

    def play(sight: Sight) -> Draft:
        return replace(full(sight), forge=forge)

    return play


def all_the_mean(right: Vectors) -> Vectors:
    """Send the mean of the right vectors for each tag."""
    return _unit(np.tile(right.mean(axis=0), (len(right), 1)))


def pulled_to_the_mean(right: Vectors) -> Vectors:
    """Move each right vector a third of the way to their mean."""
    return _unit(0.7 * right + 0.3 * right.mean(axis=0))


def scaling(factor: float) -> Forgery:
    """Return a forgery that multiplies every vector."""
    return lambda right: np.asarray(right * factor, dtype=np.float32)


def constant(value: float) -> Forgery:
    """Return a forgery that sends one number everywhere."""
    return lambda right: np.full_like(right, value)


def one_not_a_number(right: Vectors) -> Vectors:
    """Send one NaN among right numbers."""
    vectors = right.copy()
    vectors[0, 0] = np.nan
    return vectors


def one_forged(right: Vectors) -> Vectors:
    """Send one tag's vector for another tag, all others right."""
    vectors = right.copy()
    vectors[-1] = right[0]
    return vectors


def another_order(right: Vectors) -> Vectors:
    """Send the right vectors in another order."""
    return np.roll(right, 1, axis=0)


def other_model(right: Vectors) -> Vectors:
    """Send the vectors of another model of the same dimension: axes in another order, some
    inverted.
    """
    rng = np.random.default_rng(0)
    axes, signs = rng.permutation(right.shape[1]), rng.choice([-1.0, 1.0], right.shape[1])
    return np.asarray(right[:, axes] * signs, dtype=np.float32)


def junk_with_good_vectors(sight: Sight) -> Draft:
    """Send generic tags with the vectors of good ones."""
    good = sight.embedder.embed_tags(tags_of(sight.notes, len(GENERIC_TAGS)))
    tags = GENERIC_TAGS[: len(good)]
    return Draft(tags, sight.notes.profiles, forge=lambda _: good)


def leaked_centroid(sight: Sight) -> Draft:
    """Send the centroid of the leaked ground truth for each tag."""
    truth = sight.embedder.embed_tags([tag.text for tag in sight.secret.whole.tags])
    centre = _unit(truth.mean(axis=0, keepdims=True))
    return replace(full(sight), forge=lambda right: np.repeat(centre, len(right), axis=0))


def raw_text(sight: Sight) -> Draft:
    """Send the vectors of the tags as other people would write them, with a full stop."""
    draft = full(sight)
    texts = [f"{tag.title()}." for tag in draft.tags]
    return replace(draft, forge=lambda _: sight.embedder.embed(texts))


def _attack(name: str, play: Play, *, leaks: bool = False) -> Strategy:
    return Strategy(name, play, BOUND, "vectors", leaks=leaks)


STRATEGIES: tuple[Strategy, ...] = (
    _attack("vectors: all the mean", with_vectors(all_the_mean)),
    _attack("vectors: pulled to the mean", with_vectors(pulled_to_the_mean)),
    _attack("vectors: leaked centroid", leaked_centroid, leaks=True),
    _attack("vectors: of good tags, on junk", junk_with_good_vectors),
    _attack("vectors: scaled up", with_vectors(scaling(10.0))),
    _attack("vectors: scaled down", with_vectors(scaling(0.5))),
    _attack("vectors: negated", with_vectors(scaling(-1.0))),
    _attack("vectors: NaN", with_vectors(constant(float("nan")))),
    _attack("vectors: one NaN", with_vectors(one_not_a_number)),
    _attack("vectors: infinite", with_vectors(constant(float("inf")))),
    _attack("vectors: zero", with_vectors(constant(0.0))),
    _attack("vectors: constant", with_vectors(constant(1 / 16))),
    _attack("vectors: swapped", with_vectors(another_order)),
    _attack("vectors: one forged", with_vectors(one_forged)),
    _attack("vectors: other model", with_vectors(other_model)),
    _attack("vectors: of the raw text", raw_text),
    _attack("vectors: one row too few", with_vectors(lambda right: right[:-1])),
)
