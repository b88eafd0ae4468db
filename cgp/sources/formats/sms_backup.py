"""Text messages of Android phones as SMS Backup & Restore writes them (XML).

Structure: synctech.com.au/sms-backup-restore/fields-in-xml-backup-files. A character outside of the
first 65,536 is written as two references, which XML does not allow; they are put together before it
is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.interleaved import Placed, chats_of
from cgp.sources.messages import About, Message, epoch, or_no_text
from cgp.sources.source import Loss, Source, unreadable
from cgp.sources.xml_elements import elements

_OWN = Participant("Me")
_INCOMING, _DRAFT = "1", "3"
_FROM = "137"
"""Kind of address of a multimedia message: its sender."""
_AROUND_PARTS = frozenset({"mms", "parts", "addrs"})
"""Elements whose children belong to a multimedia message."""
_NO_NAMES = frozenset({"", "null", "(Unknown)"})
_PAIR = re.compile(
    rb"&#(5[5-7]\d{3}|[xX][dD][89abAB][0-9a-fA-F]{2});"
    rb"&#(5[6-7]\d{3}|[xX][dD][c-fC-F][0-9a-fA-F]{2});"
)
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_MOST_CUT = 15
"""Most bytes of two references that are cut off at the end of a part."""


def _recognises(head: bytes, _path: Path) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<smses" in head[:4096]


def read(file: File) -> Iterator[Record]:
    """Yield the conversations with each number, cut by silence."""
    yield from or_no_text(file.path, _records(file))


def _records(file: File) -> Iterator[Record]:
    yield from chats_of(file.path, _placed(file), _about)


def _placed(file: File) -> Iterator[Placed | Record]:
    """Yield each message with the number of its chat."""
    number = 0
    try:
        for element in _messages(file):
            number += 1
            try:
                message = _message(number, element)
            except ConversationError as error:
                yield unreadable(file.path, number, error)
                continue
            if message is not None:
                yield _address(element), message
    except ConversationError as error:
        yield unreadable(file.path, number + 1, error)


def _about(address: str, messages: list[Message]) -> About:
    return About("sms-backup", title=_title(address, messages))


def _title(address: str, messages: list[Message]) -> str:
    """Return the others' names, or the number."""
    names = dict.fromkeys(m.author.name for m in messages if m.author != _OWN)
    return ", ".join(names) or address


def _messages(file: File) -> Iterator[Element]:
    """Yield the messages as they are parsed.

    Raises:
        ConversationError: where it is not XML, or declares a document type or entities.
    """
    with file.open() as stream:
        yield from elements(_WholeReferences(stream), {"sms", "mms"}, _is_needed)


def _is_needed(_element: Element, parent: Element) -> bool:
    return parent.tag in _AROUND_PARTS


class _WholeReferences:
    """A stream in which two references to one character are that character."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, nothing at the end; a reference that may go on waits for them."""
        data = b""
        while not data:
            part = self._stream.read(size)
            data = _PAIR.sub(_character, self._rest + part)
            self._rest = b""
            if not part:
                return data
            # A reference that is cut by the end of a part is whole with the next one.
            begin = data.find(b"&", max(0, len(data) - _MOST_CUT))
            if begin >= 0:
                data, self._rest = data[:begin], data[begin:]
        return data


def _character(match: re.Match[bytes]) -> bytes:
    high, low = (
        int(code[1:], 16) if code[:1] in b"xX" else int(code) for code in (match[1], match[2])
    )
    if high not in _HIGH or low not in _LOW:
        return match[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode("utf-8")


def _address(element: Element) -> str:
    return element.get("address") or ""


def _message(number: int, element: Element) -> Message | None:
    """Return a message, None for a draft and for pictures without words."""
    box = element.get("type") if element.tag == "sms" else element.get("msg_box")
    if box == _DRAFT:
        return None
    text = _body(element)
    if not text.strip():
        return None
    at = epoch(element.get("date"))
    author = _sender(element) if box == _INCOMING else _OWN
    return Message(number, author, text, at)


def _body(element: Element) -> str:
    if element.tag == "sms":
        body = element.get("body") or ""
        # The program writes null for a text that is not there.
        return "" if body == "null" else body
    parts = (
        part.get("text") or "" for part in element.iter("part") if part.get("ct") == "text/plain"
    )
    return "\n".join(part for part in parts if part != "null")


def _sender(element: Element) -> Participant:
    """Return the sender of a message: in a group the address of its sender, else the contact."""
    address = _address(element)
    senders = (a.get("address") or "" for a in element.iter("addr") if a.get("type") == _FROM)
    sender = next(senders, "")
    # In a group the address holds all members, with ~ between them; the contact names only one.
    if "~" in address and sender not in _NO_NAMES:
        return Participant(sender, sender)
    name = element.get("contact_name") or ""
    return Participant(address if name in _NO_NAMES else name, address or None)


SOURCE = Source(
    name="sms-backup",
    description="text messages of Android (SMS Backup & Restore, XML)",
    suffixes=(".xml",),
    recognises=_recognises,
    read=read,
    where="SMS Backup & Restore, sms-DATE.xml",
    kept="names or numbers, words, times, groups; cut into conversations by silence",
    left_out="pictures and other media, drafts, the log of calls",
    loss=Loss.REST,
)
