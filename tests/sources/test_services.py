"""Answers of services' interfaces, saved, and old exports: each form that they have, and its branches."""

import json

import pytest

from cgp.sources import read_path
from tests.kit.rendering import epoch


def said(tmp_path, document, name="t.json"):
    path = tmp_path / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return [
        (source.name, c.participants[turn.speaker].name, turn.text, turn.at)
        for source, record in read_path(path)
        if (c := record.conversation)
        for turn in c.turns
    ]


def grok(*responses, last=None, wrapped=True):
    """Write a conversation of Grok: each response its key, its parent, its side, its words, its minute."""
    return {"conversations": [{"conversation": {"id": "g", "leaf_response_id": last}, "responses": [
        {"response": {"_id": key, "parent_response_id": parent, "sender": side, "message": words, "create_time": (
            {"$date": {"$numberLong": str(epoch(minute))}} if wrapped else f"2025-03-14T08:{minute:02d}:00Z")}}
        for key, parent, side, words, minute in responses]}]}  # fmt: skip


FORK = (
    ("1", None, "human", "Is rye dark?", 0),
    ("2", "1", "ASSISTANT", "Often.", 1),
    ("3", "1", "assistant", "Always.", 2),
)


@pytest.mark.parametrize(
    ("last", "answer"), [(None, "Always."), ("2", "Often."), ("not exported", "Always.")]
)
def test_grok_goes_on_with_the_branch_that_was_shown_or_else_the_latest(tmp_path, last, answer):
    turns = said(tmp_path, grok(*FORK, last=last))
    assert [(who, text) for _, who, text, _ in turns] == [
        ("User", "Is rye dark?"),
        ("Grok", answer),
    ]


def test_grok_without_parents_is_read_by_time(tmp_path):
    responses = [("2", None, "grok-3", "Often.", 1), ("1", None, "Human", "Is rye dark?", 0)]
    turns = said(tmp_path, grok(*responses, wrapped=False))
    assert turns == [("grok", "User", "Is rye dark?", 0.0), ("grok", "Grok", "Often.", 60.0)]


PEOPLE = [
    {"id": {"chat_id": "1"}, "fallback_name": "Ana"},
    {"id": {"gaia_id": "2"}, "phone_number": {"e164": "+15550100"}},
]


def event(number, who, text):
    message = {"message_content": {"segment": [{"type": "TEXT", "text": text}]}}
    at = str((epoch(number)) * 1000)
    return {"event_id": str(number), "sender_id": who, "timestamp": at, "chat_message": message}


def test_hangouts_of_old_are_read_in_the_order_of_time(tmp_path):
    events = [event(1, {"gaia_id": "2"}, "Yes"), event(0, {"chat_id": "1"}, "Now?"), event(2, {"chat_id": "9"}, "Me too")]  # fmt: skip
    document = {"conversation_state": [{"conversation_id": {"id": "h"}, "conversation_state": {
        "conversation": {"name": "Trip", "participant_data": PEOPLE}, "event": events}}]}  # fmt: skip
    assert said(tmp_path, document) == [
        ("hangouts", "Ana", "Now?", 0.0),
        ("hangouts", "+15550100", "Yes", 60.0),
        ("hangouts", "9", "Me too", 120.0),
    ]


@pytest.mark.parametrize(
    "around", [lambda messages: {"messages": messages}, lambda messages: messages]
)
def test_twilio_in_camel_case_is_read(tmp_path, around):
    messages = [
        {"sid": f"SM{i}", "accountSid": "a", "from": who, "to": whom, "body": text, "numSegments": "1", "status": "sent",
         "direction": "inbound", "dateCreated": f"2025-03-14T08:0{i}:00.000Z"}
        for i, (who, whom, text) in enumerate([("+1", "+2", "Late again?"), ("+2", "+1", "Ten minutes")])
    ]  # fmt: skip
    turns = said(tmp_path, around(messages))
    assert turns == [("twilio", "+1", "Late again?", 0.0), ("twilio", "+2", "Ten minutes", 60.0)]


def test_gong_without_a_speaker_names_none(tmp_path):
    sentences = [{"start": 1000, "end": 2000, "text": "Who is there?"}]
    document = {"callTranscripts": [{"callId": "c", "transcript": [{"speakerId": None, "sentences": sentences}]}]}  # fmt: skip
    assert said(tmp_path, document) == [("gong", "Speaker", "Who is there?", 1.0)]


def test_snapchat_of_old_has_both_directions_apart(tmp_path):
    def entry(who, minute, **words):
        return {
            **who,
            "Media Type": "TEXT",
            "Created": f"2025-03-14 08:{minute:02d}:00 UTC",
            **words,
        }

    document = {
        "Received Saved Chat History": [entry({"From": "kim"}, 2, Text="On Friday"), entry({"From": "lee"}, 0, Text="Hi")],
        "Sent Saved Chat History": [entry({"To": "kim"}, 1, Text="When?")],
    }  # fmt: skip
    assert said(tmp_path, document) == [
        ("snapchat", "Me", "When?", 0.0),
        ("snapchat", "kim", "On Friday", 60.0),
        ("snapchat", "lee", "Hi", 0.0),
    ]
