"""Deepgram in JSON: ``results.utterances``, or the words of ``results.channels``.

Structure: developers.deepgram.com/docs/utterances and the vendor's JSON schema
(api-evangelist/deepgram).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_of
from cgp.sources.recognisers import Word, cue_of, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_UTTERANCES, _CHANNELS = "results.utterances.item", "results.channels.item"


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "results", "channels", "alternatives", "transcript")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single utterances."""
    languages = ("results.channels.item.detected_language",)
    yield from recogniser_records(
        file, "deepgram", (_UTTERANCES, _CHANNELS), _cues, languages=languages
    )


def _cues(prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
    if prefix == _UTTERANCES:
        start, end = (seconds_of(piece.get(key), key) for key in ("start", "end"))
        yield from cue_of(piece.get("transcript"), piece.get("speaker"), start, end)
        return
    alternatives = piece.get("alternatives")
    if not isinstance(alternatives, list) or not alternatives:
        return
    best = mapping(alternatives[0], "alternative")
    words = best.get("words")
    if isinstance(words, list) and words:
        yield from cues_of_words(_words(words))
    else:
        yield from cue_of(best.get("transcript"), None, None)


def _words(words: list[Any]) -> Iterator[Word]:
    for value in words:
        word = mapping(value, "word")
        text = word.get("punctuated_word") or word.get("word")
        if isinstance(text, str):
            start, end = (seconds_of(word.get(key), key) for key in ("start", "end"))
            yield Word(text, speaker_name(word.get("speaker")), start, end)


SOURCE = Source(
    name="deepgram",
    description="Deepgram transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the listen endpoint of Deepgram",
    kept="speakers, times, language",
    left_out="confidence, other hypotheses, summaries",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
