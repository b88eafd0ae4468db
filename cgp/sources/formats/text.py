"""Plain text in which each turn begins with its speaker's name (see ``cgp.sources.turn_heads``).

The names are the ones that come back (``cgp.sources.speakers``), so the file is read twice. Other
lines go on with the turn before them. Lines before the first turn are the transcript's heading. A
line of three or more ``-``, ``=`` or ``*`` ends the conversation and begins the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import MAX_TURNS, Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, records_of
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_evidence import NEARLY_ALL, TextSpeakers, missing_in_text, speakers_of
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import Head, head, seconds, time_alone
from cgp.sources.wall_clocks import WallClock

MAX_HEADING_LINES = 40
MAX_HEADING_CHARACTERS = 4000
"""More before the first name is no heading: words without a speaker."""
_WALL_CLOCK_SECONDS = 3600.0
"""A recording's transcript begins before; a later first time is the time of day."""
_FIRST_HOUR = 6 * 60.0
_LAST_HOUR = 24 * 60.0
"""Of times such as ``10:02``, all in a day and the first not before six, are of a clock on the
wall: a recording's minutes and seconds begin before or go on after that.
"""
_TIME_BEHIND = re.compile(r"\s[\[(](\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?)[\])]\s*$")
_SEPARATOR = re.compile(r"^\s*([-=*])\1{2,}\s*$")
_FOOTER = re.compile(
    r"^(?:Transcribed by https://otter\.ai|Meeting ended after .{1,40}|"
    r"This editable transcript was computer generated .{1,200}|"
    r".{1,80} (?:(?:started|stopped) transcription|hat die Transkription (?:gestartet|beendet)|"
    r"a (?:démarré|arrêté) la transcription|(?:inició|detuvo) la transcripción)|"
    r"Transcription ended after .{1,40}|\(?end of (?:recording|transcript)\)?\.?)\s*$",
    re.IGNORECASE,
)


def _recognises(head_bytes: bytes, path: Path) -> bool:
    return _missing(head_bytes, path) is None


def _missing(head_bytes: bytes, path: Path) -> str | None:
    """Return the missing evidence of a talk, None where there is enough."""
    lines = [line for line in head_lines(head_bytes) if not _SEPARATOR.match(line)]
    return missing_in_text(lines, path, SOURCE.suffixes)


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation, and for words without a speaker."""
    yield from talk_records(file.path, lambda: text_lines(file), source="text")


def talk_records(
    path: Path, lines: Callable[[], Iterable[tuple[int, str]]], *, source: str
) -> Iterator[Record]:
    """Yield the conversations of numbered lines, which are read anew at each call of ``lines``."""
    names = speakers_of(line for _, line in lines())
    if not names.names:
        # A person named the format: every name before a colon is one.
        all_names = (line_head.name for _, line in lines() if (line_head := head(line)) is not None)
        names = TextSpeakers(frozenset(all_names))
    talk = _Talk(path, names, source)
    for number, line in lines():
        yield from talk.add(number, line)
    yield from talk.close(last=True)


class _Talk:
    """The conversation that is being read."""

    def __init__(self, path: Path, names: TextSpeakers, source: str) -> None:
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
        self._turns = _with_times_behind(self._turns)
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


def _with_times_behind(turns: list[Message]) -> list[Message]:
    """Return turns with the times that stand in brackets behind nearly all words; the same turns
    where few have one, or where their times are known.
    """
    matches = [_TIME_BEHIND.search(turn.text) for turn in turns]
    if any(turn.at is not None for turn in turns) or sum(map(bool, matches)) < max(
        2, NEARLY_ALL * len(turns)
    ):
        return turns
    return [
        replace(turn, text=turn.text[: match.start()], at=seconds(match[1])) if match else turn
        for turn, match in zip(turns, matches, strict=True)
    ]


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
