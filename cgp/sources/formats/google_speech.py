"""Google Cloud Speech-to-Text in JSON: ``results`` with ``alternatives``, words with a speaker's
tag.

Structure: the message of ``speech.recognize`` (cloud.google.com, V1 and V2 ``WordInfo``). With
diarisation on, the last result repeats all words with their speakers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping
from cgp.sources.recognisers import (
    Word,
    clock_seconds,
    cue_of,
    recogniser_records,
    speaker_name,
)
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = ("results.item", "response.results.item")


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "results", "alternatives", "transcript")
        and not has_keys(head, "channels")
        and not has_keys(head, "transcripts")
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single results."""
    yield from recogniser_records(file, "google-speech", _PLACES, _pieces)


def _pieces(_prefix: str, result: dict[str, Any]) -> Iterator[Cue | Word]:
    alternatives = result.get("alternatives")
    if not isinstance(alternatives, list) or not alternatives:
        return
    best = mapping(alternatives[0], "alternative")
    words = best.get("words")
    if isinstance(words, list) and words:
        yield from _words(words)
    else:
        end = clock_seconds(result.get("resultEndTime") or result.get("resultEndOffset"), "end")
        yield from cue_of(best.get("transcript"), None, None, end)


def _words(words: list[Any]) -> Iterator[Word]:
    for value in words:
        word = mapping(value, "word")
        if isinstance(text := word.get("word"), str):
            start = clock_seconds(word.get("startTime", word.get("startOffset")), "startTime")
            end = clock_seconds(word.get("endTime", word.get("endOffset")), "endTime")
            speaker = word.get("speakerLabel") or word.get("speakerTag") or None
            yield Word(text, speaker_name(speaker), start, end)


SOURCE = Source(
    name="google-speech",
    description="Google Cloud Speech-to-Text transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the answer of recognize or of a long-running job",
    kept="speakers, times",
    left_out="confidence, other hypotheses",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
