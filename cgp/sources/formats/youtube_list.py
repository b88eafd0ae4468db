"""YouTube transcripts as a plain list of ``{text, start, duration}``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, key_of, mapping, seconds_of, text_of
from cgp.sources.source import Source, has_keys, is_json, unreadable
from cgp.sources.titles import caption_title

_ITEMS = frozenset({"item", "snippets.item", "transcript.item"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "text", "start", "duration")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single pieces."""
    cues: list[Cue] = []
    number = 0
    known: dict[str, str] = {}
    with file.open() as stream:
        for prefix, value in values_at(stream, _ITEMS):
            if prefix not in _ITEMS:
                known.setdefault(prefix, key_of(value) or "")
                continue
            number += 1
            try:
                cues.append(_cue(mapping(value, "piece")))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
    if not number:
        raise ConversationError("no transcript: expected a list of {text, start, duration}")
    title, language = caption_title(file.path)
    about = About(
        "youtube-list",
        title=known.get("title") or title,
        language=known.get("language_code") or language,
    )
    yield from captions_records(file.path, about, cues)


def _cue(piece: dict[str, object]) -> Cue:
    if "text" not in piece:
        raise ConversationError("text is missing")
    start = seconds_of(piece.get("start"), "start")
    duration = seconds_of(piece.get("duration", 0), "duration")
    lines = (plain(line) for line in text_of(piece["text"], "text").split("\n"))
    return Cue(start, start + duration, tuple(line for line in lines if line))


SOURCE = Source(
    name="youtube-list",
    description="YouTube transcript as a list of {text, start, duration}",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="youtube-transcript-api and programs like it",
    kept="words, times, language",
    left_out="repeated lines of rolling captions",
)
