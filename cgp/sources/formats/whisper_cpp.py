"""whisper.cpp in JSON: ``transcription`` with ``offsets`` in milliseconds.

Structure: ``ggml-org/whisper.cpp``, ``examples/cli/cli.cpp`` (``output_json``). With
``--tinydiarize`` a segment says ``speaker_turn_next`` (or ends with ``[SPEAKER_TURN]``), with
``--diarize`` it has the ``speaker`` of a stereo channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_of
from cgp.sources.recognisers import cue_of, recogniser_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_TURN = "[SPEAKER_TURN]"


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "transcription", "offsets", "from", "to", "text")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments."""
    places = ("result.language",)
    change = False

    def cues(_prefix: str, segment: dict[str, Any]) -> Iterator[Cue]:
        nonlocal change
        for cue in _cues(segment):
            yield replace(cue, change=change)
            change = False
        # The segment before the other speaker's tells of the change.
        change = change or _ends_turn(segment)

    yield from recogniser_records(
        file, "whisper-cpp", ("transcription.item",), cues, languages=places
    )


def _ends_turn(segment: dict[str, Any]) -> bool:
    return segment.get("speaker_turn_next") is True or _TURN in str(segment.get("text"))


def _cues(segment: dict[str, Any]) -> Iterator[Cue]:
    offsets = mapping(segment.get("offsets"), "offsets")
    start, end = (seconds_of(offsets.get(key), key) / 1000 for key in ("from", "to"))
    speaker, text = segment.get("speaker"), segment.get("text")
    if isinstance(text, str):
        text = text.replace(_TURN, "")
    yield from cue_of(text, None if speaker == "?" else speaker, start, end)


SOURCE = Source(
    name="whisper-cpp",
    description="whisper.cpp transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="whisper-cli --output-json",
    kept="times, language, the channel that speaks, changes of the speaker",
    left_out="tokens, words' own times",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
