"""AssemblyAI in JSON: ``utterances`` of lettered speakers, times in milliseconds.

Structure: the vendor's ``TranscriptUtterance`` (rubydoc.info/gems/assemblyai). Without utterances
the ``words`` name the speakers. Other tools write ``utterances`` with ``speaker`` and ``text`` as
well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.formats.gladia import is_gladia
from cgp.sources.messages import seconds_of
from cgp.sources.recognisers import Word, cue_of, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = ("utterances.item", "words.item")


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head) or has_keys(head, "channels") or is_gladia(head):
        return False
    if not has_keys(head, "text", "speaker"):
        return False
    # The words stand before the utterances and may fill what is read of the file.
    return has_keys(head, "utterances") or has_keys(head, "words", "confidence", "language_code")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single utterances."""
    yield from recogniser_records(
        file, "assemblyai", _PLACES, _pieces, languages=("language_code",)
    )


def _pieces(prefix: str, piece: dict[str, Any]) -> Iterator[Cue | Word]:
    times = (piece.get(key) for key in ("start", "end"))
    start, end = (None if at is None else seconds_of(at, "start") / 1000 for at in times)
    text, speaker = piece.get("text"), piece.get("speaker")
    if prefix == _PLACES[0]:
        yield from cue_of(text, speaker, start, end)
    elif isinstance(text, str):
        yield Word(text, speaker_name(speaker), start, end)


SOURCE = Source(
    name="assemblyai",
    description="AssemblyAI transcript (JSON), or a list of utterances",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the transcript endpoint of AssemblyAI",
    kept="speakers, times, language",
    left_out="confidence, chapters, entities, sentiment",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
