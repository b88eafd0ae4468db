"""YouTube captions as ``json3``: events with a start and segments of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, mapping, seconds_of, text_of
from cgp.sources.source import Source, has_keys, is_json, unreadable
from cgp.sources.titles import caption_title


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "events", "tStartMs")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single events."""
    cues: list[Cue] = []
    number = 0
    with file.open() as stream:
        for _, event in values_at(stream, {"events.item"}, scalars=False):
            number += 1
            try:
                cue = _cue(mapping(event, "event"))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
                continue
            if cue is not None:
                cues.append(cue)
    if not number:
        raise ConversationError("no captions: expected a list under 'events'")
    title, language = caption_title(file.path)
    yield from captions_records(
        file.path, About("youtube-json3", title=title, language=language), cues
    )


def _cue(event: dict[str, object]) -> Cue | None:
    """Return the cue of an event; windows and line feeds of the display are none."""
    segments = event.get("segs")
    if segments is None:
        return None
    if not isinstance(segments, list):
        raise ConversationError("segs must be a list")
    text = "".join(text_of(mapping(s, "segment").get("utf8"), "utf8") for s in segments)
    start = seconds_of(event.get("tStartMs"), "tStartMs") / 1000
    duration = seconds_of(event.get("dDurationMs", 0), "dDurationMs") / 1000
    lines = tuple(line for part in text.split("\n") if (line := plain(part)))
    return Cue(start, start + duration, lines) if lines else None


SOURCE = Source(
    name="youtube-json3",
    description="YouTube captions in json3",
    suffixes=(".json3", ".json"),
    recognises=_recognises,
    read=read,
    where="yt-dlp --sub-format json3",
    kept="words, times",
    left_out="styles, repeated lines of rolling captions",
)
