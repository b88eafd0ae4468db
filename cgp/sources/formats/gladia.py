"""Gladia in JSON: ``result.transcription.utterances`` with numbered speakers, times in seconds.

Structure: the types and the examples of answers in public clients of the API (``gladia.io``, v2,
pre-recorded).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import seconds_in
from cgp.sources.recognisers import cue_of, recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = tuple(
    f"{place}utterances.item" for place in ("result.transcription.", "transcription.", "result.")
)


def is_gladia(head: bytes) -> bool:
    """Tell if JSON text is Gladia's, whose utterances other recognisers write as well."""
    return has_keys(head, "transcription", "full_transcript", "utterances")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and is_gladia(head)


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single utterances."""
    yield from recogniser_records(file, "gladia", _PLACES, _cues)


def _cues(_prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
    speaker = piece.get("speaker")
    if speaker is None and isinstance(channel := piece.get("channel"), int) and channel:
        speaker = f"Channel {channel}"
    start, end = seconds_in(piece, "start"), seconds_in(piece, "end")
    yield from cue_of(piece.get("text"), speaker, start, end)


SOURCE = Source(
    name="gladia",
    description="Gladia transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the result of a job of Gladia's API",
    kept="speakers by their numbers, times",
    left_out="words' own times, confidence, translations, summaries",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
