"""Embeddings are a gate: the validator computes its own, and what was sent must agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cgp.scoring import Answer, NoAnswer

TAGS = ("seals", "boats", "wind", "turbines", "porpoise", "mussels")


def orthogonal(vectors):
    """Return what another model of the same dimension could give: lengths and angles kept."""
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(256, 256)))
    return (vectors @ turn).astype(np.float32)


FORGERIES = {
    "not finite": lambda v: np.where(np.arange(len(v))[:, None] == 2, np.nan, v),
    "is not finite": lambda v: np.full_like(v, np.inf),
    "is zero": np.zeros_like,
    "has length": lambda v: v * np.float32(2),
    "swapped": lambda v: v[::-1].copy(),
    "another model": orthogonal,
    "not one vector per tag": lambda v: v[:-1],
    "shape": lambda v: v[:, :128].copy(),
    "floating-point": lambda v: (v * 100).astype(np.int32),
    "not its embedding": lambda v: np.concatenate(
        [v[1:2] * 0 + v.mean(0) / np.linalg.norm(v.mean(0)), v[1:]]
    ),
}


@pytest.mark.parametrize(("why", "forge"), FORGERIES.items())
def test_forged_vectors_void_the_answer(bench, why, forge):
    honest = bench.answer(TAGS)
    forged = replace(honest, embeddings=forge(honest.embeddings))
    clean, void = bench.scores(honest, forged)
    assert clean.valid
    assert clean.value > 0
    assert (void.value, void.valid, void.tags) == (0.0, False, ())
    assert why in void.reason


def test_another_models_dimension_is_named(bench):
    honest = bench.answer(TAGS)
    other = np.zeros((len(TAGS), 384), np.float32)
    [void] = bench.scores(replace(honest, embeddings=other))
    assert bench.embedder.id in void.reason
    assert "another model" in void.reason


def test_half_precision_on_the_way_is_fine(bench):
    honest = bench.answer(TAGS)
    halved = honest.embeddings.astype(np.float16).astype(np.float32)
    exact, rounded = bench.scores(honest, replace(honest, embeddings=halved))
    assert rounded.valid
    assert rounded.value == exact.value


def test_wire_vectors_are_never_used_for_scoring(bench):
    honest = bench.answer(TAGS)
    nudged = honest.embeddings + np.float32(1e-4)
    exact, near, without = bench.scores(
        honest, replace(honest, embeddings=nudged), replace(honest, embeddings=None)
    )
    assert exact == near == without


def test_a_surplus_tag_with_a_forged_vector_voids_the_answer_too(bench):
    honest = bench.answer([f"{tag} {number}" for number in range(7) for tag in TAGS][:20])
    vectors = honest.embeddings.copy()
    vectors[19] = vectors[0]
    [void] = bench.scores(replace(honest, embeddings=vectors))
    assert not void.valid


def test_a_tag_without_a_known_token_is_sent_as_zeros(bench):
    answer = bench.answer(["", "seals"])
    assert not answer.embeddings[0].any()
    [score] = bench.scores(answer)
    assert score.valid


def test_silence_says_what_happened_and_scores_zero(bench):
    [silent] = bench.scores(NoAnswer("timeout", "12 s"))
    assert (silent.value, silent.valid, silent.reason) == (0.0, False, "timeout: 12 s")


def test_an_answer_with_no_tags_is_valid_and_worth_nothing(bench):
    [empty] = bench.scores(Answer((), embeddings=np.zeros((0, 256), np.float32)))
    assert (empty.value, empty.valid) == (0.0, True)
