"""Advanced SubStation Alpha captions (``.ass``, ``.ssa``), of video editors and of fans.

Structure: the specification of SSA v4 and ASS as ``libass`` and ``Aegisub`` keep it: in the section
``[Events]`` a line ``Format:`` names the fields, the last of which may hold commas. A field
``Name`` (``Actor`` in some programs) is the speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.titles import caption_title

_USUAL_FORMAT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_NEEDED = frozenset({"start", "end", "name", "text"})
_EVENT = re.compile(r"^Dialogue:\s*(.*)$")
_FORMAT = re.compile(r"^Format:\s*(.*)$")
_SECTION = re.compile(r"^\[[^\[\]]{1,60}\]\s*$")
_TIME = re.compile(r"^\s*(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?\s*$")
_DRAWING = re.compile(
    r"\{[^{}]{0,400}\\p[1-9][^{}]{0,400}\}[^{}]*(?:\{[^{}]{0,400}\\p0[^{}]{0,400}\})?"
)
_STYLE = re.compile(r"\{[^{}]{0,2000}\}")
_BREAK = re.compile(r"\\[Nn]")


def _recognises(head: bytes, _path: Path) -> bool:
    lines = [line.lstrip("\ufeff") for line in head_lines(head)]
    if not lines or not lines[0].startswith(("[Script Info]", "[V4", "[Events]", ";")):
        return False
    return any(_EVENT.match(line) or line.startswith("[Events]") for line in lines)


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single lines."""
    fields = _fields(_USUAL_FORMAT)
    in_events = False
    cues: list[Cue] = []
    for number, line in text_lines(file):
        if _SECTION.match(line):
            in_events = line.casefold().startswith("[events]")
        elif in_events and (match := _FORMAT.match(line)):
            named_fields = _fields(match[1])
            # One that is broken, or has no speakers, is no better than the usual one.
            fields = named_fields if _NEEDED.issubset(named_fields) else fields
        elif match := _EVENT.match(line):
            try:
                parts = list(plain_cues(_cue(match[1], fields)))
            except ConversationError as error:
                yield unreadable(file.path, number, error)
                continue
            # Two layers of one line, such as its shadow, say it once.
            if parts != cues[-len(parts) :]:
                cues.extend(parts)
    cues.sort(key=lambda cue: cue.start or 0.0)  # editors keep lines in any order
    title, language = caption_title(file.path)
    yield from captions_records(file.path, About("ass", title=title, language=language), cues)


def _fields(text: str) -> tuple[str, ...]:
    names = (name.strip().casefold() for name in text.split(","))
    return tuple("name" if name == "actor" else name for name in names)


def _cue(text: str, fields: tuple[str, ...]) -> Cue:
    """Return the cue of a line.

    Raises:
        ConversationError: if it has not all fields, or a time that is none.
    """
    values = text.split(",", len(fields) - 1)
    if len(values) < len(fields):
        raise ConversationError(f"the line has only {len(values)} of {len(fields)} fields")
    event: Mapping[str, str] = dict(zip(fields, values, strict=True))
    words = _STYLE.sub("", _DRAWING.sub("", event.get("text", "")).replace("\\h", " "))
    lines = tuple(_BREAK.split(words))
    name = event.get("name", "").strip()
    start, end = (_seconds(event.get(key, "")) for key in ("start", "end"))
    return Cue(start, end, lines, name or None)


def _seconds(text: str) -> float:
    match = _TIME.match(text)
    if match is None:
        raise ConversationError(f"{text.strip()[:40]!r} is not the time of a line")
    hours, minutes, seconds = (int(match[i]) for i in (1, 2, 3))
    return hours * 3600 + minutes * 60 + seconds + float(f"0.{match[4] or 0}")


SOURCE = Source(
    name="ass",
    description="SubStation Alpha captions",
    suffixes=(".ass", ".ssa"),
    recognises=_recognises,
    read=read,
    where="video editors, Aegisub, ffmpeg",
    kept="words, times, voices, names of the field Name or before a colon",
    left_out="styles, comments, drawings, sounds in brackets",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.TURN,
)
