"""Google Voice's text messages: a page of HTML for each talk, in a Takeout.

Structure: pages in the tests of public readers (``timelinize/timelinize``, ``toba/goweb``):
``div.message`` with ``abbr.dt``, whose ``title`` is the whole time, ``cite.sender`` with the
number in ``a.tel`` and the name in ``.fn``, and ``q``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.html_pages import Element, first_with_class, page, shown_text, with_class
from cgp.sources.messages import About, Message, epoch
from cgp.sources.source import Loss, Source, unreadable

_MARKS_OF_MEDIA = frozenset({"MMS Sent", "MMS Received"})
"""Words that stand for a picture without words."""


def _recognises(head: bytes, _path: Path) -> bool:
    return head.lstrip()[:1] == b"<" and b"hChatLog" in head


def read(file: File) -> Iterator[Record]:
    """Yield the conversations with a person or a group."""
    title = file.path.name.partition(" - ")[0].removesuffix(file.path.suffix)
    yield from conversations(file.path, _messages(file), lambda: About("google-voice", title=title))


def _messages(file: File) -> Iterator[Item]:
    for number, element in enumerate(with_class(page(file), "message", "div"), 1):
        try:
            yield _message(number, element)
        except ConversationError as error:
            yield unreadable(file.path, number, error)


def _message(number: int, element: Element) -> Message:
    date = first_with_class(element, "dt")
    at = None if date is None else epoch(date.get("title"))
    if at is None:
        raise ConversationError("no time")
    telephone = first_with_class(element, "tel")
    key = "" if telephone is None else telephone.get("href", "").removeprefix("tel:")
    name = shown_text(first_with_class(element, "fn"))
    words = "\n".join(shown_text(quoted) for quoted in element.iter("q"))
    if words.strip() in _MARKS_OF_MEDIA:
        words = ""
    return Message(number, Participant(name or key or "Unknown", key or None), words, at)


SOURCE = Source(
    name="google-voice",
    description="Google Voice text messages (HTML)",
    suffixes=(".html",),
    recognises=_recognises,
    read=read,
    where="takeout.google.com, Voice (zip)",
    kept="names and numbers, words, times; cut into conversations by silence",
    left_out="calls, voicemails, pictures",
    loss=Loss.DOCUMENT,
)
