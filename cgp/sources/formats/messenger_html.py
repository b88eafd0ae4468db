"""Facebook Messenger and Instagram downloads in HTML: ``message_1.html``, newest message first.

Structure: public readers and their tests (``div._a6-g`` with ``._a6-h`` the sender, ``._a6-p``
the words and ``._a72d`` the time), as ``<div>`` of 2024 and as ``<section>`` of 2025. The time's
form is the language's; one that is not understood is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.channels import conversations, items_of_parts
from cgp.sources.files import File
from cgp.sources.formats.messenger import is_boilerplate
from cgp.sources.html_pages import first_with_class, page, shown_text, with_class
from cgp.sources.messages import About, Message
from cgp.sources.source import Fact, Parts, Source
from cgp.sources.written_times import Moment, written_time

_JOINED_HALF = re.compile(r"(?<=\d)(am|pm)$", re.IGNORECASE)


def _recognises(head: bytes, path: Path) -> bool:
    return (
        head.lstrip()[:1] == b"<"
        and b"_a6-g" in head
        and (path.name.startswith("message_") or b"/messages/" in head)
    )


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Read a chat over its pages, of which the first has the newest messages."""
    about = About("messenger", title=files[0].path.parent.name or None, zoned=False)

    yield from conversations(files[0].path, items_of_parts(files, _messages), lambda: about)


def _messages(file: File) -> Iterator[Message]:
    for number, card in enumerate(with_class(page(file), "_a6-g"), 1):
        sender, words = first_with_class(card, "_a6-h"), first_with_class(card, "_a6-p")
        if sender is None or words is None:
            continue
        for reactions in list(with_class(words, "_a6-q")):
            reactions.getparent().remove(reactions)
        name, text = shown_text(sender), shown_text(words)
        # Downloads of Instagram have the time in the foot itself.
        time = shown_text(first_with_class(card, "_a72d")) or shown_text(
            first_with_class(card, "_a6-o")
        )
        moment = written_time(_JOINED_HALF.sub(r" \1", time))
        if name and not is_boilerplate({}, text, name):
            at = float(moment) if isinstance(moment, Moment) else None
            yield Message(number, Participant(name), text, at)


SOURCE = Source(
    name="messenger-html",
    description="Facebook Messenger or Instagram download (HTML)",
    suffixes=(".html",),
    recognises=_recognises,
    read=read,
    parts=Parts(re.compile(r"^(?P<series>message)_(?P<number>\d{1,6})\.html$"), _read_parts),
    where="Facebook or Instagram, Download your information, format HTML",
    kept="names, words, times in the languages of Europe and East Asia; cut into conversations by silence",
    left_out="media, reactions, sentences that the program writes; the zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
)
