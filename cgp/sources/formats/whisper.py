"""Whisper and WhisperX in JSON: ``segments`` with ``start``, ``end``, ``text`` and maybe
``speaker``.

Structure: ``openai/whisper`` (``whisper/utils.py``, ``WriteJSON``) and ``m-bain/whisperX``, whose
diarised segments and words have a ``speaker``. Other tools write the same list of segments. The
pipelines of ``huggingface/transformers`` write ``chunks`` with ``timestamp: [start, end]``, and
``Vaibhavs10/insanely-fast-whisper`` besides these its diarised ``speakers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import seconds_in, seconds_of
from cgp.sources.recognisers import Word, cue_of, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACES = ("segments.item", "speakers.item", "item", "chunks.item")
"""The chunks repeat the words of the speakers."""


def _recognises(head: bytes, _path: Path) -> bool:
    if is_json(head) and has_keys(head, "chunks", "timestamp", "text"):
        return True
    return (
        is_json(head)
        and has_keys(head, "start", "end", "text")
        and (has_keys(head, "segments") or _is_list(head))
        and not has_keys(head, "startTime", "body")
        and not has_keys(head, "utterances")
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments."""
    yield from recogniser_records(file, "whisper", _PLACES, _cues)


def _is_list(head: bytes) -> bool:
    """Tell if the file is the list of segments alone, as programs around WhisperX save it."""
    return head.lstrip()[:1] == b"[" and not has_keys(head, "words", "confidence")


def _cues(_prefix: str, segment: dict[str, Any]) -> Iterator[Cue]:
    words = segment.get("words")
    speakers = (
        {speaker_name(word.get("speaker")) for word in words if isinstance(word, dict)}
        if isinstance(words, list)
        else set()
    )
    if isinstance(words, list) and len(speakers - {None}) > 1:
        yield from cues_of_words(_words(words, segment.get("speaker")))
        return
    start, end = _times(segment)
    yield from cue_of(segment.get("text"), segment.get("speaker"), start, end)


def _times(segment: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return the start and the end of a segment, None where it has none.

    Raises:
        ConversationError: if one is not a number.
    """
    pair = segment.get("timestamp")
    if isinstance(pair, list) and len(pair) == len(("start", "end")):
        segment = dict(zip(("start", "end"), pair, strict=True))
    return seconds_in(segment, "start"), seconds_in(segment, "end")


def _words(words: list[Any], speaker: object) -> Iterator[Word]:
    """Yield the words; one without a speaker of its own goes on with the last one."""
    last = speaker_name(speaker)
    for word in words:
        if isinstance(word, dict) and isinstance(text := word.get("word"), str):
            last = speaker_name(word.get("speaker")) or last
            times = (word.get("start"), word.get("end"))
            start, end = (None if at is None else seconds_of(at, "start") for at in times)
            yield Word(text.strip(), last, start, end)


SOURCE = Source(
    name="whisper",
    description="Whisper or WhisperX transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="whisper --output_format json, whisperx --diarize, the verbose_json of their servers",
    kept="speakers, times, language",
    left_out="words' own times, confidence; a segment without a speaker is Speaker's",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
