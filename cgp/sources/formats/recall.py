"""Recall.ai in JSON: the words of each participant of a meeting, one by one.

Structure: ``[{participant: {id, name}, words: [{text, start_timestamp: {relative},
end_timestamp}]}]``, as readers and their tests in public repositories have it; of old ``speaker``
stands for the participant, and the times are numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_in, seconds_of
from cgp.sources.recognisers import Word, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json


def _recognises(head: bytes, _path: Path) -> bool:
    has_speaker = has_keys(head, "participant") or has_keys(head, "speaker")
    return is_json(head) and has_speaker and has_keys(head, "words", "text", "start_timestamp")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single pieces."""
    yield from recogniser_records(file, "recall", ("item",), _cues)


def _cues(_prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
    participant = piece.get("participant")
    person = participant if isinstance(participant, dict) else {}
    name = speaker_name(person.get("name") or piece.get("speaker") or person.get("id"))
    words = piece.get("words")
    if not isinstance(words, list):
        raise ConversationError("words must be a list")
    yield from cues_of_words([_word(mapping(word, "word"), name) for word in words])


def _word(word: dict[str, Any], name: str | None) -> Word:
    text = word.get("text")
    if not isinstance(text, str):
        raise ConversationError("text must be a string")
    return Word(
        text.strip(), name, _seconds(word, "start_timestamp"), _seconds(word, "end_timestamp")
    )


def _seconds(word: dict[str, Any], key: str) -> float | None:
    """Return the seconds since the recording's start, from a key or one level below it."""
    value = word.get(key)
    if isinstance(value, dict):
        return seconds_in(value, "relative")
    return None if value is None else seconds_of(value, key)


SOURCE = Source(
    name="recall",
    description="Recall.ai meeting transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the transcript of a bot of Recall.ai",
    kept="names, times",
    left_out="hosts, platforms, times of the day",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
