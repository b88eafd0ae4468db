"""Plain text in which each turn begins with its speaker's name (see ``cgp.sources.turn_heads``).

The names are those that come back (``cgp.sources.speakers``), so the file is read twice. Other
lines go on with the turn before them. Lines before the first turn are the transcript's heading. A
line of three or more ``-``, ``=`` or ``*`` ends the conversation and begins the next.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, records_of
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.speakers import HEADERS, Candidates, Look, look
from cgp.sources.talk_signs import (
    MOSTLY,
    OF_MINUTES,
    Telling,
    are_talk,
    has_sign,
    is_mere_speaker,
)
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import Head, head, time_alone
from cgp.sources.wall_clocks import WallClock

MAX_HEADING_LINES = 40
MAX_HEADING_CHARACTERS = 4000
"""More before the first name is no heading: words without a speaker."""
_NEARLY_ALL = 0.9
"""Share of lines that begin with a name where all do, but for a few that go on."""
_MOST_VALUES = 0.4
"""Share of turns that are nothing but a number, with its unit maybe: a list of values has more."""
_SHOWN = 3
_MOST_HEADERS = 3
"""Different headers (``Date``, ``Accept``) that no talk has for names."""
_VALUE = re.compile(
    r"^[$€£¥]?\d[\d.,:/\-]{0,20}(?:\s[-–:]\s\d{1,3})?(?:\s?[^\W\d]{1,4}|\s?[%€$°])?$"
)
_QUARTER = 15
"""Minutes of a quarter of an hour, of a time in two parts that is read as minutes and seconds."""
_WORDS_OF_A_PROGRAMME = 6
_ANSWERS = 3
"""Answers to choose from, at least."""
_WALL_CLOCK_SECONDS = 3600.0
"""A recording's transcript begins before; a later first time is the time of day."""
_FIRST_HOUR = 6 * 60.0
_LAST_HOUR = 24 * 60.0
"""Of times such as ``10:02``, all in a day and the first not before six, are of a clock on the wall:
a recording's minutes and seconds begin before or go on after that.
"""
_SEPARATOR = re.compile(r"^\s*([-=*])\1{2,}\s*$")
_FOOTER = re.compile(
    r"^(?:Transcribed by https://otter\.ai|Meeting ended after .{1,40}|"
    r"This editable transcript was computer generated .{1,200}|"
    r"Transcription ended after .{1,40}|\(?end of (?:recording|transcript)\)?\.?)\s*$",
    re.IGNORECASE,
)


def _recognises(head_bytes: bytes, path: Path) -> bool:
    return _missing(head_bytes, path) is None


def _missing(head_bytes: bytes, path: Path) -> str | None:
    """Return the missing evidence of a talk, None where there is enough."""
    if path.suffix.lower() in {".csv", ".tsv"}:
        return "a table: none of its columns is known to say who speaks and what"
    lines = [line for line in head_lines(head_bytes) if not _SEPARATOR.match(line)]
    heads = [found for line in lines if (found := head(line)) is not None]
    if not heads:
        return "no line of it begins with a name and a colon"
    if len({found.name.casefold() for found in heads} & HEADERS) >= _MOST_HEADERS:
        return (
            f"its lines begin with headers of mail or of the web ({_shown(heads)}), not with names"
        )
    names = _names(lines)
    turns = [found for found in heads if names.begin(found)]
    labels = [
        found
        for found in heads
        if look(found.name) in {Look.LABEL, Look.TITLE} and not names.begin(found)
    ]
    if len(turns) >= 2 and len(labels) <= len(turns):
        return _missing_of(turns, labels, len(lines), path)
    if len(labels) >= MOSTLY * len(heads):
        return f"the words before its colons are labels ({_shown(labels)}), not names"
    return f"no speaker comes back: {_shown(heads)} begin its lines, and none of them two"


def _missing_of(
    turns: Sequence[Head], labels: Sequence[Head], lines: int, path: Path
) -> str | None:
    """Return the missing evidence where names come back before colons."""
    if not _are_words(turns):
        return f"after the names stand values, not words that somebody says ({_shown(turns)})"
    if not _is_talk(turns, labels):
        if minutes := [label for label in labels if label.name.casefold() in OF_MINUTES]:
            return (
                f"{_shown(minutes)} is a label of minutes, and what follows {_shown(turns)} is said "
                "to nobody"
            )
        return (
            f"nothing shows that {_shown(turns)} speak: they are no usual names, and what follows "
            "greets nobody, asks nothing and has no I or you"
        )
    # A turn whose name has a line of its own counts for the line of words after it.
    counted = len(turns) + sum(not turn.words for turn in turns)
    share = 0.2 if path.suffix.lower() in SOURCE.suffixes else 0.7
    if counted < share * lines:
        return f"only {len(turns)} of {lines} lines begin with a speaker ({_shown(turns)})"
    return None


def _is_talk(turns: Sequence[Head], labels: Sequence[Head]) -> bool:
    """Tell if turns show that somebody speaks: times and brackets beside a name that comes back do."""
    names = Counter(turn.name for turn in turns)
    if _is_timetable(turns) or _is_quiz(turns, labels):
        return False
    marked = sum(turn.marked for turn in turns)
    if marked > MOSTLY * len(turns) and names.most_common(1)[0][1] > 1:
        return True
    in_minutes = any(label.name.casefold() in OF_MINUTES for label in labels)
    telling = Telling.NONE if in_minutes else Telling.NAMES_AND_SIDES
    return are_talk([(turn.name, turn.words) for turn in turns], telling)


def _is_timetable(turns: Sequence[Head]) -> bool:
    """Tell if what has names and times is a programme, or a list of shifts: each begins at a quarter
    of an hour, in few words that are said to nobody.
    """
    times = [turn.at for turn in turns if turn.at is not None and turn.short]
    words = sum(len(turn.words.split()) for turn in turns)
    return (
        len(times) == len(turns)
        and all(at % _QUARTER == 0 for at in times)
        and all(earlier < later for earlier, later in pairwise(times))
        and words < _WORDS_OF_A_PROGRAMME * len(turns)
        and not any(is_mere_speaker(turn.name) or has_sign(turn.words) for turn in turns)
    )


def _is_quiz(turns: Sequence[Head], labels: Sequence[Head]) -> bool:
    """Tell if letters before colons are the answers to choose from, which come in their order."""
    names = [turn.name.rstrip(".)") for turn in turns]
    has_question = "Q" in names or any(label.name.casefold() == "answer" for label in labels)
    letters = {name for name in names if len(name) == 1 and name != "Q"}
    if not has_question or len(letters) < _ANSWERS or any(len(name) > 1 for name in names):
        return False
    steps = sum(ord(following) - ord(name) == 1 for name, following in pairwise(names))
    return steps >= MOSTLY * (len(names) - 1)


def _shown(heads: Sequence[Head]) -> str:
    """Return the first different names of lines, in quotes."""
    names = list(dict.fromkeys(found.name[:40] for found in heads))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class _Speakers:
    """The names that begin turns; where turns are ``timed``, a line without a time begins none."""

    names: frozenset[str]
    timed: bool = False

    def begin(self, line_head: Head) -> bool:
        """Tell if a turn begins so."""
        return line_head.name in self.names and (line_head.at is not None or not self.timed)


def _names(lines: Iterable[str]) -> _Speakers:
    """Return the speakers among the names that begin lines."""
    all_names, marked_names, timed_names, untimed_names = (
        Candidates(),
        Candidates(),
        Candidates(),
        Candidates(),
    )
    bracketed = Candidates()
    lines_in_all = 0
    begins_timed: bool | None = None
    for line in lines:
        lines_in_all += bool(line.strip())
        if (line_head := head(line)) is not None:
            begins_timed = line_head.at is not None if begins_timed is None else begins_timed
            all_names.add(line_head.name)
            (untimed_names if line_head.at is None else timed_names).add(line_head.name)
            if line_head.marked:
                marked_names.add(line_head.name)
            if line_head.bracketed:
                bracketed.add(line_head.name)
    # A tool writes the time of each turn: a line without one says more ("Yes: that is it"). Where
    # a speaker has turns of both kinds, a person wrote times here and there. A few times in a talk
    # without them are a timetable that somebody quotes.
    by_tool = not timed_names.counts.keys() & untimed_names.counts.keys()
    use_timed = begins_timed or timed_names.counts.total() >= untimed_names.counts.total()
    if by_tool and use_timed and timed_names.counts.total() > 1:
        names = timed_names.speakers() | timed_names.looking({Look.NAME, Look.HANDLE})
        names |= timed_names.coming_back(2) | bracketed.looking({Look.LOWER})
        return _Speakers(names, timed=True) if names else _Speakers(names)
    return _Speakers(_untimed_names(all_names, marked_names, lines_in_all))


def _untimed_names(
    all_names: Candidates, marked_names: Candidates, lines_in_all: int
) -> frozenset[str]:
    """Return the speakers of lines whose times, if they have any, tell nothing."""
    number = all_names.counts.total()
    names = all_names.speakers(every_line=number >= _NEARLY_ALL * lines_in_all)
    if marked_names.counts.total() > 1:
        # A time or brackets beside a name are evidence of their own: two such lines, and it is a talk.
        names |= marked_names.looking({Look.NAME, Look.HANDLE})
    return names or frozenset(all_names.take_turns() if number == 2 == lines_in_all else ())


def _may_be_key(name: str) -> bool:
    """Tell if a name in small letters or capitals may be a key of settings, or a part of a log."""
    return look(name) is Look.HANDLE or (name.isupper() and name.isalpha() and len(name) > 1)


def _are_words(turns: Sequence[Head]) -> bool:
    """Tell if the turns hold words as talk does, and not the numbers of a list of values."""
    texts = [turn.words for turn in turns if turn.words]
    values = sum(_VALUE.match(text) is not None for text in texts)
    if not texts:
        return True
    if all(_may_be_key(turn.name) for turn in turns):
        # Settings and logs have such keys, also beside a time. Their values say nothing to anybody.
        return are_talk([(turn.name, turn.words) for turn in turns], Telling.NAMES)
    return turns[0].marked or values < _MOST_VALUES * len(texts)


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for words without a speaker."""
    yield from talk_records(file.path, lambda: text_lines(file), source="text")


def talk_records(
    path: Path, lines: Callable[[], Iterable[tuple[int, str]]], *, source: str
) -> Iterator[Record]:
    """Yield the conversations of numbered lines, which are read anew at each call of ``lines``."""
    names = _names(line for _, line in lines())
    if not names.names:
        # A person named the format: every name before a colon is one.
        all_names = (line_head.name for _, line in lines() if (line_head := head(line)) is not None)
        names = _Speakers(frozenset(all_names))
    talk = _Talk(path, names, source)
    for number, line in lines():
        yield from talk.add(number, line)
    yield from talk.close(last=True)


class _Talk:
    """The conversation that is being read."""

    def __init__(self, path: Path, names: _Speakers, source: str) -> None:
        self._path = path
        self._names = names
        self._source = source
        self._turns: list[Message] = []
        self._turn = MessageLines()
        self._heading: list[str] = []
        self._clock: float | None = None
        self._dated = False
        self._short = True
        self._any = False

    def add(self, number: int, line: str) -> Iterator[Record]:
        """Take a line; yield the conversation that it ends."""
        if _SEPARATOR.match(line):
            yield from self.close()
        elif (line_head := head(line)) is not None and self._names.begin(line_head):
            self._begin(number, line_head)
        elif _FOOTER.match(line):
            return
        elif (clock := time_alone(line)) is not None:
            self._clock, self._short = clock, False
        elif self._turn.is_open:
            self._turn.add(line.strip())
        elif line.strip():
            self._heading.append(line.strip()[:200])
            if len(self._heading) == MAX_HEADING_LINES + 1:
                reason = f"no name before the words {line.strip()[:60]!r}"
                yield unreadable(self._path, number, reason)
            del self._heading[MAX_HEADING_LINES + 1 :]

    def _begin(self, number: int, line_head: Head) -> None:
        self._finish_turn()
        self._any = True
        at = self._clock if line_head.at is None else line_head.at
        self._dated = self._dated or line_head.dated
        self._short = self._short and (line_head.at is None or line_head.short)
        self._turn.begin(Message(number, Participant(line_head.name), line_head.words, at))
        self._clock = None

    def _finish_turn(self) -> None:
        for turn in self._turn.end():
            if len(self._turns) <= MAX_TURNS:
                self._turns.append(turn)

    def close(self, *, last: bool = False) -> Iterator[Record]:
        """Yield the conversation that has been read."""
        self._finish_turn()
        self._from_the_start()
        if self._turns or (last and not self._any):
            about = About(self._source, title=self._title(), clock=self._dated, zoned=False)
            number = self._turns[0].number if self._turns else 1
            yield from records_of(self._path, number, about, self._turns)
            self._turns, self._heading = [], []
        self._dated, self._short = False, True

    def _from_the_start(self) -> None:
        """Count from the first turn where the times are of a clock on the wall."""
        times = [turn.at for turn in self._turns if turn.at is not None]
        if self._short and times and times[0] >= _FIRST_HOUR and max(times) < _LAST_HOUR:
            self._turns = [
                turn if turn.at is None else replace(turn, at=turn.at * 60) for turn in self._turns
            ]
        start = self._turns[0].at if self._turns else None
        if not self._dated and start is not None and start >= _WALL_CLOCK_SECONDS:
            clock = WallClock()
            self._turns = [
                turn if turn.at is None else replace(turn, at=clock.seconds(turn.at) - start)
                for turn in self._turns
            ]

    def _title(self) -> str:
        """Return the first line of the heading that is no date, or the file's name."""
        lines = (line.lstrip("# ") for line in self._heading)
        title = next((line for line in lines if sum(c.isalpha() for c in line) > 5), None)
        return title or self._path.stem


SOURCE = Source(
    name="text",
    description='plain text of turns that begin with a name ("Name: words", Otter, Rev, WhisperX, Meet)',
    suffixes=(".txt", ".text", ".md"),
    recognises=_recognises,
    read=read,
    missing=_missing,
    general=True,
    where="recognisers, meeting tools, or written by hand",
    kept="names, words, times of turns, the heading as title",
    left_out="time lines and footers of tools; a name that never comes back may stay with the words",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
