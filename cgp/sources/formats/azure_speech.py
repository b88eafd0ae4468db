"""Azure Speech in JSON: ``recognizedPhrases`` of a batch transcription, or ``phrases`` of a fast
one.

Structure: learn.microsoft.com, "Get batch transcription results" and "Use the fast transcription
API". A phrase has the ``speaker`` where they were told apart, and its ``channel`` otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_of
from cgp.sources.recognisers import cue_of, recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_BATCH, _FAST = "recognizedPhrases.item", "phrases.item"
_TICKS = 1e7
"""Ticks of a second."""
_PERIOD = re.compile(r"^PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?$")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and (
        has_keys(head, "recognizedPhrases", "nBest")
        or has_keys(head, "combinedPhrases", "phrases", "offsetMilliseconds")
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single phrases."""
    yield from recogniser_records(file, "azure-speech", (_BATCH, _FAST), _cues)


def _cues(prefix: str, phrase: dict[str, Any]) -> Iterator[Cue]:
    if phrase.get("recognitionStatus", "Success") != "Success":
        return
    text = phrase.get("text")
    if prefix == _BATCH:
        best = phrase.get("nBest")
        if not isinstance(best, list) or not best:
            raise ConversationError("nBest must be a list with an item")
        text = mapping(best[0], "nBest").get("display")
    start, length = _seconds(phrase, "offset"), _seconds(phrase, "duration")
    speaker = phrase.get("speaker")
    yield from cue_of(text, speaker, start, None if start is None else start + (length or 0.0))


def _seconds(phrase: dict[str, Any], name: str) -> float | None:
    """Return a time of a phrase: in milliseconds, in ticks, or as ``PT1M2.5S``."""
    if (value := phrase.get(f"{name}Milliseconds")) is not None:
        return seconds_of(value, name) / 1000
    if (value := phrase.get(f"{name}InTicks")) is not None:
        return seconds_of(value / _TICKS if isinstance(value, int | float) else value, name)
    value = phrase.get(name)
    if value is None:
        return None
    match = _PERIOD.match(value) if isinstance(value, str) else None
    if match is None:
        raise ConversationError(f"{name}: {str(value)[:40]!r} is not a time such as PT1.5S")
    return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3] or 0)


SOURCE = Source(
    name="azure-speech",
    description="Azure Speech transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the result file of a batch transcription, or the answer of a fast one",
    kept="speakers by their numbers, times",
    left_out="confidence, other hypotheses, channels",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
