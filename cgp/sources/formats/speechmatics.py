"""Speechmatics in JSON (``json-v2``): ``results`` word by word.

Structure: docs.speechmatics.com, output of a batch job; speakers are ``S1``, ``S2``, and ``UU``
where none was told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_in
from cgp.sources.recognisers import Word, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_NOBODY = "UU"
_KINDS_OF_WORDS = frozenset({"word", "punctuation", "entity"})


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "results", "alternatives", "content", "start_time", "type")
        and (has_keys(head, "transcription_config") or has_keys(head, "attaches_to"))
        and not has_keys(head, "transcripts")
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single words."""
    languages = ("metadata.transcription_config.language",)
    yield from recogniser_records(
        file, "speechmatics", ("results.item",), _words, languages=languages
    )


def _words(_prefix: str, piece: dict[str, Any]) -> Iterator[Word]:
    kind = piece.get("type")
    if kind not in _KINDS_OF_WORDS:
        return
    alternatives = piece.get("alternatives")
    if not isinstance(alternatives, list) or not alternatives:
        raise ConversationError("alternatives must be a list with an item")
    best = mapping(alternatives[0], "alternative")
    content = best.get("content")
    if not isinstance(content, str):
        raise ConversationError("content must be a string")
    speaker = best.get("speaker")
    # Words of nobody stay in their place: those of others do not repeat them.
    name = "Speaker" if speaker in {None, _NOBODY} else speaker_name(speaker)
    start, end = (seconds_in(piece, key) for key in ("start_time", "end_time"))
    yield Word(content, name, start, end, joined=piece.get("attaches_to") == "previous")


SOURCE = Source(
    name="speechmatics",
    description="Speechmatics transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the transcript of a batch job, format json-v2",
    kept="speakers by their labels, times, language",
    left_out="confidence, other hypotheses, summaries, channels",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
