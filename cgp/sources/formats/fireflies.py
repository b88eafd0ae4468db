"""Fireflies in JSON: sentences with the speaker's name and times.

Two forms: the download ``[{sentence, speaker_name, startTime}]``, and the API's
``data.transcript.sentences`` with ``text`` and ``start_time`` (docs.fireflies.ai, query
``transcript``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.recognisers import clock_seconds, cue_of, recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = ("item", "sentences.item", "transcript.sentences.item", "data.transcript.sentences.item")


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "speaker_name")
        and (has_keys(head, "sentence") or has_keys(head, "sentences", "text"))
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single sentences."""
    yield from recogniser_records(file, "fireflies", _PLACES, _cues)


def _cues(_prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
    start = clock_seconds(piece.get("startTime", piece.get("start_time")), "startTime")
    end = clock_seconds(piece.get("endTime", piece.get("end_time")), "endTime")
    text = piece["sentence"] if "sentence" in piece else piece.get("text")
    yield from cue_of(text, piece.get("speaker_name") or piece.get("speaker_id"), start, end)


SOURCE = Source(
    name="fireflies",
    description="Fireflies meeting transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Fireflies, Download transcript, JSON; or its API",
    kept="names, times",
    left_out="summaries, action items, sentiment",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
