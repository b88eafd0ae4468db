"""Answers over the wire: what survives, and what garbage of every kind becomes."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.protocol import (
    MAX_ANSWER_BYTES,
    MAX_CITED_TURNS,
    MAX_CLAIMS,
    AnswerError,
    encode_answer,
    parse_answer,
    within_limits,
)


class Four:
    """The size of vectors agreed in these tests; parsing never embeds."""

    id = "four@1"
    dimension = 4

    def embed(self, texts):
        raise AssertionError("parsing embeds nothing")


METADATA = Metadata(
    tags=(Tag("solar power"), Tag("Energie – für alle"), Tag("solar power")),
    profiles=(ParticipantProfile(2, (Claim("stance", "likes the sun", (0, 3)),)),),
)
VECTORS = np.arange(12, dtype=np.float32).reshape(3, 4) / 7


def parse(body):
    return parse_answer(body, task_id="t-1", embedder=Four())


def document(**changes):
    return json.loads(encode_answer("t-1", METADATA, VECTORS, "four@1")) | changes


def tag(text="solar", vector=b"\0" * 16):
    return {"text": text, "embedding": base64.b64encode(vector).decode()}


def refusal(body):
    with pytest.raises(AnswerError) as caught:
        parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    return caught.value


def test_an_answer_arrives_as_it_was_sent():
    answer = parse(encode_answer("t-1", METADATA, VECTORS, "four@1"))
    assert answer.tags == ("solar power", "Energie – für alle", "solar power")
    assert answer.profiles == METADATA.profiles
    assert answer.embeddings.dtype == np.float32
    np.testing.assert_array_equal(answer.embeddings, VECTORS)


def test_an_answer_without_tags_has_no_vectors():
    answer = parse(encode_answer("t-1", Metadata(), np.zeros((0, 4), np.float32), "four@1"))
    assert answer.tags == ()
    assert answer.embeddings.shape == (0, 4)


def test_embeddings_are_base64_of_little_endian_float32_on_every_machine():
    vectors = np.array([[1.0, -2.0, 0.5, 0.0]], dtype=">f4")
    body = json.loads(encode_answer("t-1", Metadata((Tag("a"),)), vectors, "four@1"))
    raw = bytes.fromhex("0000803f000000c00000003f00000000")
    assert base64.b64decode(body["tags"][0]["embedding"]) == raw


def test_vectors_that_are_not_numbers_parse_for_scoring_to_void():
    vectors = np.array([[np.nan, np.inf, -np.inf, 0]] * 3, dtype=np.float32)
    answer = parse(encode_answer("t-1", METADATA, vectors, "four@1"))
    np.testing.assert_array_equal(answer.embeddings, vectors)


def test_a_tag_needs_its_vector():
    with pytest.raises(ValueError, match="3 tags need as many vectors, not 2"):
        encode_answer("t-1", METADATA, VECTORS[:2], "four@1")


@pytest.mark.parametrize(
    ("changes", "kind", "detail"),
    [
        ({"task_id": "t-2"}, "wrong_task", "t-2"),
        ({"embedder": "other@1"}, "malformed", "embedder"),
        ({"protocol": 2}, "malformed", "protocol"),
        ({"tags": [tag()] * 5000}, "malformed", "tags"),
        ({"tags": None}, "malformed", "tags"),
        ({"tags": ["solar"]}, "malformed", "tags.0"),
        ({"tags": [{"text": "solar"}]}, "malformed", "tags.0.embedding"),
        ({"tags": [tag(text=3)]}, "malformed", "tags.0.text"),
        ({"tags": [tag(text="x" * 257)]}, "malformed", "tags.0.text"),
        ({"tags": [tag(vector=b"\0" * 12)]}, "malformed", "12 bytes, not 4"),
        ({"tags": [tag(vector=b"")]}, "malformed", "0 bytes"),
        ({"tags": [{"text": "a", "embedding": "no base64!"}]}, "malformed", "not base64"),
        ({"tags": [{"text": "a", "embedding": "ä"}]}, "malformed", "not base64"),
        ({"tags": [{"text": "a", "embedding": [0.1] * 4}]}, "malformed", "embedding"),
        ({"profiles": [{"participant": -1}]}, "malformed", "participant"),
        ({"profiles": [{"participant": 1.5}]}, "malformed", "participant"),
        ({"profiles": [{"participant": 0, "claims": [{}]}]}, "malformed", "attribute"),
        ({"profiles": {"participant": 0}}, "malformed", "profiles"),
    ],
)
def test_an_unusable_answer_is_refused_saying_why(changes, kind, detail):
    error = refusal(document(**changes))
    assert error.kind == kind
    assert detail in error.detail


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b"{}",
        b'{"tags": []}',
        b"\xff" * 100,
        b"[" * 400_000,
        b'{"a":' * 80_000,
        b'{"tags": [NaN, Infinity]}',
        b'{"protocol": 1' + b"0" * 100_000 + b"}",
        b'{"task_id": "\\udcff"}',
        b'{"tags": {"a": ' + b"1e999" + b"}}",
    ],
)
def test_garbage_is_malformed(body):
    assert refusal(body).kind == "malformed"


def test_an_oversized_answer_is_not_even_parsed():
    assert refusal(b"[" * (MAX_ANSWER_BYTES + 1)).kind == "too_large"


def test_of_a_key_given_twice_the_last_counts():
    body = encode_answer("t-1", METADATA, VECTORS, "four@1")
    assert refusal(body[:-1] + b',"task_id":"t-2"}').kind == "wrong_task"


def test_the_error_never_repeats_what_the_miner_sent():
    assert "attack" not in refusal(document(tags=[{"text": "attack" * 100}])).detail


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_the_answer_s_error(body):
    refusal(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(st.sampled_from(["protocol", "task_id", "embedder", "tags", "profiles"]), JSON)
def test_any_json_in_any_field_parses_or_is_refused(field, value):
    try:
        answer = parse(json.dumps(document(**{field: value})).encode())
    except AnswerError:
        return
    assert answer.embeddings.shape == (len(answer.tags), 4)


@given(st.data())
def test_a_mutilated_answer_parses_or_is_refused(data):
    body = bytearray(encode_answer("t-1", METADATA, VECTORS, "four@1"))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        answer = parse(bytes(body))
    except AnswerError:
        return
    assert answer.embeddings.shape == (len(answer.tags), 4)


def test_what_an_answer_cannot_carry_is_left_out_before_it_is_sent():
    claims = (Claim("topic", "x" * 501), *(Claim("topic", "x", tuple(range(100))),) * 50)
    found = Metadata(
        tags=(Tag("y" * 300), *(Tag(f"tag {i}") for i in range(300))),
        profiles=tuple(ParticipantProfile(i, claims) for i in range(300)),
    )
    fitting = within_limits(found)
    assert len(fitting.tags) == 256
    assert fitting.tags[0].text == "tag 0"
    assert len(fitting.profiles) == 256
    assert len(fitting.profiles[0].claims) == MAX_CLAIMS
    assert len(fitting.profiles[0].claims[0].turns) == MAX_CITED_TURNS
    small = within_limits(Metadata(found.tags, found.profiles[:10]), max_tags=12)
    answer = parse(encode_answer("t-1", small, np.ones((12, 4), np.float32), "four@1"))
    assert answer.tags == tuple(f"tag {i}" for i in range(12))
