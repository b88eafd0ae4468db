"""WhatsApp's "export chat" as text, of iPhones and Android phones in the main locales.

Times are the phone's wall clock, of a zone that the export does not name. Announcements (joins, calls,
encryption) have no author and are left out, as are placeholders of media and deleted messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp.conversation import MAX_TURN_CHARACTERS, Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.messages import About, Message
from cgp.sources.source import Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.whatsapp_times import DateOrder, Stamp, date_order, plain, stamp

MAX_DATES = 200_000

_AUTHOR = re.compile(r"^([^:\n]{1,100}?)\s?: ?")
_PLACEHOLDER = re.compile(
    r"^(?:<[^<>]{3,80}>|null|\S.{0,150}\.\w{2,5} \([^()]{3,60}\)|"
    r"(?:image|video|audio|sticker|GIF|document|Contact card) omitted|"
    r"(?:Bild|Video|Audio|Sticker|Dokument) weggelassen|"
    r"(?:imagen|vídeo|video|audio|sticker|documento|imagem|áudio|figurinha) (?:omitid[oa]|ocult[oa])|"
    r"(?:image|vidéo|audio|sticker|document) absente?|"
    r"(?:immagine|video|audio|sticker|documento) omess[oa]|"
    r"(?:You deleted this message|This message was deleted|Du hast diese Nachricht gelöscht|"
    r"Diese Nachricht wurde gelöscht|Eliminaste este mensaje|Se eliminó este mensaje|"
    r"Vous avez supprimé ce message|Ce message a été supprimé|Você apagou esta mensagem|"
    r"Mensagem apagada|Hai eliminato questo messaggio|Questo messaggio è stato eliminato)\.?)$",
    re.IGNORECASE,
)
# iPhones write announcements in the chat's name, and placeholders, after a left-to-right mark.
_ANNOUNCED = re.compile(r"^\u200e?\[[^\]]{1,60}\][^:]{1,120}:\s?\u200e")
_EDITED = re.compile(r"<[^<>]{5,60}>\Z")
_MOST_EDITED = 62  # characters of the mark with its brackets


def _recognises(head: bytes, _path: Path) -> bool:
    lines = head_lines(head)[:50]
    begins = [stamp(line) for line in lines]
    return sum(found is not None for found in begins) >= max(1, 0.2 * len(lines)) and any(
        found is not None and _AUTHOR.match(found.rest) for found in begins
    )


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations. The file is read twice: the order of its dates is found first."""
    order = _order(file)
    about = About("whatsapp", title=_title(file.path), zoned=False)
    yield from conversations(file.path, _messages(file, order), lambda: about)


def _order(file: File) -> DateOrder:
    found = 0

    def stamps() -> Iterator[Stamp]:
        nonlocal found
        for _, line in text_lines(file):
            if (begin := stamp(line)) is not None:
                found += 1
                yield begin
                if found >= MAX_DATES:
                    return

    order = date_order(stamps())
    if not found:
        raise ConversationError(
            "no message: expected lines such as 31/12/2025, 18:05 - Name: words"
        )
    return order


def _messages(file: File, order: DateOrder) -> Iterator[Item]:
    message: Message | None = None
    more: list[str] = []
    length = 0
    stray = False
    for number, line in text_lines(file):
        begin = stamp(line)
        if begin is None:
            if message is None:
                if not stray and number == 1 and line.strip():
                    yield unreadable(file.path, number, "no date before the first words")
                stray = True
            elif length <= MAX_TURN_CHARACTERS:
                more.append(plain(line))
                length += len(more[-1]) + 1
            continue
        if message is not None:
            yield _finished(message, more)
        message, more, length, stray = None, [], 0, True
        at = begin.seconds(order)
        if at is None:
            date = "/".join(map(str, begin.date))
            yield unreadable(file.path, number, f"{date} is not a date ({order.value})")
        elif (author := _AUTHOR.match(begin.rest)) and not _ANNOUNCED.match(line):
            name = Participant(author[1].strip().lstrip("~").strip())
            message = Message(number, name, begin.rest[author.end() :], at)
    if message is not None:
        yield _finished(message, more)


def _finished(message: Message, more: list[str]) -> Message:
    """Return a message with its further lines, without placeholders; one that is nothing else says nothing."""
    text = "\n".join((message.text, *more)).strip()
    lines = [line for line in text.split("\n") if not _PLACEHOLDER.match(line.strip())]
    return replace(message, text=_without_mark("\n".join(lines)))


def _without_mark(text: str) -> str:
    """Return a message without the mark "edited" at its end."""
    mark = _EDITED.search(text, max(0, len(text) - _MOST_EDITED))
    return text[: mark.start()].rstrip() if mark else text


def _title(path: Path) -> str:
    name = path.parent.stem if path.stem == "_chat" else path.stem
    return re.sub(r"^WhatsApp[ -]*(?:Chat|Unterhaltung)?\s*(?:with|mit|con|com|-|_)\s*", "", name)


SOURCE = Source(
    name="whatsapp",
    description="WhatsApp chat export (text)",
    suffixes=(".txt",),
    recognises=_recognises,
    read=read,
)
