"""Chats in Markdown: ``**Name:** words``, or a heading ``## User`` before the words.

How programs export chats with a model, and people write podcasts down. A heading is a speaker where
the headings of its level come back; where they, or bold names, name the two sides of such a chat,
only they are speakers. The first other heading is the title. Interviews set the one side in bold
(``**Q: words**`` or ``**Q:** words``) and not the other (``A: words``). A copy of a page of ChatGPT
has ``You said:`` and ``ChatGPT said:``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, first_messages, records_of
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.speakers import ROLES, Candidates, Look, look
from cgp.sources.talk_signs import OF_MINUTES, Telling, are_talk
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.turn_heads import seconds

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_BOLD = re.compile(
    rf"^\s{{0,3}}(?:[\[(]?(?P<before>{_CLOCK})[\])]?\s{{1,4}}(?:[-–—]\s)?)?(?:\*\*|__)(?:\[(?P<first>{_CLOCK})\]\s?)?"
    rf"(?P<name>[^*_\n:：\[(][^*_\n:：]{{0,59}}?)(?:\s?[\[(](?P<inside>{_CLOCK})[\])])?"
    rf"(?:[:：]\s?(?:\*\*|__)|(?:\*\*|__)(?:\s{{0,3}}[\[(]?(?P<behind>{_CLOCK})[\])]?)?\s?[:：])\s*(?P<words>.*)$"
)
_BOLD_WITH_TIME = re.compile(
    rf"^\s{{0,3}}(?:\*\*|__)(?P<name>[^*_\n:：]{{1,60}})(?:\*\*|__)\s{{1,4}}(?:[-–—|•·]\s)?[\[(]?(?P<behind>{_CLOCK})[\])]?\s*$"
)
"""A name and its time, the words below."""
_HEADING = re.compile(r"^(#{1,6})\s+(?:\*\*)?([^#*\n]{1,60}?)(?:\*\*)?:?\s*#*\s*$")
_EMPHASIS = re.compile(
    r"^\s{0,3}(\*{1,2}|_{1,2})(?P<name>[^*_\n:：]{1,60})[:：]\s+(?P<words>[^*_].*?)\1\s*$"
)
_ALONE = re.compile(r"^\s{0,3}(?:\*\*|__)([^*_\n:：]{1,60})(?:\*\*|__)\s*$")
_PLAIN = re.compile(r"^([^\s*_#>|:：\[\](){}`\d-][^*_#|:：\[\]{}`\n]{0,59})[:：]\s+(\S.*)$")
_SAID = re.compile(
    r"^\s{0,3}(?:#{1,6}\s+)?(?:\*\*)?(You|Du|Sie|Vous|Você|(?:O )?(?:ChatGPT|Claude|Gemini|Copilot|Grok|DeepSeek))\s"
    r"(?:said|sagte[nt]?|ha(?:t|st|ben) gesagt|(?:avez|a) dit|dijo|ha dicho|disse|ha detto)\s?[:：](?:\*\*)?\s*#*\s*$"
)
_SIDES = ROLES | {"cursor"}
"""Names of the two sides of a chat with a model; ``**Cursor**`` stands so in exports of Cursor."""
_TIME = re.compile(r"^[\[(](\d{1,3}:\d{2}(?::\d{2})?)[\])]\s*")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_RULE = re.compile(r"^\s*(?:[-*_]\s?){3,}$")


class _Level(IntEnum):
    """Kinds of beginnings of turns; the levels of headings are between ``BOLD`` and ``ALONE``."""

    SAID = -1
    BOLD = 0
    ALONE = 7
    EMPHASIS = 8
    PLAIN = 9


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of a turn, of a heading's level or of a ``_Level``."""

    name: str
    words: str
    level: int
    at: float | None = None

    @property
    def stands_out(self) -> bool:
        """True if it is a bold name or a heading, also where it begins no turn."""
        return _Level.BOLD <= self.level < _Level.ALONE


def _head(line: str) -> _Head | None:
    if match := _SAID.match(line):
        return _Head(match[1], "", _Level.SAID)
    if match := _BOLD.match(line) or _BOLD_WITH_TIME.match(line):
        return _bold_head(match)
    if match := _HEADING.match(line):
        return _Head(match[2].strip(), "", len(match[1]))
    return _plainer_head(line)


def _bold_head(match: re.Match[str]) -> _Head:
    fields = match.groupdict()
    clock = next(
        (c for key in ("before", "first", "inside", "behind") if (c := fields.get(key))), None
    )
    at = None if clock is None else seconds(clock)
    return _Head(match["name"].strip(), fields.get("words") or "", _Level.BOLD, at)


def _plainer_head(line: str) -> _Head | None:
    """Return the beginning of a turn that is one only where the rest of the file shows it."""
    if (match := _ALONE.match(line)) and match[1].strip().casefold() in _SIDES:
        return _Head(match[1].strip(), "", _Level.ALONE)
    if match := _EMPHASIS.match(line):
        return _Head(match["name"].strip(), match["words"].strip(), _Level.EMPHASIS)
    if match := _PLAIN.match(line):
        return _Head(match[1].strip(), match[2], _Level.PLAIN)
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
    page_names = levels.get(_Level.SAID, Candidates()).counts
    # "You said:" and "ChatGPT said:" together are in no other text.
    if len(page_names) > 1:
        return frozenset((int(_Level.SAID), name) for name in page_names)
    marked_levels = [level for level in sorted(levels) if _Level.BOLD <= level < _Level.ALONE]
    for level in (*marked_levels, _Level.ALONE):
        sides = _sides(levels.get(level, Candidates()))
        if len(sides) > 1:
            # What else stands out so in a chat with a model is a part of an answer.
            return frozenset((int(level), name) for name in sides)
    for level in marked_levels:
        names = levels[level].speakers()
        speakers = frozenset((level, name) for name in names)
        if len(names) > 1:
            return speakers
        # One bold name that comes back is the interviewer; the answers begin otherwise or not at
        # all.
        if level == _Level.BOLD and names:
            return speakers | _other_side(levels, names, _Level.EMPHASIS, _Level.PLAIN)
    questioners = levels.get(_Level.EMPHASIS, Candidates()).coming_back()
    respondents = _other_side(levels, questioners, _Level.PLAIN)
    if questioners and respondents:
        return respondents | {(int(_Level.EMPHASIS), name) for name in questioners}
    return frozenset()


def _sides(candidates: Candidates) -> frozenset[str]:
    return frozenset(name for name in candidates.counts if name.casefold() in _SIDES)


def _other_side(
    levels: Mapping[int, Candidates], names: AbstractSet[str], *kinds: _Level
) -> frozenset[tuple[int, str]]:
    """Return the names that answer these in an interview: set in another way, and coming back."""
    return frozenset(
        (int(kind), name)
        for kind in kinds
        for name in levels.get(kind, Candidates()).coming_back()
        if look(name) is Look.NAME and name not in names
    )


def _recognises(head_bytes: bytes, path: Path) -> bool:
    if path.suffix.lower() not in SOURCE.suffixes:
        return False
    lines = head_lines(head_bytes)
    return _are_talk(lines, _speakers(lines))


def _are_talk(lines: Iterable[str], speakers: frozenset[tuple[int, str]]) -> bool:
    """Tell if the lines of these speakers are talk."""
    turns: list[tuple[str, str]] = []
    # Minutes of a meeting begin lines with names too, before what somebody did.
    in_minutes = False
    for line in lines:
        line_head = _head(line)
        if line_head is not None and (line_head.level, line_head.name) in speakers:
            turns.append((line_head.name, line_head.words))
        elif line_head is not None and line_head.stands_out:
            in_minutes = in_minutes or line_head.name.casefold() in OF_MINUTES
        elif turns and not turns[-1][1]:
            turns[-1] = (turns[-1][0], line)  # the words stand below the name
    return are_talk(turns, Telling.NONE if in_minutes else Telling.NAMES_AND_SIDES)


def _missing(head_bytes: bytes, _path: Path) -> str | None:
    """Return why bold words before a colon begin no turns, None where there are none."""
    lines = head_lines(head_bytes)
    bold = dict.fromkeys(f.name for line in lines if (f := _head(line)) and f.level == _Level.BOLD)
    if not bold:
        return None
    shown = ", ".join(repr(name) for name in list(bold)[:3])
    if not _speakers(lines):
        return f"no speaker comes back among the bold words that begin its lines ({shown})"
    return (
        f"nothing shows that the bold words that begin its lines speak ({shown}): they are not usual "
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
            # Code may hold lines that look like headings and names.
            in_fence ^= _FENCE.match(line) is not None
            heading = None if in_fence else _head(line)
            if heading is not None and (heading.level, heading.name) in self._speakers:
                yield from turn.end()
                turn.begin(_turn(number, heading))
            elif turn.is_open:
                if not _RULE.match(line):
                    turn.add(line.rstrip())
            elif (
                heading is not None
                and _Level.BOLD < heading.level < _Level.ALONE
                and not self.title
            ):
                self.title = heading.name
        yield from turn.end()


def _turn(number: int, heading: _Head) -> Message:
    time = _TIME.match(heading.words)
    words = heading.words[time.end() :] if time else heading.words
    at = seconds(time[1]) if time else heading.at
    return Message(number, Participant(heading.name), words, at)


SOURCE = Source(
    name="markdown",
    description="chat in Markdown (**Name:** words, or ## Name)",
    suffixes=(".md", ".markdown", ".txt"),
    recognises=_recognises,
    read=read,
    missing=_missing,
    where="exporters of chats with a model, Descript, written by hand",
    kept="names, words, times beside the names or before the words, the heading as title",
    left_out="rules between turns",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
