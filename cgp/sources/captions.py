"""Captions and transcripts cut into timed pieces, put together to turns.

Who speaks is taken from the file where it says so: a voice tag, a name before a colon, or the marks
``>>`` and ``- `` of a change of speaker. Where it never says, all is said by one participant,
``Speaker``; where it only marks the changes, two take turns, ``Speaker 1`` and ``Speaker 2``, which is
what captions promise and all that they do.

Automatic captions roll: each cue repeats the line above. A file rolls if it times its words or if its
cues keep repeating the line before them; then repeated lines are dropped.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.messages import About, Message, to_record

PAUSE_SECONDS = 2.0
TURN_CHARACTERS = 240
MAX_CHARACTERS_WITHOUT_SENTENCE = 1000
MAX_CUES = 4 * MAX_TURNS
SPEAKER = "Speaker"

_SENTENCE_END = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
_SOUND = re.compile(r"^(?:[\[(（【][^\])）】]{1,60}[\])）】]|[♪♫♬#\s]+|♪.*♪)$")
_CHANGE = re.compile(r"^(?:>{2,3}|&gt;&gt;|[-–—‐]\s?(?=\S))\s*")
_NAMED = re.compile(r"^\[?([^\W\d_a-z][^:\[\]<>]{0,48}?)\]?:\s+(?=\S)")
_TAG = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed piece of text: ``start`` and ``end`` in seconds, lines as shown.

    ``rolls`` says that the cue times its words, as automatic captions do.
    """

    start: float | None
    end: float | None
    lines: tuple[str, ...]
    speaker: str | None = None
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with what it says of its speaker: a name, or only that the speaker changes."""

    start: float | None
    end: float | None
    text: str
    name: str | None
    change: bool


def plain(line: str) -> str:
    """Return a line of captions without its markup, with single spaces."""
    return " ".join(html.unescape(_TAG.sub("", line)).replace("\u200b", "").split())


def captions_record(path: Path, about: About, cues: Iterable[Cue]) -> Record:
    """Return the record of the conversation that these cues transcribe."""
    taken: list[Cue] = []
    for cue in cues:
        taken.append(cue)
        if len(taken) > MAX_CUES:
            raise ConversationError(f"more than {MAX_CUES} cues")
    return to_record(path, 1, replace(about, clock=False), turns_of(taken))


def turns_of(cues: Sequence[Cue]) -> list[Message]:
    """Return what is said, in turns."""
    if _rolls(cues):
        cues = list(_unrolled(cues))
    pieces = list(_pieces(cues, _names(cues)))
    named = any(piece.name for piece in pieces)
    changes = any(piece.change for piece in pieces)
    turns: list[Message] = []
    speaker, second = SPEAKER, False
    if changes and not named:
        speaker = f"{SPEAKER} 1"
    previous: _Piece | None = None
    for piece in pieces:
        if piece.name is not None:
            changed, speaker = piece.name != speaker or piece.change, piece.name
        else:
            changed = piece.change
            if changed and previous is not None and not named:
                second = not second
                speaker = f"{SPEAKER} {2 if second else 1}"
            elif changed and named:
                speaker = SPEAKER
        if changed or previous is None or _begins_turn(turns[-1].text, previous, piece):
            author = Participant(speaker)
            turns.append(Message(len(turns) + 1, author, piece.text, piece.start))
        else:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {piece.text}")
        previous = piece
    return turns


def _begins_turn(text: str, previous: _Piece, piece: _Piece) -> bool:
    """Return whether the same speaker's words are enough for a turn, or pause."""
    if previous.end is not None and piece.start is not None:
        if piece.start - previous.end >= PAUSE_SECONDS and _SENTENCE_END.search(text):
            return True
        if piece.start - previous.end >= 2 * PAUSE_SECONDS:
            return True
    if len(text) >= TURN_CHARACTERS and _SENTENCE_END.search(text):
        return True
    return len(text) >= MAX_CHARACTERS_WITHOUT_SENTENCE


def _pieces(cues: Iterable[Cue], names: frozenset[str]) -> Iterator[_Piece]:
    for cue in cues:
        for line in cue.lines:
            mark = _CHANGE.match(line)
            text = line[mark.end() :] if mark else line
            name = cue.speaker
            if name is None and (found := _NAMED.match(text)) and found[1] in names:
                name, text = found[1], text[found.end() :]
            if text and not _SOUND.match(text):
                yield _Piece(cue.start, cue.end, text, name, mark is not None)


def _names(cues: Iterable[Cue]) -> frozenset[str]:
    """Return the words before a colon that are names: those in capitals, or there more than once."""
    seen: Counter[str] = Counter()
    for cue in cues:
        for line in cue.lines:
            if found := _NAMED.match(_CHANGE.sub("", line)):
                seen[found[1]] += 1
    several = {name for name, count in seen.items() if len(name.split()) <= 4 and count > 1}
    capitals = {name for name in seen if name.isupper() and len(name) > 1}
    if not several and not capitals:
        return frozenset()
    # A file that names its speakers names them all, also one who speaks once.
    return frozenset(name for name in seen if len(name.split()) <= 4)


def _rolls(cues: Sequence[Cue]) -> bool:
    if any(cue.rolls for cue in cues):
        return True
    pairs = [(a, b) for a, b in pairwise(cues) if a.lines and b.lines]
    repeats = sum(a.lines[-1] == b.lines[0] and _touch(a, b) for a, b in pairs)
    return repeats >= 3 and repeats >= 0.3 * len(pairs)


def _touch(earlier: Cue, later: Cue) -> bool:
    if earlier.end is None or later.start is None:
        return True
    return later.start - earlier.end < 0.5


def _unrolled(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Yield cues with only their new lines."""
    shown: tuple[str, ...] = ()
    for cue in cues:
        lines = tuple(line for line in cue.lines if line)
        overlap = max(
            # No more lines are shown than are kept: a cue of ten thousand lines is compared four times.
            (k for k in range(1, min(len(lines), len(shown)) + 1) if shown[-k:] == lines[:k]),
            default=0,
        )
        if lines[overlap:]:
            yield replace(cue, lines=lines[overlap:])
        shown = (*shown, *lines[overlap:])[-4:]
