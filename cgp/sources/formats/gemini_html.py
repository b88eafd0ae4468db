"""Gemini as Google Takeout has it by default: a page of HTML, ``My Activity/Gemini Apps``.

Structure: public readers of real exports, in English and in other languages (``div.outer-cell`` for
each activity; in its first ``div.content-cell`` a label, a non-breaking space and the prompt, a
line with the time, the answer; in the last one a link to the chat). All names are in the language
of the account: a prompt's label is ``Prompted`` or ends with a colon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations
from cgp.sources.date_orders import DateOrder
from cgp.sources.files import File
from cgp.sources.html_pages import Element, first_with_class, page, shown_text, with_class
from cgp.sources.messages import About, Message, records_of
from cgp.sources.source import Fact, Source, unreadable
from cgp.sources.written_times import Offset, resolved, written_time

_USER, _GEMINI = Participant("User"), Participant("Gemini")
_PRODUCT = re.compile(rb'mdl-typography--title">[^<]{0,60}Gemini')
_CHAT = re.compile(r"^https://gemini\.google\.com/(?:u/\d{1,3}/)?app/([0-9A-Za-z_]{1,60})$")
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}[:.]\d{2}")
_ZONE = re.compile(r"\s(?:[A-Z]{2,5}|[A-Z]{3}[+-]\d{1,2}(?::\d{2})?)$")
"""The name of the account's time zone, which tells no offset by itself."""
_UTC = frozenset({"UTC", "GMT"})
_ENGLISH = "Prompted"


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
        and b"outer-cell" in head
        and _PRODUCT.search(head) is not None
    )


def read(file: File) -> Iterator[Record]:
    """Yield the chats, and the prompts that name none, cut into conversations by silence."""
    chats: dict[str, list[Message]] = {}
    zoned = True
    for number, cell in enumerate(with_class(page(file), "outer-cell", "div"), 1):
        content = first_with_class(cell, "content-cell")
        if content is None or not (label := _label(content)):
            continue
        activity = _Activity(content)
        if activity.at is None:
            yield unreadable(file.path, number, f"no time behind {label[:40]!r}")
            continue
        zoned = zoned and activity.is_zoned
        # Newest first: the answer stands before its prompt here.
        chats.setdefault(_chat(cell), []).extend(reversed(activity.messages(number, label)))
    loose = chats.pop("", [])
    for key, messages in chats.items():
        about = About("gemini", id=f"gemini-{key}", zoned=zoned)
        yield from records_of(file.path, messages[-1].number, about, messages[::-1])
    about = About("gemini", title="Gemini", zoned=zoned)
    yield from conversations(file.path, loose, lambda: about)


def _label(content: Element) -> str | None:
    """Return the label of a prompt, None for other activity."""
    label, space, _ = (content.text or "").lstrip().partition("\u00a0")
    is_prompt = label.strip() == _ENGLISH or label.rstrip().endswith((":", "："))
    return label if space and is_prompt else None


def _chat(cell: Element) -> str:
    """Return the key of the chat that an activity links to, nothing where it links to none."""
    links = (match for link in cell.iter("a") if (match := _CHAT.match(link.get("href", ""))))
    return next((match[1] for match in links), "")


class _Activity:
    """A prompt and its answer: the lines before and after the one with the time."""

    def __init__(self, content: Element) -> None:
        lines = shown_text(content).split("\n")
        self.at: float | None = None
        self.is_zoned = False
        self._prompt, self._answer = lines, [""]
        for place, line in enumerate(lines):
            at = _time(line)
            if at is not None:
                self.at = at
                zone = _ZONE.search(line)
                self.is_zoned = zone is not None and zone[0].strip() in _UTC
                self._prompt, self._answer = lines[:place], lines[place + 1 :]
                break
        self._files = frozenset(
            shown_text(link) for link in content.iter("a") if ":" not in link.get("href", ":")
        )

    def messages(self, number: int, label: str) -> list[Message]:
        """Return the prompt and its answer."""
        words = "\n".join(self._own_lines()).strip().removeprefix(label.strip()).strip()
        pair = [Message(number, _USER, words, self.at)]
        answer = "\n".join(self._answer).strip()
        if answer and self.at is not None:
            # The page has one time for both; a thousandth keeps the answer behind its prompt.
            pair.append(Message(number, _GEMINI, answer, self.at + 0.001))
        return pair

    def _own_lines(self) -> list[str]:
        """Return the prompt's lines without the lines that name and count attached files."""
        lines = list(self._prompt)
        named = 0
        while lines and self._files and lines[-1].lstrip("-• ").strip() in self._files:
            lines.pop()
            named += 1
        if named and len(lines) > 1 and any(character.isdecimal() for character in lines[-1]):
            lines.pop()
        return lines


def _time(line: str) -> float | None:
    """Return the seconds of a line that is nothing but a time to the second."""
    if _CLOCK.search(line) is None:
        return None
    time = written_time(_ZONE.sub("", line.replace("\u202f", " ").strip()))
    return None if time is None or isinstance(time, Offset) else resolved(time, DateOrder.DAY_MONTH)


SOURCE = Source(
    name="gemini-html",
    description="Gemini activity (Takeout, HTML)",
    suffixes=(".html",),
    recognises=_recognises,
    read=read,
    where="Google Takeout, My Activity, Gemini Apps",
    kept="prompts, answers, times, chats where the page links to them; others cut by silence",
    left_out="files, canvases, other activity; the offset of a time zone that has a name",
    lacks=frozenset({Fact.NAMES, Fact.ZONE}),
)
