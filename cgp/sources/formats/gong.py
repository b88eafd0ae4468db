"""Gong's transcripts of calls, as its API answers: speakers are numbers.

Structure: ``cedricziel/gong-rs`` and ``ksindi/gong-client``, ``docs/CallTranscript.md``,
``Monologue.md``, ``Sentence.md`` (made of Gong's own description of ``/v2/calls/transcript``): the
names stand in another answer, ``/v2/calls/extensive``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, turns_of
from cgp.sources.files import File
from cgp.sources.json_records import records_at
from cgp.sources.messages import About, key_of, mapping, records_of, seconds_of
from cgp.sources.recognisers import cue_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json, unreadable


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "callTranscripts", "callId", "transcript")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript of each call."""
    yield from records_at(file, "callTranscripts", to_records=_call)


def _call(path: Path, number: int, value: object) -> Iterator[Record]:
    call = mapping(value, "call")
    monologues = call.get("transcript")
    if not isinstance(monologues, list):
        raise ConversationError("transcript must be a list")
    cues: list[Cue] = []
    speakers: dict[str, int] = {}
    for monologue in monologues:
        try:
            cues.extend(_cues(mapping(monologue, "monologue"), speakers))
        except ConversationError as error:
            yield unreadable(path, number, error)
    key = key_of(call.get("callId"))
    about = About("gong", id=f"gong-{key}" if key else None, clock=False)
    yield from records_of(path, number, about, turns_of(cues))


def _cues(monologue: dict[str, Any], speakers: dict[str, int]) -> Iterator[Cue]:
    """Yield the sentences of a monologue; ``speakers`` are numbered as they begin to speak."""
    # A number of nineteen digits, another one in each call, says no more than the order does.
    key = key_of(monologue.get("speakerId"))
    name = None if key is None else str(speakers.setdefault(key, len(speakers) + 1))
    sentences = monologue.get("sentences")
    if not isinstance(sentences, list):
        raise ConversationError("sentences must be a list")
    for value in sentences:
        sentence = mapping(value, "sentence")
        start, end = _seconds(sentence, "start"), _seconds(sentence, "end")
        yield from cue_of(sentence.get("text"), name, start, end)


def _seconds(sentence: dict[str, Any], key: str) -> float | None:
    """Return the milliseconds under a key in seconds."""
    value = sentence.get(key)
    return None if value is None else seconds_of(value, key) / 1000


SOURCE = Source(
    name="gong",
    description="Gong call transcripts (its API, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="answers of Gong's API, /v2/calls/transcript, saved",
    kept="speakers by their numbers, times",
    left_out="topics; names, titles and dates (they are not in this answer)",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
