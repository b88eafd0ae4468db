"""Chats in Markdown: ``**Name:** words``, or a heading ``## User`` before the words.

How programs export chats with a model, and people write podcasts down. A heading is a speaker
where the headings of its level come back; where they, or bold names, name the two sides of such a
chat, those alone are speakers. The first other heading is the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, first_messages, records_of
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.speakers import ROLES, Candidates
from cgp.sources.talk_signs import OF_MINUTES, Telling, are_talk
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import seconds

_BOLD = re.compile(
    r"^\s{0,3}(?:\*\*|__)([^*_\n:：]{1,60})(?:[:：]\s?(?:\*\*|__)|(?:\*\*|__)\s?[:：])\s*(.*)$"
)
_HEADING = re.compile(r"^(#{1,6})\s+(?:\*\*)?([^#*\n]{1,60}?)(?:\*\*)?:?\s*#*\s*$")
_TIME = re.compile(r"^[\[(](\d{1,3}:\d{2}(?::\d{2})?)[\])]\s*")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_RULE = re.compile(r"^\s*(?:[-*_]\s?){3,}$")


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of a turn, of a bold name (level 0) or of a heading."""

    name: str
    words: str
    level: int


def _head(line: str) -> _Head | None:
    if match := _BOLD.match(line):
        return _Head(match[1].strip(), match[2], 0)
    if match := _HEADING.match(line):
        return _Head(match[2].strip(), "", len(match[1]))
    return None


def _speakers(lines: Iterable[str]) -> frozenset[tuple[int, str]]:
    """Return level and name of the turns' beginnings, none where nothing shows that
    they are such.
    """
    levels: dict[int, Candidates] = {}
    in_fence = False
    for line in lines:
        in_fence ^= _FENCE.match(line) is not None
        if not in_fence and (heading := _head(line)) is not None:
            levels.setdefault(heading.level, Candidates()).add(heading.name)
    for level in sorted(levels):
        sides = frozenset(name for name in levels[level].counts if name.casefold() in ROLES)
        if len(sides) > 1:
            # What else stands out so in a chat with a model is a part of an answer.
            return frozenset((level, name) for name in sides)
    for level in sorted(levels):
        names = levels[level].speakers()
        if len(names) > 1 or (level == 0 and names):
            return frozenset((level, name) for name in names)
    return frozenset()


def _recognises(head_bytes: bytes, path: Path) -> bool:
    if path.suffix.lower() not in SOURCE.suffixes:
        return False
    lines = head_lines(head_bytes)
    return _are_talk(lines, _speakers(lines))


def _are_talk(lines: Iterable[str], speakers: frozenset[tuple[int, str]]) -> bool:
    """Tell if what these speakers begin is talk."""
    turns: list[tuple[str, str]] = []
    in_minutes = False
    for line in lines:
        found = _head(line)
        if found is not None and (found.level, found.name) in speakers:
            turns.append((found.name, found.words))
        elif found is not None:
            in_minutes = in_minutes or found.name.casefold() in OF_MINUTES
        elif turns and not turns[-1][1]:
            turns[-1] = (turns[-1][0], line)  # the words stand below the name
    return are_talk(turns, Telling.NONE if in_minutes else Telling.NAMES_AND_SIDES)


def _missing(head_bytes: bytes, _path: Path) -> str | None:
    """Return why bold words before a colon begin no turns, None where there are none."""
    lines = head_lines(head_bytes)
    bold = dict.fromkeys(f.name for line in lines if (f := _head(line)) is not None and not f.level)
    if not bold:
        return None
    shown = ", ".join(repr(name) for name in list(bold)[:3])
    if not _speakers(lines):
        return f"no speaker comes back among the bold words that begin its lines ({shown})"
    return (
        f"nothing shows that the bold words that begin its lines speak ({shown}): they are no usual "
        "names, and what follows greets nobody, asks nothing and has no I or you"
    )


def read(file: File) -> Iterator[Record]:
    """Yield the conversation. The file is read twice: its speakers are found first."""
    speakers = _speakers(line for _, line in text_lines(file))
    chat = _Chat(speakers)
    turns = first_messages(chat.messages(file))
    about = About("markdown", title=chat.title or file.path.stem, clock=False)
    yield from records_of(file.path, turns[0].number if turns else 1, about, turns)


class _Chat:
    """The turns of a file, and the first heading before them."""

    def __init__(self, speakers: frozenset[tuple[int, str]]) -> None:
        self._speakers = speakers
        self.title: str | None = None

    def messages(self, file: File) -> Iterator[Message]:
        """Yield the turns."""
        turn = MessageLines()
        in_fence = False
        for number, line in text_lines(file):
            in_fence ^= _FENCE.match(line) is not None
            heading = None if in_fence else _head(line)
            if heading is not None and (heading.level, heading.name) in self._speakers:
                yield from turn.end()
                turn.begin(_turn(number, heading))
            elif turn.is_open:
                if not _RULE.match(line):
                    turn.add(line.rstrip())
            elif heading is not None and heading.level and self.title is None:
                self.title = heading.name
        yield from turn.end()


def _turn(number: int, heading: _Head) -> Message:
    time = _TIME.match(heading.words)
    words = heading.words[time.end() :] if time else heading.words
    return Message(number, Participant(heading.name), words, seconds(time[1]) if time else None)


SOURCE = Source(
    name="markdown",
    description="chat in Markdown (**Name:** words, or ## Name)",
    suffixes=(".md", ".markdown", ".txt"),
    recognises=_recognises,
    read=read,
    missing=_missing,
    where="exporters of chats with a model, Descript, written by hand",
    kept="names, words, times before the words, the heading as title",
    left_out="rules between turns",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
