"""Deepgram in JSON: ``results.utterances``, or the words of ``results.channels``.

Structure: developers.deepgram.com/docs/utterances and the vendor's JSON schema
(api-evangelist/deepgram).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import mapping, seconds_of
from cgp.sources.recognisers import Word, cue_of, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_NUMBER = "metadata.channels"
_UTTERANCES, _CHANNELS = "results.utterances.item", "results.channels.item"


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "results", "channels", "alternatives", "transcript")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single utterances."""
    yield from recogniser_records(
        file,
        "deepgram",
        (_UTTERANCES, _CHANNELS),
        _Pieces(several=_channels(file) > 1).of,
        languages=("results.channels.item.detected_language",),
        by_time=True,
    )


def _channels(file: File) -> float:
    """Return the number of the recording's channels, 1 where the file does not tell."""
    with file.open() as stream:
        try:
            for _, value in values_at(stream, frozenset({_NUMBER}), scalars=False):
                return value if isinstance(value, int | float) else 1
        except ConversationError:
            return 1  # what follows is read from the same file, and tells of its damage
    return 1


class _Pieces:
    """Makes cues; of ``several`` channels, each is a speaker's own."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._channel = -1

    def of(self, prefix: str, piece: dict[str, Any]) -> Iterator[Cue]:
        """Yield the cues of a value at a prefix."""
        if prefix == _UTTERANCES:
            start, end = (seconds_of(piece.get(key), key) for key in ("start", "end"))
            name = self._name(piece.get("speaker"), _first(piece.get("channel")))
            yield from cue_of(piece.get("transcript"), name, start, end)
            return
        self._channel += 1
        alternatives = piece.get("alternatives")
        if not isinstance(alternatives, list) or not alternatives:
            return
        best = mapping(alternatives[0], "alternative")
        words = best.get("words")
        if isinstance(words, list) and words:
            yield from cues_of_words(self._words(words))
        else:
            yield from cue_of(best.get("transcript"), self._name(None, self._channel), None)

    def _words(self, words: list[Any]) -> Iterator[Word]:
        for value in words:
            word = mapping(value, "word")
            text = word.get("punctuated_word") or word.get("word")
            if isinstance(text, str):
                start, end = (seconds_of(word.get(key), key) for key in ("start", "end"))
                yield Word(text, self._name(word.get("speaker"), self._channel), start, end)

    def _name(self, speaker: object, channel: object) -> str | None:
        """Return a speaker's name. Speakers are counted anew in each channel."""
        name = speaker_name(speaker)
        if not self._several or not isinstance(channel, int | float):
            return name
        return f"Channel {int(channel)}" if name is None else f"Channel {int(channel)} {name}"


def _first(channel: object) -> object:
    """Return the channel of ``1``, or of ``[1, 2]``: the second of two."""
    return channel[0] if isinstance(channel, list) and channel else channel


SOURCE = Source(
    name="deepgram",
    description="Deepgram transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the listen endpoint of Deepgram",
    kept="speakers or channels, times, language",
    left_out="confidence, other hypotheses, summaries",
    lacks=frozenset({Fact.NAMES, Fact.DATE}),
    loss=Loss.REST,
)
