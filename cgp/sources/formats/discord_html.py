"""Discord channels as DiscordChatExporter writes them in HTML.

Structure: the exporter's ``MessageGroupTemplate.cshtml`` (``chatlog__message-group``,
``chatlog__author``, ``chatlog__timestamp``, ``chatlog__content``, ``data-message-id``). Messages
of one person stand in a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import Item, conversations, items_of_parts
from cgp.sources.files import File
from cgp.sources.html_pages import Element, first_with_class, page, shown_text, with_class
from cgp.sources.messages import About, Message
from cgp.sources.source import Parts, Source

_EDIT_MARK = re.compile(r"\s*\(edited\)\s*$")
DISCORD_EPOCH_MILLISECONDS = 1_420_070_400_000
"""Where the times in Discord's ids begin (discord.com/developers, Snowflakes)."""


def _recognises(head: bytes, _path: Path) -> bool:
    return head.lstrip()[:1] == b"<" and b"chatlog__" in head


def read(file: File) -> Iterator[Record]:
    """Yield the channel's conversations."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    facts: dict[str, str] = {}

    def about() -> About:
        return About("discord", title=facts.get("title") or files[0].path.stem)

    yield from conversations(
        files[0].path, items_of_parts(files, lambda file: _messages(file, facts)), about
    )


def _messages(file: File, facts: dict[str, str]) -> Iterator[Item]:
    root = page(file)
    names = (shown_text(name) for name in with_class(root, "preamble__entry"))
    facts.setdefault("title", " / ".join(name for name in list(names)[:2] if name))
    number = 0
    for group in with_class(root, "chatlog__message-group"):
        author: Participant | None = None
        for container in with_class(group, "chatlog__message-container"):
            number += 1
            author_element = first_with_class(container, "chatlog__author")
            if author_element is not None:
                author = Participant(shown_text(author_element), author_element.get("data-user-id"))
            text = _words_of(container)
            at = _seconds(container)
            if author is not None and text:
                yield Message(number, author, text, at, container.get("data-message-id"))


def _words_of(container: Element) -> str:
    """Return the words of a message and of a program's embeds."""
    parts = [
        _EDIT_MARK.sub("", shown_text(part))
        for name in ("chatlog__content", "chatlog__embed-title", "chatlog__embed-description")
        for part in with_class(container, name)
        if not any("chatlog__reply" in parent.get("class", "") for parent in part.iterancestors())
    ]
    return "\n".join(part for part in parts if part)


def _seconds(container: Element) -> float | None:
    """Return the time of a message: its id holds the moment, in any locale."""
    key = container.get("data-message-id", "")
    if not key.isdecimal() or len(key) > 25:
        return None
    return ((int(key) >> 22) + DISCORD_EPOCH_MILLISECONDS) / 1000


SOURCE = Source(
    name="discord-html",
    description="Discord channel (DiscordChatExporter, HTML)",
    suffixes=(".html",),
    recognises=_recognises,
    read=read,
    parts=Parts(
        re.compile(r"^(?P<series>.+?)(?: \[part (?P<number>\d{1,6})\])?\.html$"), _read_parts
    ),
    where="DiscordChatExporter, format HTML",
    kept="names and ids, words, embeds, times; cut into conversations by silence",
    left_out="joins, pins, calls, reactions, stickers, attachments",
)
