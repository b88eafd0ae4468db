"""Tasks over the wire: what leaves the validator, and what a miner makes of any bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.protocol import MAX_REQUEST_BYTES, ProtocolError, TaskRequest, encode_task, parse_task

CONVERSATION = Conversation(
    id="secret-conversation-id",
    source="secret-source",
    participants=(
        Participant("Ada", "secret-handle"),
        Participant("Silent witness"),
        Participant("Grace"),
    ),
    turns=(Turn(0, "Good morning", at=61.5), Turn(2, "Naïve 你好 👋"), Turn(0, "Bye")),
    title="secret title",
    language="en",
    started_at="2024-01-01T00:00:00+00:00",
)


def request(**changes):
    fields = {
        "task_id": "t-1",
        "window": CONVERSATION,
        "max_tags": 12,
        "embedder": "words@1",
        "deadline_seconds": 12.0,
    }
    return TaskRequest(**fields | changes)


def document(**changes):
    return json.loads(encode_task(request())) | changes


def test_a_task_arrives_with_the_same_words_speakers_and_names():
    parsed = parse_task(encode_task(request()))
    assert (parsed.task_id, parsed.max_tags) == ("t-1", 12)
    assert (parsed.embedder, parsed.deadline_seconds) == ("words@1", 12.0)
    assert [(t.speaker, t.text) for t in parsed.window.turns] == [
        (t.speaker, t.text) for t in CONVERSATION.turns
    ]
    assert parsed.window.participants[0].name == "Ada"
    assert parsed.window.participants[2].name == "Grace"
    assert parsed.window.language == "en"
    assert parsed.window.content_hash == CONVERSATION.content_hash


def test_nothing_that_identifies_the_conversation_leaves_the_validator():
    body = encode_task(request())
    for secret in (b"secret", b"Silent witness", b"61.5", b"2024"):
        assert secret not in body


def test_a_lone_surrogate_travels_as_a_question_mark():
    window = Conversation("c", "s", (Participant("A\ud800"),), (Turn(0, "x\udfffy"),))
    parsed = parse_task(encode_task(request(window=window)))
    assert parsed.window.turns[0].text == "x?y"
    assert parsed.window.participants[0].name == "A?"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"protocol": 2}, "protocol"),
        ({"protocol": True}, "protocol"),
        ({"task_id": "a\nb"}, "task_id"),
        ({"task_id": ""}, "task_id"),
        ({"embedder": None}, "embedder"),
        ({"max_tags": 0}, "max_tags"),
        ({"max_tags": 65}, "max_tags"),
        ({"max_tags": "12"}, "max_tags"),
        ({"deadline_seconds": -1}, "deadline_seconds"),
        ({"deadline_seconds": 1e9}, "deadline_seconds"),
        ({"turns": []}, "turns"),
        ({"turns": {}}, "turns"),
        ({"turns": [{"speaker": 1, "text": "x"}]}, "turns"),
        ({"turns": [{"speaker": -1, "text": "x"}]}, "turns.0.speaker"),
        ({"turns": [{"speaker": 0, "text": 7}]}, "turns.0.text"),
        ({"turns": [{"speaker": 0, "text": "x"}] * 5000}, "turns"),
        ({"turns": [{"speaker": 0, "text": "x" * 200_001}]}, "turns.0.text"),
        ({"participants": [{"index": 10**6, "name": "A"}]}, "participants.0.index"),
        ({"participants": [], "turns": [{"speaker": 0, "text": "x"}]}, "turns"),
        ({"language": 1}, "language"),
    ],
)
def test_a_malformed_task_is_refused_naming_the_field(change, field):
    with pytest.raises(ProtocolError) as caught:
        parse_task(json.dumps(document(**change)).encode())
    assert caught.value.field == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'{"protocol": NaN}',
        b'{"protocol": ' + b"9" * 10_000 + b"}",
        b'{"task_id": "\\ud800"}',
    ],
)
def test_what_is_no_json_object_of_ours_is_refused(body):
    with pytest.raises(ProtocolError):
        parse_task(body)


def test_the_size_is_checked_before_anything_is_parsed():
    with pytest.raises(ProtocolError, match="more than 1048576"):
        parse_task(b"x" * (MAX_REQUEST_BYTES + 1))


def test_a_window_too_large_for_any_miner_is_not_sent():
    window = Conversation("c", "s", (Participant("A"),), (Turn(0, "x" * 150_000),) * 8)
    with pytest.raises(ProtocolError, match="body"):
        encode_task(request(window=window))


def test_the_longest_turn_that_a_conversation_may_hold_fits_in_a_task():
    window = Conversation("c", "s", (Participant("A"),), (Turn(0, "😀" * 200_000),))
    assert parse_task(encode_task(request(window=window))).window.turns == window.turns


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_the_protocol_s_error(body):
    with pytest.raises(ProtocolError):
        parse_task(body)


@given(st.data())
def test_any_window_survives_the_wire(data):
    text = st.text(max_size=40)
    names = data.draw(st.lists(text, min_size=1, max_size=4))
    speakers = st.integers(0, len(names) - 1)
    turns = data.draw(st.lists(st.builds(Turn, speakers, text), min_size=1, max_size=6))
    window = Conversation("c", "s", tuple(map(Participant, names)), tuple(turns))
    parsed = parse_task(encode_task(request(window=window))).window
    assert parsed.turns == window.turns
    assert all(parsed.participants[t.speaker].name == names[t.speaker] for t in turns)
