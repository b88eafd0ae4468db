"""Lines of words between their times, as Whisper prints them: ``[00:00.000 --> 00:04.000]  words``.

Structure: ``whisper/transcribe.py`` of ``openai/whisper`` (``verbose``) and ``examples/cli`` of
``ggml-org/whisper.cpp``, which people keep as text.
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
from cgp.sources.turn_heads import seconds

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_LINE = re.compile(rf"^\s{{0,8}}\[({_CLOCK})\s?-->\s?({_CLOCK})\]\s{{0,8}}(.*)$")
_BROKEN = re.compile(r"^\s{0,8}\[\d|.{0,40}-->")
_OF_PROGRAM = re.compile(r"^(?:whisper_|ggml_|main:|system_info:|Detect(?:ing|ed) language)")
_FEWEST, _SHARE = 2, 0.3
"""Lines of such a form, and their share: a program prints other lines before and after."""


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)
    timed = sum(_LINE.match(line) is not None for line in lines)
    return timed >= _FEWEST and timed >= _SHARE * len(lines)


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single lines."""
    cues: list[Cue] = []
    for number, line in text_lines(file):
        if match := _LINE.match(line):
            cues.append(Cue(seconds(match[1]), seconds(match[2]), (match[3],)))
        elif _BROKEN.match(line):
            yield unreadable(
                file.path, number, f"{line.strip()[:60]!r} has no two times in brackets"
            )
        elif cues and line.strip() and not _OF_PROGRAM.match(line):
            cues[-1] = replace(cues[-1], lines=(*cues[-1].lines, line))
    if not cues:
        raise ConversationError("no line of it has two times in brackets and words behind them")
    title, language = caption_title(file.path)
    plain_ones = (part for cue in cues for part in plain_cues(cue))
    yield from captions_records(
        file.path, About("timed-lines", title=title, language=language), plain_ones
    )


SOURCE = Source(
    name="timed-lines",
    description="transcript as Whisper prints it ([start --> end] words)",
    suffixes=(".txt", ".log"),
    recognises=_recognises,
    read=read,
    where="the output of Whisper or whisper.cpp in a terminal",
    kept="words, times, voices or names before a colon",
    left_out="lines that the program prints about itself",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
