"""WhatsApp's "export chat" as text, of iPhones and Android phones in the main locales.

Times are the phone's wall clock, of a zone that the export does not name. Announcements (joins,
calls, encryption) have no author and are left out, as are placeholders of media and deleted
messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.announcements import has_deed, is_announcement, who_does
from cgp.sources.channels import Item, conversations
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, or_no_text
from cgp.sources.placeholders import is_placeholder
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.whatsapp_times import Stamp, looks_like_stamp, plain, stamp

MAX_DATES = 200_000

_AUTHOR = re.compile(r"^([^:\n]{1,100}?)\s?: ?")
# iPhones write announcements in the chat's name, and placeholders, after a left-to-right mark.
_PROGRAM_LINE = re.compile(r"^\u200e?\[[^\]]{1,60}\][^:]{1,120}:\s?\u200e")
# A group's name may have colons. The line of an announcement begins with a mark as well, as that of
# a placeholder does: words with a colon may stand before one.
_ANNOUNCED_IN_COLONS = re.compile(
    r"^\u200e\[[^\]]{1,60}\](?:[^:\n]{1,120}:\s){2,4}\u200e(?!<)(.*)$"
)
_POLL = r"(?:POLL|UMFRAGE|ENCUESTA|SONDAGE|ENQUETE|SONDAGGIO)\s?:\s*"
_POLL_BEGINS = re.compile(rf"^{_POLL}")
_MARKED_POLL = re.compile(rf"^\u200e?\[[^\]]{{1,60}}\][^:]{{1,120}}:\s?\u200e{_POLL}")
_OPTION = re.compile(
    r"^(?:OPTION|OPCIÓN|OPÇÃO|OPZIONE)\s?:\s?(.{1,300}?)\s?\(\d{1,4} [^()]{1,20}\)$"
)
_EDIT_MARK = re.compile(r"<[^<>]{5,60}>\Z")
_MOST_EDITED = 62  # characters of the mark with its brackets


def _recognises(head: bytes, path: Path) -> bool:
    return path.suffix.lower() != ".md" and has_stamps(head)


def has_stamps(head: bytes) -> bool:
    """Tell if lines begin with a date, a time and a name, as chats of phones do."""
    lines = head_lines(head)[:50]
    begins = [stamp(line) for line in lines]
    return sum(start is not None for start in begins) >= max(1, 0.2 * len(lines)) and any(
        start is not None and _author(start.rest) for start in begins
    )


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations. The file is read twice: the order of its dates is found
    first.
    """
    yield from chat_records(file, About("whatsapp", title=_title(file.path), zoned=False))


def chat_records(
    file: File, about: About, own_words: Callable[[str], str] = str
) -> Iterator[Record]:
    """Yield the conversations of a chat in which each message begins with its date and time.

    ``own_words`` takes from a message's text the parts that its program has added.
    """
    chat = _Chat(file.path, _order(file), own_words, cache(partial(_only_announces, file)))
    records = conversations(file.path, _messages(file, chat), lambda: about)
    # A chat without dates is refused before: where all lines are announcements, nothing is lost.
    yield from or_no_text(file.path, records)


def _messages(file: File, chat: _Chat) -> Iterator[Item]:
    for number, line in text_lines(file):
        yield from chat.add(number, line)
    yield from chat.close()


def _author(rest: str) -> re.Match[str] | None:
    """Return the author before the colon; an announcement quotes a name that may
    have one as well.
    """
    match = _AUTHOR.match(rest)
    if match is None or _is_open(match[1]):
        return None
    # "Ana added Rui: the boss" is not a message of "Ana added Rui".
    return None if has_deed(match[1]) and _announces_whole(rest, match[1]) else match


def _announces_whole(rest: str, author: str) -> bool:
    """Tell if a line with a colon is an announcement that names somebody with one."""
    person = who_does(rest)
    return person is not None and len(person) < len(author)


def _is_announced(line: str) -> bool:
    """Tell if an iPhone marks a line as an announcement of the chat."""
    if _PROGRAM_LINE.match(line):
        return _MARKED_POLL.match(line) is None  # its question is the person's
    match = _ANNOUNCED_IN_COLONS.match(line)
    return match is not None and not is_placeholder(match[1].strip())


def _name_of(author: re.Match[str]) -> str:
    return author[1].strip().lstrip("~").strip()


def _only_announces(file: File, name: str) -> bool:
    """Tell if all messages of a name are announcements, as of a group."""
    announces = False
    for _, line in text_lines(file):
        if name not in line or (begin := stamp(line)) is None:
            continue
        author = _author(begin.rest)
        if author is None or _name_of(author) != name or _is_announced(line):
            continue
        text = begin.rest[author.end() :]
        if is_announcement(text):
            announces = announces or not text.startswith(name)
        elif who_does(text) is None:
            return False
    return announces


def _is_open(text: str) -> bool:
    """Tell if a quotation begins in a text and does not end."""
    if text.isalnum():
        return False  # most names
    if text.count('"') % 2:
        return True
    closing = "“”" if "„" in text else "”»」』"
    opening = max(map(text.rfind, "„«「『" if "„" in text else "“«「『"))
    return opening > max(map(text.rfind, closing))


def _order(file: File) -> DateOrder:
    stamp_count = 0

    def times() -> Iterator[WrittenTime]:
        nonlocal stamp_count
        for _, line in text_lines(file):
            if (begin := stamp(line)) is not None:
                stamp_count += 1
                yield begin.time
                if stamp_count >= MAX_DATES:
                    return

    order = date_order(times())
    if not stamp_count:
        raise ConversationError(
            "no message: expected lines such as 31/12/2025, 18:05 - Name: words"
        )
    return order


class _Chat:
    """The message that is being read. ``is_group`` tells of a name whether it only announces."""

    def __init__(
        self,
        path: Path,
        order: DateOrder,
        own_words: Callable[[str], str],
        is_group: Callable[[str], bool],
    ) -> None:
        self._is_group = is_group
        self._path = path
        self._order = order
        self._own_words = own_words
        self._message = MessageLines(self._finished)

    def add(self, number: int, line: str) -> Iterator[Item]:
        """Take a line; yield the message that it ends, and why the line is none."""
        if (begin := stamp(line)) is not None:
            yield from self._begin(number, line, begin)
        elif looks_like_stamp(line):
            yield from self.close()
            reason = f"{line.strip()[:40]!r} begins with a time that is not understood"
            yield unreadable(self._path, number, reason)
        elif self._message.is_open:
            self._message.add(plain(line))
        elif number == 1 and line.strip():
            yield unreadable(self._path, number, "no date before the first words")

    def _begin(self, number: int, line: str, begin: Stamp) -> Iterator[Item]:
        yield from self.close()
        at = begin.time.seconds(self._order)
        if at is None:
            yield unreadable(
                self._path, number, f"{begin.written} is not a date ({self._order.value}) and time"
            )
        elif (author := _author(begin.rest)) and not _is_announced(line):
            name, text = _name_of(author), begin.rest[author.end() :]
            if not self._announces(name, text):
                self._message.begin(Message(number, Participant(name), text, at))

    def _announces(self, name: str, text: str) -> bool:
        """Tell if a message is an announcement that has lost its mark."""
        if is_announcement(text):
            return True
        person = who_does(text)
        return person is not None and (person == name or self._is_group(name))

    def close(self) -> Iterator[Item]:
        """Yield the message that has been read; text before the next time has no author."""
        yield from self._message.end()

    def _finished(self, message: Message, more: list[str]) -> Message:
        """Return a message with its further lines, without placeholders; one that is nothing
        else says nothing.
        """
        words = "\n".join((message.text, *more)) if more else message.text
        text = self._own_words(words).strip()
        if poll := _POLL_BEGINS.match(text):
            options = (_OPTION.sub(r"\1", line) for line in text[poll.end() :].split("\n"))
            text = "\n".join(options).strip()
        lines = [line for line in text.split("\n") if not is_placeholder(line.strip())]
        text = _without_mark("\n".join(lines))
        return message if text == message.text else replace(message, text=text)


def _without_mark(text: str) -> str:
    """Return a message without the mark "edited" at its end."""
    if not text.endswith(">"):
        return text
    mark = _EDIT_MARK.search(text, max(0, len(text) - _MOST_EDITED))
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
    # Documents that people sent lie beside the chat: an iPhone numbers them, Android dates them.
    companions=("*.pdf", "*.vcf", "000*-*", "DOC-*-WA*"),
    where="a chat's menu, Export chat (text or zip)",
    kept="names, words, times of the phone's clock; cut into conversations by silence",
    left_out="media, announcements, deleted messages; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
