"""Phrases where they are said: which tokens are theirs, and the score that is learned of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cgp.encoders import default_encoder
from cgp.tagmodel import Candidate, LabelSupport, WindowReading
from cgp.tagmodel.context import (
    _RIDGE,
    ContextScore,
    context_column,
    context_vectors,
    fit_context,
)
from cgp.tagmodel.head import ENCODER_DIMENSION
from tests.tagmodel.windows import example

PIECES = ("The Ferry leaves late.", "No ferryman, no ferry; a ferry!", "\u0130 miss the ferry")


def reading_of(*candidates, pieces=PIECES):
    return WindowReading(candidates, {}, (0,), 10, "", pieces=pieces)


def phrase(text):
    return Candidate(text, tuple(text.split()), 1, (0,))


def test_a_phrase_is_the_mean_of_its_words_wherever_they_are_said_apart_from_others():
    (row,) = context_vectors(reading_of(phrase("ferry"), pieces=PIECES[:2]), default_encoder)

    first, second = default_encoder().read(PIECES[:2])
    places = [
        tokens.states[(tokens.spans[:, 0] >= start) & (tokens.spans[:, 1] == start + 5)]
        for tokens, start in [(first, 4), (second, 16), (second, 25)]
    ]
    assert [len(place) for place in places] == [1, 1, 1]
    mean = np.mean(np.vstack(places), axis=0)
    assert np.allclose(row, mean / np.linalg.norm(mean), atol=1e-6)


def test_what_is_not_said_and_what_is_a_label_has_no_row():
    label = Candidate(
        "ferry", ("ferry",), label=LabelSupport(1, general=False, fit=1.0, place=0, said=1.0)
    )

    rows = context_vectors(reading_of(phrase("fer"), phrase("harbour"), label), default_encoder)

    assert rows.shape == (3, ENCODER_DIMENSION)
    assert np.isnan(rows).all()
    assert context_vectors(reading_of(), default_encoder).shape == (0, ENCODER_DIMENSION)
    assert np.isnan(context_vectors(reading_of(phrase("ferry"), pieces=()), default_encoder)).all()


def test_without_a_score_or_text_the_encoder_is_not_loaded():
    def no_encoder():
        pytest.fail("the encoder was loaded")

    score = ContextScore(np.zeros(ENCODER_DIMENSION, dtype=np.float32), 0.0)

    for column in (
        context_column(None, reading_of(phrase("ferry")), no_encoder),
        context_column(score, reading_of(phrase("ferry"), pieces=()), no_encoder),
    ):
        assert column.shape == (1, 1)
        assert np.isnan(column).all()


def test_the_score_tells_unheard_topics_from_asides_by_how_they_are_said():
    examples = [example(seed) for seed in range(12)]
    vectors = [context_vectors(each.reading, default_encoder) for each in examples]
    credit, weights = [each.credit for each in examples], [each.weights for each in examples]

    score = fit_context(vectors, credit, weights)

    topics, asides = "We have to decide on the tunnel.", "Ha, like that time with your parrot!"
    window = reading_of(phrase("tunnel"), phrase("parrot"), pieces=(topics, asides))
    tunnel, parrot = context_column(score, window, default_encoder)[:, 0]
    assert tunnel > 0.7
    assert parrot < 0.3


def test_no_number_gives_no_score():
    nothing = np.full((2, ENCODER_DIMENSION), np.nan, dtype=np.float32)

    assert fit_context([nothing], [np.ones(2)], [np.ones(2)]) is None


@settings(deadline=None)
@given(
    arrays(np.float32, (12, 3), elements=st.floats(-1, 1, width=32)),
    arrays(np.float64, 12, elements=st.floats(0, 1)),
    arrays(np.float64, 12, elements=st.floats(0.3, 3)),
)
def test_the_score_is_a_weighted_ridge_regression(vectors, credit, weights):
    half = [slice(0, 5), slice(5, 12)]

    score = fit_context(
        [vectors[part] for part in half],
        [credit[part] for part in half],
        [weights[part] for part in half],
    )

    # At the least penalised error no small step helps: its gradient is zero.
    rows = vectors.astype(np.float64)
    error = rows @ score.weights.astype(np.float64) + score.bias - credit
    middle = weights @ rows / weights.sum()
    pull = max(_RIDGE * weights.sum() * (rows - middle).var(axis=0).mean(), 1e-9)
    assert abs(weights @ error) < 1e-4
    assert np.allclose(rows.T @ (weights * error) + pull * score.weights, 0.0, atol=1e-4)


def test_a_score_of_rows_keeps_what_is_missing():
    score = ContextScore(np.array([1.0, -2.0], dtype=np.float32), 0.5)

    scores = score.of(np.array([[1.0, 1.0], [np.nan, np.nan], [0.0, 0.0]], dtype=np.float32))

    assert scores[[0, 2]].tolist() == [-0.5, 0.5]
    assert np.isnan(scores[1])


def test_a_candidate_is_found_in_any_case():
    loud, quiet = context_vectors(reading_of(phrase("FERRY"), phrase("ferry")), default_encoder)

    assert np.array_equal(loud, quiet)
    assert not np.isnan(loud).any()


def test_pieces_without_a_candidate_are_not_read_and_repeated_ones_once():
    class CountingEncoder:
        id, dimension = default_encoder().id, default_encoder().dimension

        def encode(self, texts):
            return default_encoder().encode(texts)

        def read(self, texts):
            read.extend(texts)
            return default_encoder().read(texts)

    read = []
    ferry = phrase("ferry")

    row = context_vectors(
        reading_of(ferry, pieces=("Hello there.", *PIECES[:1] * 3)), CountingEncoder
    )

    assert read == [PIECES[0]]
    alone = context_vectors(reading_of(ferry, pieces=PIECES[:1]), default_encoder)
    assert np.array_equal(row, alone)
