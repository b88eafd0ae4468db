"""Meeting transcripts: ``{id, transcript: [{speaker, content}]}``, in JSON or JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cgp.conversation_json import ConversationError, Record, conversation_from_json
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import NO_TEXT
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json, skipped

_TRANSCRIPTS = ("transcript", "meeting_transcripts")


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and any(has_keys(head, key) for key in _TRANSCRIPTS)
        and has_keys(head, "speaker", "content")
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each meeting."""
    yield from json_records(file, _records, single="transcript")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    if not isinstance(value, Mapping):
        raise ConversationError("a meeting is a JSON object")
    name = next((key for key in _TRANSCRIPTS if key in value), None)
    if name is None:
        raise ConversationError("no transcript: expected a list under 'transcript'")
    facts = {key: value[key] for key in ("id", "title", "language", "started_at") if key in value}
    conversation = conversation_from_json(
        {**facts, "source": "meeting", "participants": [], "transcript": value[name]}
    )
    if not any(turn.text.strip() for turn in conversation.turns):
        yield skipped(path, number, NO_TEXT)
        return
    stripped_turns = tuple(replace(turn, text=turn.text.strip()) for turn in conversation.turns)
    turns_with_text = tuple(turn for turn in stripped_turns if turn.text)
    yield Record(path, number, replace(conversation, turns=turns_with_text))


SOURCE = Source(
    name="meeting",
    description="meeting transcripts: {id, transcript: [{speaker, content}]}",
    suffixes=(".json", ".jsonl"),
    recognises=_recognises,
    read=read,
    where="transcripts of meetings in JSON, research corpora",
    kept="speakers, words, ids, titles",
    left_out="empty turns",
    lacks=frozenset({Fact.TIMES, Fact.DATE}),
    loss=Loss.CONVERSATION,
)
