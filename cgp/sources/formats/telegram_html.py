"""Telegram Desktop exports in HTML: ``messages.html``, ``messages2.html`` and so on.

Structure: pages in public repositories (``div.message.default``, ``div.from_name``, ``div.date``
with the whole time in its ``title``, ``div.text``). A message of class ``joined`` is of the
person before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations, items_of_parts
from cgp.sources.files import File
from cgp.sources.html_pages import Element, first_with_class, page, shown_text, with_class
from cgp.sources.messages import About, Message
from cgp.sources.source import Parts, Source, unreadable

_TIME = re.compile(
    r"^(\d{2})\.(\d{2})\.(\d{4}) (\d{2}):(\d{2}):(\d{2})(?: UTC([+-])(\d{2}):(\d{2})| UTC)?$"
)

_VIA = re.compile(r"\s+via\s+@\w{3,40}$")
"""Mark of a bot by which a person sent something (a picture, a search's result)."""


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        head.lstrip()[:1] == b"<"
        and b'class="page_wrap"' in head
        # The page of a public channel on the web looks alike, and is another format.
        and b"tgme" not in head
        and (b'class="message ' in head or b"Exported Data" in head)
    )


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Read a chat over its pages: each goes on where the one before it ends."""
    chat = _Chat()

    def about() -> About:
        return About("telegram", title=chat.title or files[0].path.stem, zoned=chat.zoned)

    yield from conversations(
        files[0].path, items_of_parts(files, lambda file: _messages(file, chat)), about
    )


@dataclass(slots=True)
class _Chat:
    """Facts of a chat that its pages give on the way: its title, whether its times have a zone,
    and the last name that stood beside a message.
    """

    title: str = ""
    zoned: bool = False
    name: str = ""


def _messages(file: File, chat: _Chat) -> Iterator[Item]:
    root = page(file)
    heading = first_with_class(root, "page_header")
    if heading is not None:
        chat.title = chat.title or shown_text(first_with_class(heading, "text"))
    number = 0
    for element in with_class(root, "message", "div"):
        # Joins, pins and dates are messages of class ``service``.
        if " default " not in f" {element.get('class')} ":
            continue
        number += 1
        body = first_with_class(element, "body")
        forward = first_with_class(element, "forwarded")
        names = [
            shown_text(name)
            for name in with_class(element, "from_name")
            if not _is_inside(name, forward)
        ]
        # Kept from message to message, over pages too: one that follows of the same person has no
        # name.
        if names:
            chat.name = _VIA.sub("", names[0])
        date = first_with_class(element, "date")
        at = _seconds(date.get("title", "") if date is not None else "", chat)
        if at is None:
            yield unreadable(file.path, number, "no time")
            continue
        parts = [shown_text(part) for part in with_class(element, "text") if body is not None]
        text = "\n".join((*parts, *_questions(element)))
        key = element.get("id", "").removeprefix("message")
        yield Message(number, Participant(chat.name or "Unknown"), text, at, key or None)


def _questions(element: Element) -> Iterator[str]:
    """Yield the question of a poll and its answers, without the numbers of votes."""
    for poll in with_class(element, "media_poll"):
        for part in poll.iter("div"):
            kind = f" {part.get('class', '')} "
            if " question " in kind:
                yield shown_text(part)
            elif " answer " in kind:
                yield (part.text or "").strip().removeprefix("-").strip()


def _is_inside(element: Element, outer: Element | None) -> bool:
    return outer is not None and any(parent is outer for parent in element.iterancestors())


def _seconds(title: str, chat: _Chat) -> float | None:
    match = _TIME.match(title.strip())
    if match is None:
        return None
    day, month, year, hour, minute, second = (int(match[i]) for i in range(1, 7))
    zone = UTC
    if match[7]:
        offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
        zone = (
            timezone(offset if match[7] == "+" else -offset)
            if offset < timedelta(hours=24)
            else UTC
        )
    # Older exports have the computer's clock without a zone.
    chat.zoned = "UTC" in title
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None


SOURCE = Source(
    name="telegram-html",
    description="Telegram Desktop export (HTML)",
    suffixes=(".html",),
    recognises=_recognises,
    read=read,
    parts=Parts(re.compile(r"^(?P<series>messages)(?P<number>\d{1,6})?\.html$"), _read_parts),
    companions=("export_results.html", "style.css", "script.js"),
    where="Telegram Desktop, Export chat history, format HTML",
    kept="names, words, polls, times; cut into conversations by silence",
    left_out="joins, calls, media, reactions; ids of people (the JSON export has them)",
)
