"""Timed Text (TTML, DFXP): captions of broadcasters and of streaming services.

Structure: W3C, Timed Text Markup Language 2: a ``p`` with ``begin``, ``end`` or ``dur`` is a cue,
``br`` breaks its line, and ``ttm:agent`` in the head names people, whom a ``p`` or one of the
elements in it refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records, plain, plain_cues
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.titles import caption_title
from cgp.sources.xml_elements import elements

_CLOCK = re.compile(r"^(\d{1,4}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,3}))?$")
_OFFSET = re.compile(r"^(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)$")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_RATE = re.compile(rb'\b(?:ttp:)?(frameRate|tickRate)\s*=\s*"(\d{1,9})"')
_FRAME_RATE = 30.0
"""Frames of a second where the file does not say."""
_ROOT = re.compile(rb"<(?:\w{1,20}:)?tt\b[^<>]{0,4000}ttml|<(?:\w{1,20}:)?tt\b[^<>]{0,4000}ttaf1")
_INSIDE = frozenset({"p", "span", "agent"})
_ID = "{http://www.w3.org/XML/1998/namespace}id"


class _Tags:
    """The elements that are read, in any of the namespaces that the format has had."""

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, str) and _plain_name(tag) in {"p", "agent"}


def _recognises(head: bytes, _path: Path) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" and _ROOT.search(head) is not None


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single cues."""
    rates = {name.decode(): float(number) for name, number in _RATE.findall(file.head())}
    names: dict[str, str] = {}
    cues: list[Cue] = []
    number = 0
    with file.open() as stream:
        try:
            for element in elements(stream, _Tags(), _is_needed):
                if _plain_name(element.tag) == "agent":
                    names[element.get(_ID, "")] = plain(" ".join(element.itertext()))
                    continue
                number += 1
                try:
                    cues.extend(plain_cues(_cue(element, names, rates)))
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)
    title, language = caption_title(file.path)
    yield from captions_records(file.path, About("ttml", title=title, language=language), cues)


def _is_needed(_element: Element, parent: Element) -> bool:
    return _plain_name(parent.tag) in _INSIDE


def _plain_name(tag: str) -> str:
    """Return the name of an element without its namespace."""
    return tag.rpartition("}")[2]


def _cue(paragraph: Element, names: Mapping[str, str], rates: Mapping[str, float]) -> Cue:
    start = _seconds(paragraph.get("begin"), rates)
    end = _seconds(paragraph.get("end"), rates)
    if end is None and start is not None and (long := _seconds(paragraph.get("dur"), rates)):
        end = start + long
    return Cue(start, end, tuple(_text(paragraph).split("\n")), _speaker(paragraph, names))


def _text(element: Element) -> str:
    """Return the words of an element, a line for each break; line ends of the file are none."""
    parts = [" ".join((element.text or "").split("\n"))]
    for child in element:
        parts.append("\n" if _plain_name(child.tag) == "br" else _text(child))
        parts.append(" ".join((child.tail or "").split("\n")))
    return "".join(parts)


def _speaker(paragraph: Element, names: Mapping[str, str]) -> str | None:
    """Return the name of the first person that a cue refers to, None where there is none."""
    for element in paragraph.iter():
        for key, value in element.attrib.items():
            if _plain_name(key) == "agent" and (name := names.get(value.split(" ")[0])):
                return name
    return None


def _seconds(text: str | None, rates: Mapping[str, float]) -> float | None:
    """Return the seconds of a clock time or an offset, None for nothing.

    Raises:
        ConversationError: if it is something else.
    """
    if text is None:
        return None
    frame_rate = rates.get("frameRate") or _FRAME_RATE
    if match := _CLOCK.match(text.strip()):
        hours, minutes, seconds = (int(match[i]) for i in (1, 2, 3))
        part = int(match[5]) / frame_rate if match[5] else float(f"0.{match[4] or 0}")
        return hours * 3600 + minutes * 60 + seconds + part
    if match := _OFFSET.match(text.strip()):
        # Without a rate of ticks there is one tick a frame.
        units = {**_UNITS, "f": 1 / frame_rate, "t": 1 / (rates.get("tickRate") or frame_rate)}
        return round(float(match[1]) * units[match[2]], 3)
    raise ConversationError(f"{text.strip()[:40]!r} is not the time of a cue")


SOURCE = Source(
    name="ttml",
    description="Timed Text captions (TTML, DFXP)",
    suffixes=(".ttml", ".dfxp", ".xml"),
    recognises=_recognises,
    read=read,
    where="broadcasters, streaming services, YouTube tools",
    kept="words, times, people whom the cues refer to, names before a colon",
    left_out="styles, regions, sounds in brackets",
    lacks=frozenset({Fact.DATE}),
    loss=Loss.REST,
)
