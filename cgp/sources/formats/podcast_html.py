"""Podcast transcripts in HTML: ``<cite>Name:</cite><time>0:12</time><p>words</p>``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.captions import Cue, captions_records
from cgp.sources.files import File
from cgp.sources.messages import About
from cgp.sources.source import Fact, Source, unreadable
from cgp.sources.text_lines import decoded
from cgp.sources.titles import caption_title

MAX_BYTES = 24 * 1024 * 1024
_CLOCK = re.compile(r"^(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:\.(\d{1,3}))?$")
_SILENT = frozenset({"script", "style", "head", "template"})


def _recognises(head: bytes, path: Path) -> bool:
    lower = head.lower()
    if b"<rss" in lower or not lower.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return False
    if b"hchatlog" in lower:
        return False  # Google Voice writes the senders of text messages so
    return b"<cite" in lower or (
        b"<time" in lower and b"<p>" in lower and path.suffix.lower() in SOURCE.suffixes
    )


def read(file: File) -> Iterator[Record]:
    """Yield the transcript, and before it the faults of single times."""
    data = file.whole(MAX_BYTES, "HTML")
    parser = _Transcript()
    parser.read(decoded(data.removeprefix(b"\xef\xbb\xbf")))
    for number, reason in parser.problems:
        yield unreadable(file.path, number, reason)
    if not parser.cues:
        raise ConversationError("no transcript: expected <cite>, <time> and <p>")
    title, language = caption_title(file.path)
    about = About("podcast-html", title=title, language=parser.language or language)
    yield from captions_records(file.path, about, parser.cues)


# The standard library's parser reads on to the end of a file for each tag that never ends, which is
# quadratic. Here a tag has at most so many characters; a longer one is text.
_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})((?:\s[^<>]{0,2000})?)/?>|<!--|<[!?][^<>]{0,2000}>"
)
_LANGUAGE = re.compile(r"\slang\s?=\s?[\"']?([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3})")


class _Transcript:
    """Collects the paragraphs with the name and the time before them."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self.problems: list[tuple[int, str]] = []
        self.language: str | None = None
        self._speaker: str | None = None
        self._start: float | None = None
        self._inside = ""
        self._silent = 0
        self._text: list[str] = []
        self._line = 1

    def read(self, page: str) -> None:
        """Read a whole page."""
        position = 0
        while tag := _TAG.search(page, position):
            self._add(page[position : tag.start()])
            self._line += page.count("\n", position, tag.end())
            position = tag.end()
            if tag.group() == "<!--":
                end = page.find("-->", position)
                position = len(page) if end < 0 else end + 3
            elif tag[2] is not None:
                self._open(tag[2].lower(), tag[3]) if not tag[1] else self._close(tag[2].lower())
        self._add(page[position:])
        self._finish()

    def _open(self, tag: str, attributes: str) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in {"cite", "time", "p"}:
            self._finish()
            self._inside = tag
        elif tag == "br":
            self._text.append(" ")
        elif tag == "html" and (language := _LANGUAGE.search(attributes)):
            self.language = language[1]

    def _close(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == self._inside:
            self._finish()

    def _add(self, text: str) -> None:
        if self._inside and not self._silent:
            self._text.append(html.unescape(text))

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
            self.problems.append((self._line, f"{text[:40]!r} is not a time such as 1:02:03"))
            return None
        hours, minutes, seconds = (int(match[i] or 0) for i in (1, 2, 3))
        return hours * 3600 + minutes * 60 + seconds + float(f"0.{match[4] or 0}")


SOURCE = Source(
    name="podcast-html",
    description="podcast transcript in HTML (cite, time, p)",
    suffixes=(".html", ".htm"),
    recognises=_recognises,
    read=read,
    where="podcast hosts, the podcast:transcript of a feed",
    kept="names, words, times",
    left_out="all else of the page",
    lacks=frozenset({Fact.DATE}),
)
