"""Podcast transcripts in the Podcast namespace's JSON: ``{version, segments: [...]}``."""

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
    return is_json(head) and has_keys(head, "segments", "startTime", "body")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments."""
    cues: list[Cue] = []
    number = 0
    speaker: str | None = None
    with file.open() as stream:
        for _, value in values_at(stream, {"segments.item"}, scalars=False):
            number += 1
            try:
                cue = _cue(mapping(value, "segment"))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
                continue
            # The speaker is given where it changes, and holds until then.
            speaker = cue.speaker or speaker
            cues.append(Cue(cue.start, cue.end, cue.lines, speaker))
    if not number:
        raise ConversationError("no transcript: expected a list under 'segments'")
    title, language = caption_title(file.path)
    yield from captions_records(
        file.path, About("podcast-json", title=title, language=language), cues
    )


def _cue(segment: dict[str, object]) -> Cue:
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
)
