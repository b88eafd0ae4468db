"""Podcast transcripts in the Podcast namespace's JSON: ``{version, segments: [...]}``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, plain
from cgp.sources.files import File
from cgp.sources.messages import seconds_of, text_of
from cgp.sources.recognisers import recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "segments", "startTime", "body")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments."""
    speaker: str | None = None

    def cues(_prefix: str, segment: dict[str, Any]) -> Iterator[Cue]:
        nonlocal speaker
        cue = _cue(segment)
        # The speaker is given where it changes, and holds until then.
        speaker = cue.speaker or speaker
        yield replace(cue, speaker=speaker)

    yield from recogniser_records(file, "podcast-json", ("segments.item",), cues)


def _cue(segment: dict[str, Any]) -> Cue:
    if "body" not in segment:
        raise ConversationError("body is missing")
    start = seconds_of(segment.get("startTime"), "startTime")
    end = seconds_of(segment.get("endTime", start), "endTime")
    text = plain(text_of(segment["body"], "body"))
    speaker = text_of(segment.get("speaker"), "speaker").strip()
    return Cue(start, end, (text,) if text else (), speaker or None)


SOURCE = Source(
    name="podcast-json",
    description="podcast transcript in the Podcast namespace's JSON",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="podcast hosts, the podcast:transcript of a feed",
    kept="names, words, times",
    left_out="times of single words",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
