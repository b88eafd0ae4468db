"""Output of speech recognisers: timed pieces of text, each with the speaker that was told apart.

Recognisers number their speakers or give them letters; a number ``0`` becomes ``Speaker 0``.
Words that come one by one are put together while the speaker stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.messages import About, key_of, mapping, seconds_of
from cgp.sources.source import unreadable
from cgp.sources.titles import caption_title

MAX_WORD_GAP = 2.0
"""Seconds between two words of one speaker that end a piece."""
MAX_WORDS = 200
"""Words of a piece: it becomes a cue, and cues become turns."""
_CLOCK = re.compile(r"^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,](\d{1,9}))?$")
_DURATION = re.compile(r"^(\d{1,9})(?:\.(\d{1,9}))?s$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its time and speaker; a ``joined`` one is a punctuation mark
    after another word.
    """

    text: str
    speaker: str | None
    start: float | None = None
    end: float | None = None
    joined: bool = False


ToPieces = Callable[[str, dict[str, Any]], Iterable[Cue | Word]]
"""Makes the cues or words of the value at a prefix, or raises ``ConversationError``."""


def recogniser_records(
    file: File,
    source: str,
    prefixes: tuple[str, ...],
    to_pieces: ToPieces,
    *,
    languages: Container[str] = ("language",),
    titles: Container[str] = (),
    by_time: bool = False,
) -> Iterator[Record]:
    """Yield the transcript of a recogniser's file, and before it each piece that cannot be read.

    ``prefixes`` are the places that hold pieces, the best first: a file with utterances has the
    same words one by one as well. ``languages`` and ``titles`` are the places of the language and
    the title. ``by_time`` says that the pieces come channel by channel and are to be put in order
    of time.

    Raises:
        ConversationError: if there is nothing at any of the places.
    """
    pieces: dict[str, list[Cue | Word]] = {}
    spoken_language: str | None = None
    given_title: str | None = None
    number = 0
    with file.open() as stream:
        try:
            for prefix, value in values_at(stream, frozenset(prefixes)):
                if prefix not in prefixes:
                    if prefix in languages:
                        spoken_language = key_of(value)
                    elif prefix in titles:
                        given_title = key_of(value)
                    continue
                number += 1
                try:
                    piece_list = to_pieces(prefix, mapping(value, "piece"))
                    pieces.setdefault(prefix, []).extend(piece_list)
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)
            number += 1
    if not number:
        places = " or ".join(repr(prefix.removesuffix(".item")) for prefix in prefixes)
        raise ConversationError(f"no transcript: expected a list under {places}")
    title, language = caption_title(file.path)
    about = About(source, title=given_title or title, language=spoken_language or language)
    # One place only: the same words stand at the others too.
    best = next((pieces[prefix] for prefix in prefixes if pieces.get(prefix)), [])
    cues = list(_cues_of(best))
    # Channels come one after the other, and a talk goes to and fro between them.
    if by_time and all(cue.start is not None for cue in cues):
        cues.sort(key=lambda cue: cue.start or 0.0)
    yield from captions_records(file.path, about, cues)


def _cues_of(pieces: Sequence[Cue | Word]) -> Iterator[Cue]:
    """Yield cues as they are, and words put together.

    Where some words have a speaker, words without one repeat them: they are the recogniser's first
    guess.
    """
    words = [piece for piece in pieces if isinstance(piece, Word)]
    yield from (piece for piece in pieces if isinstance(piece, Cue))
    told_apart = [word for word in words if word.speaker is not None or word.joined]
    yield from cues_of_words(told_apart if any(w.speaker for w in told_apart) else words)


def cue_of(
    text: object, speaker: object, start: float | None, end: float | None = None
) -> Iterator[Cue]:
    """Yield the cue of a piece, none where it has no words.

    Raises:
        ConversationError: if the text is not a string.
    """
    if text is None:
        return
    if not isinstance(text, str):
        raise ConversationError("text must be a string")
    if words := plain(text):
        yield Cue(start, end, (words,), speaker_name(speaker))


def speaker_name(value: object) -> str | None:
    """Return the name of a speaker given by a name, a letter or a number, None for nothing."""
    # Speaker 1.0 is speaker 1: some writers of JSON know one kind of number.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    name = key_of(value)
    if name is None or not name.strip():
        return None
    return f"Speaker {name}" if name.isdecimal() else " ".join(name.split())


def cues_of_words(words: Iterable[Word]) -> Iterator[Cue]:
    """Yield a cue for each run of words of one speaker without a long silence."""
    run: list[Word] = []
    for word in words:
        if run and _ends(run, word):
            yield _cue_of_run(run)
            run = []
        run.append(word)
    if run:
        yield _cue_of_run(run)


def _ends(run: list[Word], word: Word) -> bool:
    last = run[-1]
    if word.joined:
        return False
    # A lecture of hours would else be one turn, too long to be stored.
    if word.speaker != last.speaker or len(run) >= MAX_WORDS:
        return True
    return (
        None not in {last.end, word.start}
        and (word.start or 0.0) - (last.end or 0.0) > MAX_WORD_GAP
    )


def _cue_of_run(run: list[Word]) -> Cue:
    text = "".join(word.text if word.joined else f" {word.text}" for word in run)
    start = next((word.start for word in run if word.start is not None), None)
    end = next((word.end for word in reversed(run) if word.end is not None), None)
    return Cue(start, end, (plain(text),), run[0].speaker)


def clock_seconds(value: object, name: str) -> float | None:
    """Return seconds given as a number, as ``1:02:03.5``, or as ``3.5s``; None for nothing.

    Raises:
        ConversationError: if it is something else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if match := _DURATION.match(value.strip()):
            return float(value.strip()[:-1])
        if match := _CLOCK.match(value.strip()):
            hours, minutes, seconds = (int(match[i] or 0) for i in (1, 2, 3))
            return hours * 3600 + minutes * 60 + seconds + float(f"0.{match[4] or 0}")
    return seconds_of(value, name)
