"""ElevenLabs Scribe in JSON: ``words``, each with its kind and speaker; ``transcripts`` of
channels.

Structure: elevenlabs.io/docs, speech to text, convert: ``{language_code, text, words: [{text,
start, end, type, speaker_id}]}``, where ``type`` is ``word``, ``spacing`` or ``audio_event``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.messages import mapping, seconds_in
from cgp.sources.recognisers import Word, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_WORDS, _CHANNELS = "words.item", "transcripts.item"
_FIRST_LETTER_OF_THE_FAR_EAST = "\u2e80"
"""From here on are the letters that are written without spaces, but for Korean ones."""


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "language_code", "words", "text", "type", "start")
        and (has_keys(head, "speaker_id") or b'"spacing"' in head)
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single words."""
    yield from recogniser_records(
        file,
        "elevenlabs",
        (_WORDS, _CHANNELS),
        _Pieces().of,
        languages=("language_code", "transcripts.item.language_code"),
        by_time=True,
    )


class _Pieces:
    """Makes words, and of channels cues; a word's spaces depend on the word before it."""

    def __init__(self) -> None:
        self._last: Word | None = None

    def of(self, prefix: str, piece: dict[str, Any]) -> Iterator[Cue | Word]:
        """Yield the words of a value at a prefix."""
        if prefix == _WORDS:
            yield from self._word(piece, None)
            return
        words = piece.get("words")
        if not isinstance(words, list):
            raise ConversationError("words must be a list")
        index = piece.get("channel_index")
        channel = f"Channel {index}" if isinstance(index, int) else None
        yield from cues_of_words(self._words(words, channel))

    def _words(self, words: Iterable[Any], channel: str | None) -> Iterator[Word]:
        for word in words:
            yield from self._word(mapping(word, "word"), channel)

    def _word(self, piece: dict[str, Any], channel: str | None) -> Iterator[Word]:
        if piece.get("type") != "word":
            if piece.get("type") == "spacing":
                self._last = None
            return
        text = piece.get("text")
        if not isinstance(text, str):
            raise ConversationError("text must be a string")
        name = channel or speaker_name(piece.get("speaker_id"))
        start, end = (seconds_in(piece, key) for key in ("start", "end"))
        word = Word(text, name, start, end, joined=self._is_joined(text, name))
        self._last = word
        yield word

    def _is_joined(self, text: str, name: str | None) -> bool:
        """Tell if no space stands before a word: in the languages that are written without them."""
        last = self._last
        if last is None or last.speaker != name:
            return False
        return f"{last.text[-1:]}{text[:1]}" >= _FIRST_LETTER_OF_THE_FAR_EAST


SOURCE = Source(
    name="elevenlabs",
    description="ElevenLabs Scribe transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="the answer of ElevenLabs' speech to text",
    kept="speakers by their labels or channels, times, language",
    left_out="sounds, confidence, entities",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
