"""Messages of mail: their headers and the words in them, in time that grows with their length.

The standard library's newer policy parses each header into a tree, by recursion and in quadratic
time: a few thousand quotation marks take it seconds. The older one keeps headers as they are.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import parseaddr
from typing import Final

from cgp.conversation_json import ConversationError

MAX_HEADER_CHARACTERS: Final = 1_000
"""Characters of a header that are read; the rest of it is left out. A line has at most 998 (RFC
5322).
"""

# A message may nest parts without end; no mail of people has so many.
_MOST_PARTS = 1_000
_NO_REPLY = re.compile(
    r"^(?:[\w.+]{0,40}[._+-])?(?:no|do[._-]?not)[._-]?reply(?:[._+-][^@]{0,100})?@", re.IGNORECASE
)
_DRAFTS = frozenset(
    {"draft", "drafts", "entwürfe", "brouillons", "borradores", "bozze", "rascunhos"}
)
_IDS = re.compile(r"\S{1,1000}")
_TEXTS = ("text/plain", "text/html")


class _ShortHeaders(Compat32):
    """Cuts each header before anything looks for a parameter in it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER_CHARACTERS]


_POLICY = _ShortHeaders()


def parsed(data: bytes) -> Message:
    """Return a message from its bytes.

    Raises:
        ConversationError: if its parts are too deep in each other.
    """
    try:
        return email.message_from_bytes(data, policy=_POLICY)
    except RecursionError as error:
        raise ConversationError("its parts are too deep in each other") from error


def header(message: Message, name: str) -> str:
    """Return a header in one line, its encoded words decoded; empty where it is missing."""
    raw = next((v for n, v in message.raw_items() if n.lower() == name.lower()), "")
    # Bytes beyond ASCII come as surrogates. Programs write them in UTF-8, against the letter of the
    # standard.
    value = str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        pieces = decode_header(value)
    except HeaderParseError:
        return " ".join(value.split())
    text = "".join(
        piece if isinstance(piece, str) else _decode(piece, charset or "utf-8")
        for piece, charset in pieces
    )
    return " ".join(text.split())


def sender(message: Message) -> tuple[str, str]:
    """Return the name and the address of a message's sender, each empty where it is missing."""
    value = header(message, "From")
    try:
        return parseaddr(value)
    except RecursionError:  # brackets in brackets
        return value, ""


def bulk_sign(message: Message) -> str | None:
    """Return the sign that a mail went to many readers and none of them can answer all; None if
    nothing does.

    A list on which people talk names where to write to (``List-Post``, RFC 2369).
    """
    to_all = header(message, "List-Post")
    if to_all and not to_all.upper().startswith("NO"):
        return None
    if header(message, "List-Unsubscribe"):
        return "List-Unsubscribe without List-Post"
    if (precedence := header(message, "Precedence").casefold()) in {"bulk", "junk"}:
        return f"Precedence: {precedence}"
    if header(message, "Auto-Submitted").casefold().startswith("auto-generated"):
        return "Auto-Submitted: auto-generated"
    address = sender(message)[1]
    return (
        f"a sender that takes no answer ({address.partition('@')[0]})"
        if _NO_REPLY.match(address)
        else None
    )


def draft_sign(message: Message) -> str | None:
    """Return the sign that a mail was not sent, None if nothing does."""
    if header(message, "X-Unsent") == "1":
        return "X-Unsent says that it was not sent"
    labels = header(message, "X-Gmail-Labels").casefold().split(",")
    if _DRAFTS & {label.strip() for label in labels}:
        return "its mailbox labels it so"
    return None


def was_sent(message: Message) -> bool:
    """Tell if a mail has the headers of mail that a program sends."""
    marks = ("Message-ID", "Received", "Return-Path", "Delivered-To", "DKIM-Signature")
    return any(header(message, name) for name in marks)


def references(message: Message) -> tuple[str, ...]:
    """Return the ids of the messages before one in its thread, the one that it answers last."""
    parent = _IDS.findall(header(message, "In-Reply-To"))[-1:]
    thread = _IDS.findall(header(message, "References"))
    return tuple(dict.fromkeys([id_ for id_ in thread if id_ not in parent] + parent))


def parts_of(message: Message) -> Iterator[Message]:
    """Yield a message and its parts, in their order; a mail that is attached is one part."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        inner = part.get_payload() if part.get_content_maintype() == "multipart" else None
        if isinstance(inner, list):
            waiting += [piece for piece in reversed(inner) if isinstance(piece, Message)]


def text_in(message: Message) -> tuple[str, bool]:
    """Return the words of a message, and whether they are HTML: plain text is preferred."""
    parts: dict[str, Message] = {}
    for part in parts_of(message):
        kind = part.get_content_type()
        if len(parts) == len(_TEXTS):
            break
        if kind in _TEXTS and part.get_content_disposition() != "attachment":
            parts.setdefault(kind, part)
    for kind in _TEXTS:
        if kind in parts:
            payload = parts[kind].get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            return _decode(data, parts[kind].get_content_charset("utf-8")), kind == _TEXTS[1]
    return "", False


def _decode(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
