"""Rev and Rev AI in JSON: ``monologues``, each of one speaker, with ``elements``.

Structure: the public SDKs of Rev AI (``revai-python-sdk``, ``models/asynchronous/transcript.py``;
``revai-node-sdk``, ``RevAiApiTranscript``): an element has a ``type`` and a ``value``, a word also
``ts`` and ``end_ts``; spaces are elements of punctuation, where there is any. Names stand in
``speaker_info`` of a monologue or in the list ``speakers`` of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import key_of, mapping, seconds_in
from cgp.sources.recognisers import Word, cues_of_words, recogniser_records, speaker_name
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_MONOLOGUES, _SPEAKERS = "monologues.item", "speakers.item"


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "monologues", "elements", "value")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single monologues."""
    names = _names(file)

    def cues(_prefix: str, monologue: dict[str, Any]) -> Iterator[Cue]:
        name = _speaker(monologue, names)
        elements = monologue.get("elements")
        if not isinstance(elements, list):
            raise ConversationError("elements must be a list")
        yield from cues_of_words(_words(elements, name))

    yield from recogniser_records(file, "rev", (_MONOLOGUES,), cues)


def _names(file: File) -> dict[str, str]:
    """Return the names in the list of speakers, which stands before or after the monologues."""
    names: dict[str, str] = {}
    with file.open() as stream:
        try:
            for _, speaker in values_at(stream, frozenset({_SPEAKERS}), scalars=False):
                if isinstance(speaker, dict):
                    key, name = key_of(speaker.get("id")), key_of(speaker.get("name"))
                    if key is not None and name is not None:
                        names[key] = name
        except ConversationError:
            return names  # the reading of the monologues names what is broken
    return names


def _speaker(monologue: dict[str, Any], names: dict[str, str]) -> str | None:
    information = monologue.get("speaker_info")
    if isinstance(information, dict):
        name = speaker_name(information.get("display_name"))
        if name is not None:
            return name
    key = key_of(monologue.get("speaker"))
    return speaker_name(names.get(key or "", key))


def _words(elements: list[Any], name: str | None) -> Iterator[Word]:
    """Yield the words and marks of a monologue.

    Raises:
        ConversationError: if an element has no value, or a time that is none.
    """
    values = [_value(element) for element in elements]
    # A job without punctuation leaves the spaces out as well.
    spaces_are_written = any(value and not value.strip() for value in values)
    is_apart = True
    for element, value in zip(elements, values, strict=True):
        if words := value.strip():
            is_mark = element.get("type") != "text"
            follows_directly = not is_apart and not value[0].isspace()
            joined = follows_directly and (is_mark or spaces_are_written)
            start, end = seconds_in(element, "ts"), seconds_in(element, "end_ts")
            yield Word(words, name, start, end, joined=joined)
        is_apart = value[-1:].isspace()


def _value(element: object) -> str:
    value = mapping(element, "element").get("value")
    if not isinstance(value, str):
        raise ConversationError("value must be a string")
    return value


SOURCE = Source(
    name="rev",
    description="Rev or Rev AI transcript (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Rev, Download, JSON; the transcript endpoint of Rev AI",
    kept="speakers by their names or numbers, times",
    left_out="confidence, marks of sounds",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
