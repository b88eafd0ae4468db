"""WebVTT captions, of YouTube and of podcasts (W3C WebVTT; voice tags, rolling captions)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import text_lines
from cgp.sources.titles import caption_title

_TIMING = re.compile(
    r"^\s*((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})"
)
_CUE_OF_WEBEX = re.compile(r'^\d{1,9}\s+"([^"]{1,200})"\s+\(\d{1,20}\)\s*$')
"""The number of a cue as Webex writes it, with the speaker's name and number."""
_WORD_TIME = re.compile(r"<(?:\d{1,6}:)?\d{1,2}:\d{1,2}\.\d{3}>")
_LANGUAGE = re.compile(r"^Language:\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*$")


def _recognises(head: bytes, _path: Path) -> bool:
    return re.match(rb"(?:\xef\xbb\xbf)?WEBVTT(?:\s|$)", head) is not None


def seconds(text: str) -> float:
    """Return the seconds of ``[hours:]minutes:seconds.milliseconds``."""
    total = 0.0
    for part in text.strip().replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single cues."""
    blocks = _blocks(text_lines(file))
    first = next(blocks, (1, []))
    if not first[1] or not first[1][0].lstrip("\ufeff").startswith("WEBVTT"):
        raise ConversationError("a WebVTT file begins with WEBVTT")
    language = next((m[1] for line in first[1] if (m := _LANGUAGE.match(line))), None)
    cues: list[Cue] = []
    for number, lines in blocks:
        if lines[0].startswith(("NOTE", "STYLE", "REGION", "X-TIMESTAMP")):
            continue
        try:
            cues.extend(_cues(lines))
        except ConversationError as error:
            yield unreadable(file.path, number, error)
    title, named_language = caption_title(file.path)
    yield from captions_records(
        file.path, About("vtt", title=title, language=language or named_language), cues
    )


def _blocks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield ``(number of the first line, lines)`` of each block between empty lines.

    A line of spaces is not an end of a block: automatic captions show one above their first words.
    """
    block: list[str] = []
    start = 1
    for number, line in lines:
        if line:
            if not block:
                start = number
            block.append(line)
        elif block:
            yield start, block
            block = []
    if block:
        yield start, block


def _cues(lines: list[str]) -> Iterator[Cue]:
    """Yield the cue of a block, one for each voice in it."""
    timing = next((i for i, line in enumerate(lines[:2]) if "-->" in line), None)
    if timing is None:
        raise ConversationError(f"no timing (start --> end) in the cue {lines[0][:60]!r}")
    match = _TIMING.match(lines[timing])
    if match is None:
        raise ConversationError(f"{lines[timing][:60]!r} is not the timing of a cue")
    start, end = seconds(match[1]), seconds(match[2])
    words = tuple(lines[timing + 1 :])
    rolls = _WORD_TIME.search("\n".join(words)) is not None
    webex_match = _CUE_OF_WEBEX.match(lines[0]) if timing else None
    speaker = plain(webex_match[1]) if webex_match else None
    yield from plain_cues(Cue(start, end, words, speaker, rolls))


SOURCE = Source(
    name="vtt",
    description="WebVTT captions or transcript (YouTube, podcasts)",
    suffixes=(".vtt",),
    recognises=_recognises,
    read=read,
    where="YouTube, Zoom, Teams, podcasts",
    kept="words, times, voices or names before a colon, marks of a change of speaker",
    left_out="styles, sounds in brackets, repeated lines of rolling captions",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
