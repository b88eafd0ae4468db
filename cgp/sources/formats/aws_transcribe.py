"""Amazon Transcribe in JSON: ``results.audio_segments``, or ``results.items`` word by word.

Structure: docs.aws.amazon.com/transcribe/latest/dg/diarization-output-batch.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_of
from cgp.sources.recognisers import Word, cue_of, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_SEGMENTS, _ITEMS = "results.audio_segments.item", "results.items.item"


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "results", "transcripts")
        and (has_keys(head, "audio_segments") or has_keys(head, "alternatives", "content"))
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments."""
    languages = ("results.language_code",)
    yield from recogniser_records(
        file, "aws-transcribe", (_SEGMENTS, _ITEMS), _cues, languages=languages
    )


def _cues(prefix: str, piece: dict[str, Any]) -> Iterator[Cue | Word]:
    times = (piece.get(key) for key in ("start_time", "end_time"))
    start, end = (None if at is None else seconds_of(at, "start_time") for at in times)
    speaker = piece.get("speaker_label")
    if prefix == _SEGMENTS:
        yield from cue_of(piece.get("transcript"), speaker, start, end)
        return
    alternatives = piece.get("alternatives")
    if not isinstance(alternatives, list) or not alternatives:
        raise ConversationError("alternatives must be a list with an item")
    word = mapping(alternatives[0], "alternative").get("content")
    if not isinstance(word, str):
        raise ConversationError("content must be a string")
    yield Word(word, speaker_name(speaker), start, end, joined=piece.get("type") == "punctuation")


SOURCE = Source(
    name="aws-transcribe",
    description="Amazon Transcribe transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the output of a transcription job in its bucket",
    kept="speakers, times, language",
    left_out="confidence, other hypotheses",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
