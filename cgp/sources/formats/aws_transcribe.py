"""Amazon Transcribe in JSON: ``results.audio_segments``, or ``results.items`` word by word.

Older files name the speakers of words apart from the words, by the words' start, under
``results.speaker_labels.segments``. A recording of several channels has its words channel by
channel under ``results.channel_labels.channels``.

Structure: docs.aws.amazon.com/transcribe/latest/dg/diarization-output-batch.html and
channel-id.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import mapping, seconds_in
from cgp.sources.recognisers import Word, cue_of, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_SEGMENTS, _ITEMS = "results.audio_segments.item", "results.items.item"
_CHANNELS = "results.channel_labels.channels.item"
_LABEL_PATH = "results.speaker_labels.segments.item"


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "results", "transcripts")
        and (has_keys(head, "audio_segments") or has_keys(head, "alternatives", "content"))
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single segments. The file is read twice:
    the speakers of words that are named apart from them are found first.
    """
    yield from recogniser_records(
        file,
        "aws-transcribe",
        (_SEGMENTS, _CHANNELS, _ITEMS),
        _Pieces(_speakers(file)).of,
        languages=("results.language_code",),
        by_time=True,
    )


def _speakers(file: File) -> dict[float, str]:
    """Return the speakers of words by the words' start, in seconds."""
    speaker_at: dict[float, str] = {}
    with file.open() as stream:
        try:
            for _, segment in values_at(stream, frozenset({_LABEL_PATH}), scalars=False):
                items = segment.get("items") if isinstance(segment, dict) else None
                for item in items if isinstance(items, list) else ():
                    start = seconds_in(mapping(item, "item"), "start_time")
                    name = speaker_name(item.get("speaker_label"))
                    if start is not None and name is not None:
                        speaker_at[start] = name
        except ConversationError:
            return speaker_at  # the words are read from the same file next, and tell of its damage
    return speaker_at


class _Pieces:
    """Makes cues and words, with the speakers that are named apart from the words."""

    def __init__(self, speakers: dict[float, str]) -> None:
        self._speakers = speakers
        self._last: str | None = None

    def of(self, prefix: str, piece: dict[str, Any]) -> Iterator[Cue | Word]:
        """Yield the cues or words of a value at a prefix."""
        if prefix == _SEGMENTS:
            start, end = seconds_in(piece, "start_time"), seconds_in(piece, "end_time")
            yield from cue_of(piece.get("transcript"), _label(piece), start, end)
        elif prefix == _CHANNELS:
            items = piece.get("items")
            label = speaker_name(piece.get("channel_label"))
            words = (mapping(item, "item") for item in (items if isinstance(items, list) else ()))
            yield from cues_of_words(self._word(word, label) for word in words)
        else:
            name = speaker_name(_label(piece))
            if name is None and self._speakers:
                start = seconds_in(piece, "start_time")
                # Marks of punctuation have no time: they belong to the word before.
                name = self._last if start is None else self._speakers.get(start, self._last)
                self._last = name
            yield self._word(piece, name)

    @staticmethod
    def _word(piece: dict[str, Any], speaker: str | None) -> Word:
        alternatives = piece.get("alternatives")
        if not isinstance(alternatives, list) or not alternatives:
            raise ConversationError("alternatives must be a list with an item")
        word = mapping(alternatives[0], "alternative").get("content")
        if not isinstance(word, str):
            raise ConversationError("content must be a string")
        start, end = seconds_in(piece, "start_time"), seconds_in(piece, "end_time")
        return Word(word, speaker, start, end, joined=piece.get("type") == "punctuation")


def _label(piece: dict[str, Any]) -> object:
    return piece.get("speaker_label") or piece.get("channel_label")


SOURCE = Source(
    name="aws-transcribe",
    description="Amazon Transcribe transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the output of a transcription job in its bucket",
    kept="speakers or channels, times, language",
    left_out="confidence, other hypotheses",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
