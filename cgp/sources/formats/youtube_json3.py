"""YouTube captions as ``json3``: events with a start and segments of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_of, text_of
from cgp.sources.recognisers import recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "events", "tStartMs")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single events."""
    yield from recogniser_records(file, "youtube-json3", ("events.item",), _cues)


def _cues(_prefix: str, event: dict[str, Any]) -> Iterator[Cue]:
    """Yield the cue of an event; windows and line feeds of the display are none."""
    segments = event.get("segs")
    if segments is None:
        return
    if not isinstance(segments, list):
        raise ConversationError("segs must be a list")
    text = "".join(text_of(mapping(s, "segment").get("utf8"), "utf8") for s in segments)
    start = seconds_of(event.get("tStartMs"), "tStartMs") / 1000
    duration = seconds_of(event.get("dDurationMs", 0), "dDurationMs") / 1000
    yield from plain_cues(Cue(start, start + duration, tuple(text.split("\n"))))


SOURCE = Source(
    name="youtube-json3",
    description="YouTube captions in json3",
    suffixes=(".json3", ".json"),
    recognises=_recognises,
    read=read,
    where="yt-dlp --sub-format json3",
    kept="words, times",
    left_out="styles, repeated lines of rolling captions",
    lacks=frozenset({Fact.SPEAKERS, Fact.DATE}),
    loss=Loss.REST,
)
