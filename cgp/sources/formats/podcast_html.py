"""Podcast transcripts in HTML: ``<cite>Name:</cite><time>0:12</time><p>words</p>``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_record
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Source, unreadable
from cgp.sources.text_lines import decoded
from cgp.sources.titles import caption_title

MAX_BYTES = 64 * 1024 * 1024
_CLOCK = re.compile(r"^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:\.(\d{1,3}))?$")
_SILENT = frozenset({"script", "style", "head", "template"})


def _recognises(head: bytes, path: Path) -> bool:
    lower = head.lower()
    if b"<rss" in lower or not lower.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    return b"<cite" in lower or (b"<p" in lower and path.suffix.lower() in SOURCE.suffixes)


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it what is wrong with single times."""
    with file.open() as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ConversationError(f"more than {MAX_BYTES} bytes of HTML")
    parser = _Transcript()
    parser.feed(decoded(data.removeprefix(b"\xef\xbb\xbf")))
    parser.close()
    for number, reason in parser.problems:
        yield unreadable(file.path, number, reason)
    if not parser.cues:
        raise ConversationError("no transcript: expected <cite>, <time> and <p>")
    title, language = caption_title(file.path)
    about = About("podcast-html", title=title, language=parser.language or language)
    yield captions_record(file.path, about, parser.cues)


class _Transcript(HTMLParser):
    """Collects the paragraphs with the name and the time before them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cues: list[Cue] = []
        self.problems: list[tuple[int, str]] = []
        self.language: str | None = None
        self._speaker: str | None = None
        self._start: float | None = None
        self._inside = ""
        self._silent = 0
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in {"cite", "time", "p"}:
            self._finish()
            self._inside = tag
        elif tag == "br":
            self._text.append(" ")
        elif tag == "html":
            self.language = dict(attrs).get("lang") or None

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == self._inside:
            self._finish()

    def handle_data(self, data: str) -> None:
        if self._inside and not self._silent:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._finish()

    def _finish(self) -> None:
        text = " ".join("".join(self._text).split())
        inside, self._inside, self._text = self._inside, "", []
        if inside == "cite":
            self._speaker = text.rstrip(":").strip() or None
        elif inside == "time":
            self._start = self._seconds(text)
        elif inside == "p" and text:
            self.cues.append(Cue(self._start, None, (text,), self._speaker))

    def _seconds(self, text: str) -> float | None:
        match = _CLOCK.match(text)
        if match is None:
            self.problems.append((self.getpos()[0], f"{text[:40]!r} is not a time such as 1:02:03"))
            return None
        hours, minutes, seconds = (int(match[i] or 0) for i in (1, 2, 3))
        return hours * 3600 + minutes * 60 + seconds + float(f"0.{match[4] or 0}")


SOURCE = Source(
    name="podcast-html",
    description="podcast transcript in HTML (cite, time, p)",
    suffixes=(".html", ".htm"),
    recognises=_recognises,
    read=read,
)
