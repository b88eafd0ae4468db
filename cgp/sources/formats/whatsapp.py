"""WhatsApp's "export chat" as text, of iPhones and Android phones in the main locales.

Times are the phone's wall clock, of a zone that the export does not name. Announcements (joins,
calls, encryption) have no author and are left out, as are placeholders of media and deleted
messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.announcements import is_announcement, who_does
from cgp.sources.channels import Item, conversations
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, or_no_text
from cgp.sources.source import Fact, Loss, Source, unreadable
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.whatsapp_times import Stamp, looks_like_stamp, plain, stamp

MAX_DATES = 200_000

_AUTHOR = re.compile(r"^([^:\n]{1,100}?)\s?: ?")
_PLACEHOLDER = re.compile(
    r"^(?:<[^<>]{3,80}>|null|\S.{0,150}\.\w{2,5} \([^()]{3,60}\)|"
    r"(?:image|video|video note|audio|sticker|GIF|document|Contact card) omitted|"
    r"(?:Bild|Video|Audio|Sticker|GIF|Dokument|Videonachricht) weggelassen|"
    r"(?:afbeelding|video|audio|sticker|GIF|document) weggelaten|(?:bild|video|ljud|klistermärke|GIF|dokument) utelämna[dt]|"
    r"(?:画像|動画|音声|スタンプ|GIF|ドキュメント|ビデオ|オーディオ)は含まれていません|"
    r"live location shared|location: https?://maps\.google\.com/\S{1,200}|This message was deleted by admin .{1,100}|"
    r"(?:imagen|vídeo|video|audio|sticker|documento|imagem|áudio|figurinha) (?:omitid[oa]|ocult[oa])|"
    r"(?:image|vidéo|audio|sticker|document) absente?|"
    r"(?:immagine|video|audio|sticker|documento) omess[oa]|"
    r"(?:You deleted this message|This message was deleted|Du hast diese Nachricht gelöscht|"
    r"Diese Nachricht wurde gelöscht|Eliminaste este mensaje|Se eliminó este mensaje|"
    r"Vous avez supprimé ce message|Ce message a été supprimé|Você apagou esta mensagem|"
    r"Mensagem apagada|Hai eliminato questo messaggio|Questo messaggio è stato eliminato|"
    r"Данное сообщение удалено|Вы удалили данное сообщение|Bu mesaj silindi|Bu mesajı sildiniz|"
    r"Dit bericht is verwijderd|U hebt dit bericht verwijderd|Ta wiadomość została usunięta|"
    r"Usunięto tę wiadomość|Pesan ini (?:telah )?dihapus|Anda (?:telah )?menghapus pesan ini|"
    r"此消息已被?删除|你已删除此消息|您删除了这条消息|此訊息已刪除|您已刪除此訊息|このメッセージは削除されました|"
    r"삭제된 메시지입니다|تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|यह (?:संदेश|मैसेज) (?:हटा|मिटा|डिलीट कर) ?दिया गया(?: है)?|"
    r"Waiting for this message(?:\. This may take a while)?)\.?|"
    r"(?:התמונה|הסרטון|השמע|הסטיקר|סטיקר|המסמך|הקובץ|המדיה|GIF|כרטיס איש קשר|סרטון הווידאו) הושמטה?|"
    r"הודעה זו נמחקה\.?|מחקת הודעה זו\.?|"
    r"(?:Missed|Declined|Cancelled) (?:group )?(?:voice|video) call\.?|"
    r"Verpasste[rs]? (?:Sprach|Video)anruf\.?|Llamada (?:perdida|de voz perdida|de video perdida)\.?)$",
    re.IGNORECASE,
)
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
    chat = _Chat(file.path, _order(file), own_words, cache(lambda: _groups(file)))
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
    return None if match is None or _is_open(match[1]) else match


def _is_announced(line: str) -> bool:
    """Tell if an iPhone marks a line as the chat's own, which nobody says."""
    if _PROGRAM_LINE.match(line):
        return _MARKED_POLL.match(line) is None  # its question is the person's
    match = _ANNOUNCED_IN_COLONS.match(line)
    return match is not None and not _PLACEHOLDER.match(match[1].strip())


def _name_of(author: re.Match[str]) -> str:
    return author[1].strip().lstrip("~").strip()


def _groups(file: File) -> frozenset[str]:
    """Return the names that announce what nobody says, and say nothing else."""
    announcing: set[str] = set()
    talking: set[str] = set()
    for _, line in text_lines(file):
        if (begin := stamp(line)) and (author := _author(begin.rest)) and not _is_announced(line):
            name, text = _name_of(author), begin.rest[author.end() :]
            if is_announcement(text):
                if not text.startswith(name):
                    announcing.add(name)
            elif who_does(text) is None:
                talking.add(name)
    return frozenset(announcing - talking)


def _is_open(text: str) -> bool:
    """Tell if a quotation begins in a text and does not end."""
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
    """The message that is being read. ``groups`` finds the names that only announce."""

    def __init__(
        self,
        path: Path,
        order: DateOrder,
        own_words: Callable[[str], str],
        groups: Callable[[], frozenset[str]],
    ) -> None:
        self._groups = groups
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
        return person is not None and (person == name or name in self._groups())

    def close(self) -> Iterator[Item]:
        """Yield the message that has been read; text before the next time has no author."""
        yield from self._message.end()

    def _finished(self, message: Message, more: list[str]) -> Message:
        """Return a message with its further lines, without placeholders; one that is nothing
        else says nothing.
        """
        text = self._own_words("\n".join((message.text, *more))).strip()
        if poll := _POLL_BEGINS.match(text):
            options = (_OPTION.sub(r"\1", line) for line in text[poll.end() :].split("\n"))
            text = "\n".join(options).strip()
        lines = [line for line in text.split("\n") if not _PLACEHOLDER.match(line.strip())]
        return replace(message, text=_without_mark("\n".join(lines)))


def _without_mark(text: str) -> str:
    """Return a message without the mark "edited" at its end."""
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
