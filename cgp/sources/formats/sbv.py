"""YouTube's captions in SubViewer form (``.sbv``): two times and the words below them.

Structure: support.google.com/youtube/answer/2734698, "Supported subtitle and caption files".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.titles import caption_title

_TIME = r"(\d{1,4}):(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)"
_TIMING = re.compile(rf"^\s*{_TIME},{_TIME}\s*$")
_LIKE_A_TIMING = re.compile(r"^\s*\d{1,4}:\d{1,2}:\d{1,2}\S{0,20}\s*$")


def _recognises(head: bytes, _path: Path) -> bool:
    first = next((line for line in head_lines(head) if line.strip()), "")
    return _TIMING.match(first) is not None


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single cues."""
    cues: list[Cue] = []
    is_open = False
    for number, line in text_lines(file):
        if match := _TIMING.match(line):
            cues.append(Cue(_seconds(match, 1), _seconds(match, 4), ()))
            is_open = True
        elif _LIKE_A_TIMING.match(line):
            is_open = False
            reason = f"{line.strip()[:60]!r} is not the timing of a cue"
            yield unreadable(file.path, number, reason)
        elif is_open and line.strip():
            cues[-1] = replace(cues[-1], lines=(*cues[-1].lines, line))
    if not cues:
        raise ConversationError("no cue (two times with a comma, text below) in the file")
    title, language = caption_title(file.path)
    about = About("sbv", title=title, language=language)
    plain_ones = (part for cue in cues for part in plain_cues(cue))
    yield from captions_records(file.path, about, plain_ones)


def _seconds(match: re.Match[str], group: int) -> float:
    hours, minutes, seconds = match[group], match[group + 1], match[group + 2]
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds), 3)


SOURCE = Source(
    name="sbv",
    description="SubViewer captions of YouTube",
    suffixes=(".sbv",),
    recognises=_recognises,
    read=read,
    where="YouTube Studio, Subtitles, Download",
    kept="words, times, voices or names before a colon, marks of a change of speaker",
    left_out="sounds in brackets, repeated lines of rolling captions",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
