"""YouTube transcripts as a plain list of ``{text, start, duration}``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import seconds_of, text_of
from cgp.sources.recognisers import recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = ("item", "snippets.item", "transcript.item")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "text", "start", "duration")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single pieces."""
    yield from recogniser_records(
        file, "youtube-list", _PLACES, _cues, languages=("language_code",), titles=("title",)
    )


def _cues(_prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
    if "text" not in piece:
        raise ConversationError("text is missing")
    start = seconds_of(piece.get("start"), "start")
    duration = seconds_of(piece.get("duration", 0), "duration")
    lines = tuple(text_of(piece["text"], "text").split("\n"))
    yield from plain_cues(Cue(start, start + duration, lines))


SOURCE = Source(
    name="youtube-list",
    description="YouTube transcript as a list of {text, start, duration}",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="youtube-transcript-api and programs like it",
    kept="words, times, language",
    left_out="repeated lines of rolling captions",
    lacks=frozenset({Fact.SPEAKERS, Fact.DATE}),
    loss=Loss.REST,
)
