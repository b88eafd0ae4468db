"""Microsoft Teams meeting transcripts in JSON: ``entries`` with names and offsets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.recognisers import clock_seconds, cue_of, recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "entries", "speakerDisplayName", "startOffset")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single entries."""
    yield from recogniser_records(file, "teams", ("entries.item",), _cues)


def _cues(_prefix: str, entry: dict[str, Any]) -> Iterator[Cue]:
    start, end = (clock_seconds(entry.get(key), key) for key in ("startOffset", "endOffset"))
    yield from cue_of(entry.get("text"), entry.get("speakerDisplayName"), start, end)


SOURCE = Source(
    name="teams-json",
    description="Microsoft Teams meeting transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the stream of a recorded meeting",
    kept="names, times",
    left_out="confidence, languages of single entries",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
