"""SubRip captions (``.srt``), of YouTube and of podcasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.titles import caption_title

_TIME = r"(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[,.:](\d{1,3}))?"
_TIMING = re.compile(rf"^\s*{_TIME}\s*-+>\s*{_TIME}")
_STYLE = re.compile(r"\{\\[^{}]{0,200}\}")  # bounded: one that never ends is text


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:4]
    return any(_TIMING.match(line) for line in lines) and not lines[0].startswith("WEBVTT")


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single cues."""
    title, language = caption_title(file.path)
    about = About("srt", title=title, language=language)
    yield from timed_records(file.path, about, text_lines(file))


def timed_records(path: Path, about: About, lines: Iterable[tuple[int, str]]) -> Iterator[Record]:
    """Yield the transcript of numbered lines with timings, and before it the faults of single
    cues.

    Raises:
        ConversationError: if no line is a timing.
    """
    cues: list[Cue] = []
    timings = 0
    for block in _blocks(lines):
        if block.error:
            yield unreadable(path, block.number, block.error)
        else:
            timings += 1
            cues.extend(plain_cues(_cue(block)))
    if not timings:
        raise ConversationError("no cue (number, start --> end, text) in the file")
    yield from captions_records(path, about, cues)


def is_timing(line: str) -> bool:
    """Tell if a line is the timing of a cue."""
    return _TIMING.match(line) is not None


@dataclass(slots=True)
class _Block:
    """The lines of one cue; ``number`` is its first line in the file."""

    number: int
    timing: re.Match[str] | None = None
    lines: list[str] = field(default_factory=list)
    error: str = ""


def _blocks(lines: Iterable[tuple[int, str]]) -> Iterator[_Block]:
    """Yield cues. Only a timing begins one: texts may hold blank lines and numbers."""
    block: _Block | None = None
    for number, line in lines:
        if match := _TIMING.match(line):
            if block is not None:
                yield _without_counter(block)
            block = _Block(number, match)
        # Its text cannot be placed in time; the captions around it can.
        elif "-->" in line:
            if block is not None:
                yield _without_counter(block)
            block = _Block(number, error=f"{line.strip()[:60]!r} is not the timing of a cue")
        elif block is not None and not block.error:
            block.lines.append(line)
    if block is not None:
        yield block


def _without_counter(block: _Block) -> _Block:
    """Drop the next cue's number from the end of this one's text."""
    while block.lines and not block.lines[-1].strip():
        block.lines.pop()
    # Only the last number: one in the middle is something that was said.
    if block.lines and block.lines[-1].strip().isdecimal():
        block.lines.pop()
    return block


def _cue(block: _Block) -> Cue:
    match = block.timing
    assert match is not None
    lines = tuple(_STYLE.sub("", line) for line in block.lines)
    return Cue(_seconds(match, 1), _seconds(match, 5), lines)


def _seconds(match: re.Match[str], group: int) -> float:
    hours, minutes, seconds = (int(match[group + i]) for i in range(3))
    return hours * 3600 + minutes * 60 + seconds + float(f"0.{match[group + 3] or 0}")


SOURCE = Source(
    name="srt",
    description="SubRip captions or transcript (YouTube, podcasts)",
    suffixes=(".srt",),
    recognises=_recognises,
    read=read,
    where="video platforms, recognisers, podcasts",
    kept="words, times, voices or names before a colon, marks of a change of speaker",
    left_out="styles, sounds in brackets, repeated lines of rolling captions",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
