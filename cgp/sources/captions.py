"""Captions and transcripts cut into timed pieces, put together to turns.

The speaker is taken from the file where it has one: a voice tag, a name before a colon, or the
marks ``>>`` and ``- `` of a change of speaker. Where it never says, all is said by one
participant, ``Speaker``; where it only marks the changes, two take turns, ``Speaker 1`` and
``Speaker 2``, since captions promise no more.

Automatic captions roll: each cue repeats the line above. A file rolls if it times its words or if
its cues keep repeating the line before them; then repeated lines are dropped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.messages import About, Message, records_of
from cgp.sources.speakers import Candidates, Look, look

# Such a pause ends a turn after a whole sentence; twice as long, it ends any turn.
PAUSE_SECONDS = 2.0
TURN_CHARACTERS = 240
MAX_CHARACTERS_WITHOUT_SENTENCE = 1000
MAX_CUES = 4 * MAX_TURNS
SPEAKER = "Speaker"

_SENTENCE_END = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
_SOUND = re.compile(r"^(?:[\[(（【][^\])）】]{1,60}[\])）】]|[♪♫♬#\s]+|♪.*♪)$")
_CHANGE = re.compile(r"^(?:>{2,3}|&gt;&gt;|[-–—‐]\s?(?=\S))\s*")
_NAME_AND_WORDS = re.compile(
    r"^(?:\[(?P<marked>[^:\[\]<>]{1,60})\]|(?P<name>[^\s:：\[\]<>][^:：\[\]<>]{0,59}?))(?::\s+|：\s*)(?=\S)"
)
_BRACKETED = re.compile(
    r"^(?:\[(?P<square>[^:\[\]<>]{1,60})\]|\((?P<round>[^:()<>]{1,60})\))\s+(?=\S)"
)
"""A name in brackets without a colon, which may be a sound as well."""
_NEARLY_ALL = 0.8
"""Share of cues that begin with a name, from which the names are of speakers; a few cues may lack
one.
"""
_FEW_CUES = 5
_TAG = re.compile(r"<[^<>]{0,200}>")
# A voice begins, or ends before other words. Every part is bounded: a tag that never ends must not
# be looked for to the end of the file each time.
_VOICE = re.compile(r"<[vV](?:\.[^\s<>]{0,100})?\s{1,20}([^<>]{1,200})>|</[vV]>(?=\s)")


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed piece of text: ``start`` and ``end`` in seconds, lines as shown.

    ``rolls`` says that the cue times its words, as automatic captions do. ``change`` says that
    another speaker begins than the one before.
    """

    start: float | None
    end: float | None
    lines: tuple[str, ...]
    speaker: str | None = None
    rolls: bool = False
    change: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with its mark of the speaker: a name, or only a change of speaker."""

    start: float | None
    end: float | None
    text: str
    name: str | None
    change: bool


def plain(line: str) -> str:
    """Return a line of captions without its markup, with single spaces."""
    return " ".join(html.unescape(_TAG.sub("", line)).replace("\u200b", "").split())


def plain_cues(cue: Cue) -> Iterator[Cue]:
    """Yield a cue of lines with markup as cues without, one for each voice that its tags name."""
    parts = _VOICE.split("\n".join(cue.lines))
    for voice, words in zip([None, *parts[1::2]], parts[0::2], strict=True):
        if lines := tuple(line for part in words.split("\n") if (line := plain(part))):
            yield replace(cue, lines=lines, speaker=plain(voice) if voice else cue.speaker)


def captions_records(path: Path, about: About, cues: Iterable[Cue]) -> Iterator[Record]:
    """Yield the conversation that these cues transcribe, and before it each turn
    that is too long.
    """
    cues_of_talk: list[Cue] = []
    for cue in cues:
        cues_of_talk.append(cue)
        if len(cues_of_talk) > MAX_CUES:
            raise ConversationError(f"more than {MAX_CUES} cues")
    yield from records_of(path, 1, replace(about, clock=False), turns_of(cues_of_talk))


def turns_of(cues: Sequence[Cue]) -> list[Message]:
    """Return the words of the captions, in turns."""
    if _rolls(cues):
        cues = list(_without_repeats(cues))
    cues = _with_bracketed_names(_with_first_lines(cues))
    pieces = list(_pieces(cues, _names(cues)))
    has_names = any(piece.name for piece in pieces)
    changes = any(piece.change for piece in pieces)
    turns: list[Message] = []
    speaker, second = SPEAKER, False
    if changes and not has_names:
        speaker = f"{SPEAKER} 1"
    previous: _Piece | None = None
    for piece in pieces:
        if piece.name is not None:
            is_change, speaker = piece.name != speaker or piece.change, piece.name
        else:
            is_change = piece.change
            # Without names two speakers take turns. Where others have names, a change to a piece
            # without one is to a person unknown.
            if is_change and previous is not None and not has_names:
                second = not second
                speaker = f"{SPEAKER} {2 if second else 1}"
            elif is_change and has_names:
                speaker = SPEAKER
        if is_change or previous is None or _begins_turn(turns[-1].text, previous, piece):
            author = Participant(speaker)
            turns.append(Message(len(turns) + 1, author, piece.text, piece.start))
        else:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {piece.text}")
        previous = piece
    return turns


def _begins_turn(text: str, previous: _Piece, piece: _Piece) -> bool:
    """Tell if the same speaker's words are enough for a turn, or pause."""
    if previous.end is not None and piece.start is not None:
        if piece.start - previous.end >= PAUSE_SECONDS and _SENTENCE_END.search(text):
            return True
        if piece.start - previous.end >= 2 * PAUSE_SECONDS:
            return True
    if len(text) >= TURN_CHARACTERS and _SENTENCE_END.search(text):
        return True
    return len(text) >= MAX_CHARACTERS_WITHOUT_SENTENCE


def _pieces(cues: Sequence[Cue], names: frozenset[str]) -> Iterator[_Piece]:
    voices = _share(cue.speaker is not None for cue in cues)
    # Where a file names a voice in cue after cue, a cue without one is of somebody unknown. Where
    # names stand now and then before the words, they mark the changes: the others go on with the
    # last one.
    each_cue = voices > 0 or (
        len(cues) >= _FEW_CUES and _share(_begins_with(cue, names) for cue in cues) >= _NEARLY_ALL
    )
    for cue in cues:
        is_unknown = each_cue and cue.speaker is None and not _begins_with(cue, names)
        for number, line in enumerate(cue.lines):
            mark = _CHANGE.match(line)
            text = line[mark.end() :] if mark else line
            name = cue.speaker
            if (
                name is None
                and (name_match := _NAME_AND_WORDS.match(text))
                and _name(name_match) in names
            ):
                name, text = _name(name_match), text[name_match.end() :]
            change = mark is not None or (cue.change and number == 0)
            if is_unknown and number == 0 and not change:
                name = SPEAKER
            if text and not _SOUND.match(text):
                yield _Piece(cue.start, cue.end, text, name, change)


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values) if values else 0.0


def _name(match: re.Match[str]) -> str:
    return " ".join((match["marked"] or match["name"]).split())


def _begins_with(cue: Cue, names: frozenset[str]) -> bool:
    """Tell if a cue's words begin with one of these names and a colon."""
    first = _NAME_AND_WORDS.match(_CHANGE.sub("", cue.lines[0])) if cue.lines else None
    return first is not None and _name(first) in names


def _names(cues: Sequence[Cue]) -> frozenset[str]:
    """Return the words before a colon that are names.

    They come more than once, all cues begin with such words, or they stand in capitals as the names
    in subtitles do.
    """
    candidates, first_names = Candidates(), Candidates()
    for cue in cues:
        for number, line in enumerate(cue.lines):
            if name_match := _NAME_AND_WORDS.match(_CHANGE.sub("", line)):
                candidates.add(_name(name_match))
                if number == 0:
                    first_names.add(_name(name_match))
    first_lines = first_names.counts.total()
    each_cue = len(cues) > 1 and first_lines >= _NEARLY_ALL * len(cues)
    looks = {Look.NAME, Look.HANDLE}
    names = candidates.speakers(every_line=each_cue)
    if each_cue:
        names |= candidates.coming_back(2) | candidates.looking(looks)
    if first_lines == len(cues) > 1:
        # Names written as they are typed, on each cue: one in small letters may speak once.
        names |= candidates.looking({Look.LOWER})
        # So may one that is written as no name is, where another one comes back.
        names |= first_names.looking({Look.PROSE}) if candidates.coming_back() else frozenset()
    if not names:
        names = candidates.numbered()
    capitals = frozenset(n for n in candidates.looking(looks) if n.isupper() and len(n) > 1)
    # A file that names its speakers names them all, also one who speaks once.
    return names | candidates.looking({Look.NAME}) if names or capitals else frozenset()


def _with_first_lines(cues: Sequence[Cue]) -> Sequence[Cue]:
    """Return the cues with their speakers where each has a name for its first line, as in
    transcripts of Teams; as they are otherwise.
    """
    named_cues = [
        cue.lines[0] if len(cue.lines) > 1 and look(cue.lines[0]) is Look.NAME else ""
        for cue in cues
    ]
    names = Candidates(name for name in named_cues if name)
    if not names.coming_back() or _share(map(bool, named_cues)) < _NEARLY_ALL:
        return cues
    return [
        replace(cue, speaker=name, lines=cue.lines[1:]) if name and cue.speaker is None else cue
        for cue, name in zip(cues, named_cues, strict=True)
    ]


def _with_bracketed_names(cues: Sequence[Cue]) -> Sequence[Cue]:
    """Return the cues with their speakers where each begins with a name in brackets; as they are
    otherwise.

    Two names come back: sounds in brackets stand now and then, or are always the same.
    """
    matches = [
        _BRACKETED.match(cue.lines[0]) if cue.lines and cue.speaker is None else None
        for cue in cues
    ]
    if _share(match is not None for match in matches) < _NEARLY_ALL:
        return cues
    found_names = [(match["square"] or match["round"]).strip() for match in matches if match]
    names = Candidates(found_names)
    if len(names.coming_back()) < 2 or not _are_names(names):
        return cues
    return [
        replace(
            cue,
            speaker=(match["square"] or match["round"]).strip(),
            lines=(cue.lines[0][match.end() :], *cue.lines[1:]),
        )
        if match
        else cue
        for cue, match in zip(cues, matches, strict=True)
    ]


def _are_names(candidates: Candidates) -> bool:
    """Tell if all words look like names."""
    return candidates.looking({Look.NAME, Look.HANDLE}) == candidates.counts.keys()


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


def _without_repeats(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Yield cues with only their new lines."""
    last_lines: tuple[str, ...] = ()
    for cue in cues:
        lines = tuple(line for line in cue.lines if line)
        overlap = max(
            # No more lines are shown than are kept: a cue of ten thousand lines is compared four
            # times.
            (
                k
                for k in range(1, min(len(lines), len(last_lines)) + 1)
                if last_lines[-k:] == lines[:k]
            ),
            default=0,
        )
        if lines[overlap:]:
            yield replace(cue, lines=lines[overlap:])
        # Rolling captions show at most four lines, so older ones cannot come again.
        last_lines = (*last_lines, *lines[overlap:])[-4:]
