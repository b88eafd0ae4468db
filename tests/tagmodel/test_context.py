"""Phrases where they are said: which tokens are theirs, and the score that is learned of them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cgp.encoders import default_encoder
from cgp.tagmodel import Candidate, LabelSupport, WindowReading
from cgp.tagmodel.context import (
    _RIDGE,
    ContextScore,
    _folded,
    _means,
    context_rows,
    context_vectors,
    fit_context,
    places_of,
)
from cgp.tagmodel.head import ENCODER_DIMENSION
from tests.tagmodel import windows

PIECES = ("The Ferry leaves late.", "No ferryman, no ferry; a ferry!", "\u0130 miss the ferry")


def vectors_of(*wordings, pieces=PIECES):
    return windows.vectors_of(wordings, pieces)


def phrase(text):
    return Candidate(text, tuple(text.split()), 1, (0,))


def test_a_phrase_is_the_mean_of_its_words_wherever_they_are_said_apart_from_others():
    (row,) = vectors_of("ferry", pieces=PIECES[:2])

    first, second = default_encoder().read(PIECES[:2])
    places = [
        tokens.states[(tokens.spans[:, 0] >= start) & (tokens.spans[:, 1] == start + 5)]
        for tokens, start in [(first, 4), (second, 16), (second, 25)]
    ]
    assert [len(place) for place in places] == [1, 1, 1]
    mean = np.mean(np.vstack(places), axis=0)
    assert np.allclose(row, mean / np.linalg.norm(mean), atol=1e-6)


def test_what_is_not_said_has_no_row():
    rows = vectors_of("fer", "harbour")

    assert rows.shape == (2, ENCODER_DIMENSION)
    assert np.isnan(rows).all()
    assert vectors_of().shape == (0, ENCODER_DIMENSION)
    assert np.isnan(vectors_of("ferry", pieces=())).all()


def test_labels_and_other_languages_have_no_row():
    support = LabelSupport(1, general=False, fit=1.0, place=0, said=1.0)
    label = Candidate("ferry", ("ferry",), label=support)
    english = WindowReading((phrase("ferry"), label), {}, (0,), 10, "", context=vectors_of("ferry"))
    other = WindowReading((phrase("ferry"),), {}, (0,), 10, "")

    assert np.array_equal(context_rows(english)[:1], vectors_of("ferry"))
    assert np.isnan(context_rows(english)[1]).all()
    assert np.isnan(context_rows(other)).all()


def test_the_score_tells_unheard_topics_from_asides_by_how_they_are_said():
    examples = [windows.example(seed) for seed in range(12)]
    vectors = [context_rows(each.reading) for each in examples]
    credit, weights = [each.credit for each in examples], [each.weights for each in examples]

    score = fit_context(vectors, credit, weights)

    topics, asides = "We have to decide on the tunnel.", "Ha, like that time with your parrot!"
    tunnel, parrot = score.of(vectors_of("tunnel", "parrot", pieces=(topics, asides)))
    assert tunnel > 0.7
    assert parrot < 0.3


def test_no_number_gives_a_score_of_nothing():
    nothing = np.full((2, ENCODER_DIMENSION), np.nan, dtype=np.float32)

    score = fit_context([nothing], [np.ones(2)], [np.ones(2)])

    assert not score.weights.any()
    assert score.bias == 0.0


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
    score = ContextScore(np.array([1.0, -2.0], dtype=np.float32), 0.5, np.zeros(2, np.float32))

    scores = score.of(np.array([[1.0, 1.0], [np.nan, np.nan], [0.0, 0.0]], dtype=np.float32))

    assert scores[[0, 2]].tolist() == [-0.5, 0.5]
    assert np.isnan(scores[1])


def test_a_wording_is_read_in_any_case():
    loud, quiet = vectors_of("FERRY", "ferry")

    assert np.array_equal(loud, quiet)
    assert not np.isnan(loud).any()


def test_a_wording_has_its_places_apart_from_other_words_and_in_one_of_equal_pieces():
    pieces = dict(zip((2, 3, 5, 7), ("Ferries!", *PIECES[:1] * 2, PIECES[1]), strict=True))

    assert places_of(["FERRY", "fer"], pieces) == [[(3, 4, 9), (7, 16, 21), (7, 25, 30)], []]
    assert places_of([], pieces) == []


def test_the_tokens_of_its_places_alone_give_a_phrase_the_same_row():
    pieces = dict(enumerate(PIECES))
    said = places_of(["ferry", "late", "no ferry"], pieces)
    parts = [
        [(place.start, place.stop) for of_one in said for place in of_one if place.piece == piece]
        for piece in pieces
    ]

    in_part = dict(enumerate(default_encoder().read(PIECES, parts)))

    whole = vectors_of("ferry", "late", "no ferry")
    assert not any(tokens.whole for tokens in in_part.values())
    assert np.allclose(context_vectors(said, in_part), whole, atol=1e-6)


@settings(deadline=None)
@given(
    arrays(np.float32, (30, 4), elements=st.floats(-1, 1, width=32)),
    st.lists(st.lists(st.integers(0, 29), min_size=1, max_size=20), min_size=1, max_size=8),
)
def test_means_that_are_added_up_at_once_have_the_bits_of_each_alone(rows, members):
    alone = [np.mean([rows[number] for number in each], axis=0) for each in members]

    assert np.array_equal(_means(rows, members), np.stack(alone))


def test_a_phrase_is_read_beside_a_letter_whose_small_form_is_two_characters():
    (plain,) = vectors_of("izmir ferry", pieces=("The Izmir ferry leaves.",))
    (dotted,) = vectors_of("\u0130zmir Ferry", pieces=("The \u0130zmir ferry leaves.",))
    (small,) = vectors_of("ferry", pieces=("FERRY to \u0130zmir",))

    assert np.allclose(plain, dotted, atol=0.05)
    assert not np.isnan(small).any()
    assert places_of(["ferry"], {0: "\u0130zmir FERRY"}) == [[(0, 6, 11)]]


def test_small_letters_stand_in_the_places_of_all_characters():
    characters = "".join(map(chr, range(0x110000)))

    assert all(len(_folded(character)) == 1 for character in characters)
    assert _folded("\u0130ZM\u0130R") == "izmir"
