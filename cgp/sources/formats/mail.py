"""Mail: single messages (``.eml``) and mailboxes (``.mbox``), put together to threads.

Read by the standard library. ``In-Reply-To`` and ``References``, then the subject, tell which mail
answers which. Quoted lines, their introductions, and signatures are not the sender's words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.errors import MessageError
from email.message import Message as Mail
from email.utils import parsedate_to_datetime
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File, read_lines
from cgp.sources.forwarded_mail import MOST_ATTACHED, attached_mails, split_forward
from cgp.sources.mail_names import DATE_NAMES, FROM_NAMES
from cgp.sources.markup import text_of_html, without_quoted_blocks
from cgp.sources.messages import About, Message, records_of
from cgp.sources.mime import (
    bulk_sign,
    draft_sign,
    header,
    parsed,
    references,
    sender,
    text_in,
    was_sent,
)
from cgp.sources.source import Loss, Parts, Source, skipped, unreadable
from cgp.sources.threads import Post, threads

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
MAX_MESSAGES = 200_000
_NO_ID = "no-id-"
"""Beginning of the key of mail without a Message-ID, which would begin with ``<``."""
_FROM = re.compile(rb"^From \S{1,300}\s.{10,60}\d{4}")
_HEADER = re.compile(
    rb"^(?:From|To|Subject|Date|Message-ID|Received|Return-Path|Delivered-To|MIME-Version): ",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"^(?:On .{1,200} wrote:|Am .{1,200} schrieb .{0,100}:|Le .{1,200} a écrit\s?:|El .{1,200} escribió:|"
    r"Il .{1,200} ha scritto:|Em .{1,200} escreveu:|Op .{1,200} schreef .{0,100}:|Den .{1,200} skrev .{0,100}:|"
    r".{0,100}\d{4}.{0,100} (?:kirjoitti|napisał(?:\(a\)|a)?|napsal(?:\(a\)|a)?|yazdı|пишет|написал(?:\(а\)|а)?):|.{0,100}\d{4}.{0,100}[写寫]道\s?[:：]|"
    r"-{3,}\s?(?:Original Message|Ursprüngliche Nachricht|Message d['’]origine|Mensaje original|Messaggio originale|"
    r"Mensagem original|Oorspronkelijk bericht|Oprindelig meddelelse|Ursprungligt meddelande|Opprinnelig melding)\s?-{3,}|"
    r"\d{4}年\d{1,2}月\d{1,2}日.{0,20}\d{1,2}:\d{2}.{1,150}[<＜].{3,100}[>＞]\s?[:：]|\d{4}년.{1,150}님이 작성:|"
    r"_{20,}|-{5,} (?:Forwarded message|Weitergeleitete Nachricht) -{5,})\s*$"
)
_ANY_INTRODUCTION = re.compile(
    r"^.{0,120}\b(?:wrote|schrieb|escribió|écrit|skrev|schreef|scritto|escreveu|kirjoitti|napisał|napsal|yazdı|пишет|написал):\s*$"
)
# Programs break the line that introduces a quotation where it is long, and so twice at most.
_INTRODUCTION_BEGINS = re.compile(r"^(?:On|Am|Le|El|Il|Em|Op|Den|\d{4}[年년])\b.{0,60}\d")
_MOST_BREAKS = 2
_ORIGINAL = re.compile(r"^-{3,}[^-]{5,40}-{3,}\s*$")
_ANSWER = re.compile(
    r"^(?:\s*(?:re|aw|sv|antw|fwd?|wg|tr|rv|ref)\s?(?:\[\d+\])?\s?:)+\s*", re.IGNORECASE
)
_SIGNATURE = "-- "
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE_OF_PGP = "-----BEGIN PGP SIGNATURE-----"
_END_OF_PGP = "-----END PGP SIGNATURE-----"
_PHONE_SIGNATURE = re.compile(
    r"^(?:Sent from (?:my |Outlook|Mail|Yahoo).{0,60}|Get Outlook for .{1,20}|Von meine[mr] .{1,40} gesendet|"
    r"Gesendet von .{1,40}|Envoyé (?:de mon|depuis) .{1,40}|Enviado (?:desde mi|do meu) .{1,40}|Inviato da.{1,40})\.?$"
)
_QUOTED_HEADER = re.compile(r"^\*?(?P<name>[^\W\d_][^:：*]{0,20}?)\s?[:：]\*?\s{0,4}\S")


def _recognises(head: bytes, path: Path) -> bool:
    lines = head.splitlines()[:40]
    if not lines:
        return False
    headers = sum(_HEADER.match(line) is not None for line in lines)
    mailbox = _FROM.match(lines[0]) is not None and headers >= 2
    return mailbox or (
        headers >= 3
        and (path.suffix.lower() in {".eml", ".msg"} or _HEADER.match(lines[0]) is not None)
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each thread, and before them each message that cannot be read."""
    mailbox = _Mailbox()
    yield from mailbox.add(file)
    yield from mailbox.records()


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Yield the records of all mail in a folder: an answer often lies in another file."""
    mailbox = _Mailbox()
    for file in files:
        try:
            yield from mailbox.add(file)
        except (ConversationError, OSError) as error:
            yield unreadable(file.path, 0, error)
    yield from mailbox.records()


@dataclass(slots=True)
class _Mailbox:
    """Mail that may answer one another.

    By its key each mail has the file that it lies in, its subject as a title, and the sign that it
    went to many. ``forwarded`` are the keys of mails that another mail passes on, and
    ``by_subject`` has the key of the first mail of each subject.
    """

    posts: list[Post] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    bulk: dict[str, str] = field(default_factory=dict)
    forwarded: set[str] = field(default_factory=set)
    by_subject: dict[str, str] = field(default_factory=dict)

    def add(self, file: File) -> Iterator[Record]:
        """Take the mail of a file; yield a record for each that is unreadable or a draft."""
        for number, data in enumerate(_messages(file), 1):
            if number > MAX_MESSAGES:
                yield unreadable(
                    file.path, number, f"more than {MAX_MESSAGES} messages: cut the mailbox"
                )
                break
            try:
                mail = parsed(data)
                post, subject = _post(number, mail)
                forwarded_posts = list(_forwarded_posts(number, mail, post))
            # The standard library raises any of these on damaged headers and unknown encodings.
            except (
                ConversationError,
                MessageError,
                LookupError,
                ValueError,
                AttributeError,
            ) as error:
                yield unreadable(file.path, number, f"no mail: {error}")
                continue
            if (sign := _draft_sign(mail, post.message.at)) is not None:
                yield skipped(file.path, number, f"a draft: {sign}")
                continue
            key = self._add_post(file.path, post, subject, bulk_sign(mail))
            for forwarded_post in forwarded_posts:
                self._add_forwarded(file.path, replace(forwarded_post, parent=key), subject)

    def _add_forwarded(self, path: Path, post: Post, subject: str) -> None:
        key = post.message.key or ""
        if key not in self.paths and post.message.text:
            self.titles[key], self.paths[key] = _ANSWER.sub("", subject), path
            self.forwarded.add(key)
            self.posts.append(post)

    def _add_post(self, path: Path, post: Post, subject: str, sign: str | None) -> str:
        """Take a mail; return its key."""
        number = post.message.number
        key = post.message.key or str(number)
        if key.startswith(_NO_ID) and self.paths.get(key) == path:
            # Alike to the letter in one file, and no copy that its id would show: both stay.
            key = f"{key}-{number}"
            post = replace(post, message=replace(post.message, key=key))
        title = _ANSWER.sub("", subject)
        plain = title.casefold()
        if post.parent is None and plain and _ANSWER.match(subject):
            post = replace(post, parent=self.by_subject.get(plain))
        if plain:
            self.by_subject.setdefault(plain, key)
        self.titles[key], self.paths[key] = title, path
        self.posts.append(post)
        self.forwarded.discard(key)
        if sign is not None:
            self.bulk[key] = sign
        return key

    def records(self) -> Iterator[Record]:
        """Yield the record of each thread; mail to many by one sender is not talk."""
        for thread in threads(self._different_posts()):
            own_messages = [message for message in thread if message.key not in self.forwarded]
            # A forwarded mail is older than its thread, which has its id by its own first mail.
            first = (own_messages or thread)[0]
            key, number = first.key or "", first.number
            path = self.paths[key]
            senders = {message.author for message in own_messages}
            if len(senders) == 1 and all(message.key in self.bulk for message in own_messages):
                sign = self.bulk[key]
                reason = f"mail of one sender to many or by a program, without an answer: {sign}"
                yield skipped(path, number, reason)
            else:
                about = About("mail", id=f"mail-{key}", title=self.titles[key])
                yield from records_of(path, number, about, thread)

    def _different_posts(self) -> list[Post]:
        """Return the posts without the forwarded ones whose original is there as well."""
        originals = {
            _said_by(post.message) for post in self.posts if post.message.key not in self.forwarded
        }
        return [
            post
            for post in self.posts
            if post.message.key not in self.forwarded or _said_by(post.message) not in originals
        ]


def _said_by(message: Message) -> tuple[str, str]:
    """Return the sender and the words of a mail, by which its copies are known."""
    return (message.author.id or message.author.name).casefold(), " ".join(message.text.split())


def _messages(file: File) -> Iterator[bytes]:
    """Yield the bytes of each message; a line ``From `` after an empty one begins the next."""
    lines: list[bytes] = []
    size = 0
    empty = True
    with file.open() as stream:
        for line in read_lines(stream):
            if empty and _FROM.match(line):
                if lines:
                    yield b"\n".join(lines)
                lines, size = [], 0
            elif size <= MAX_MESSAGE_BYTES:
                lines.append(line[1:] if line.startswith(b">From ") else line)
                size += len(line) + 1
            empty = not line
    if lines:
        yield b"\n".join(lines)


def _draft_sign(mail: Mail, at: float | None) -> str | None:
    """Return the sign that a mail was not sent; one that was has a time or a mark of programs."""
    if at is None and not was_sent(mail):
        return "no Message-ID, no Received and no Date that is a time show that it was sent"
    return draft_sign(mail)


def _post(number: int, message: Mail) -> tuple[Post, str]:
    name, address = sender(message)
    author = Participant(name or address or "Unknown", address or None)
    subject = header(message, "Subject")
    words = without_quotations(split_forward(_text_of(message), subject)[0])
    key = header(message, "Message-ID") or _hash_of(message, subject, words)
    post_message = Message(number, author, words, _at(message), key)
    ids = references(message)
    return Post(post_message, ids[-1] if ids else None, (*ids, key)), subject


def _hash_of(message: Mail, subject: str, words: str) -> str:
    """Return a key for mail without one. It depends on the mail alone, not on its place in a
    mailbox, so to forget by it forgets this mail only.
    """
    parts = (header(message, "From"), header(message, "Date"), subject, words)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return _NO_ID + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def _at(message: Mail) -> float | None:
    try:
        moment = parsedate_to_datetime(header(message, "Date"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


def _forwarded_posts(number: int, mail: Mail, post: Post) -> Iterator[Post]:
    """Yield the mails that a mail passes on, in its text and attached to it."""
    key = post.message.key
    _, forward = split_forward(_text_of(mail), header(mail, "Subject"))
    place = 0
    while forward is not None and place < MOST_ATTACHED:
        words, inner_forward = split_forward(forward.words, "")
        author = Participant(forward.name or forward.address, forward.address or None)
        at = _not_after(forward.at, post.message.at)
        text = without_quotations(words)
        yield Post(Message(number, author, text, at, f"{key} forwarded {place}"), key)
        forward, place = inner_forward, place + 1
    for inner in attached_mails(mail):
        inner_post, _ = _post(number, inner)
        yield inner_post


def _not_after(at: float | None, limit: float | None) -> float | None:
    """Return a time that is not later than another one: a forwarded date names no time zone."""
    return at if at is None or limit is None else min(at, limit)


def _text_of(message: Mail) -> str:
    """Return the visible text of a mail: its plain text, or its HTML where there is none."""
    text, is_html = text_in(message)
    return text_of_html(without_quoted_blocks(text)) if is_html else text


def without_quotations(text: str) -> str:
    """Return a mail's text without quoted lines, their introductions and the signature."""
    lines = [
        line.rstrip() if line != _SIGNATURE else line
        for line in text.replace("\r\n", "\n").split("\n")
    ]
    lines = _without_armour(lines)
    lines_left: list[str] = []
    introduction_end = 0
    for place, line in enumerate(lines):
        if line in {_SIGNATURE, "--"} or _begins_answered(lines, place):
            break
        # An introduction that a program wrapped is left out with all its lines.
        introduction_end = max(introduction_end, place + _broken_introduction(lines, place))
        if place < introduction_end:
            continue
        if _PHONE_SIGNATURE.match(line):
            continue
        following = lines[place + 1] if place + 1 < len(lines) else ""
        introduces = _INTRODUCTION.match(line) or (
            following.startswith(">") and _ANY_INTRODUCTION.match(line)
        )
        if not line.startswith(">") and not introduces:
            lines_left.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines_left)).strip()


def _broken_introduction(lines: list[str], place: int) -> int:
    """Return the number of lines from here on that introduce a quotation together, 0 where one line
    or none does.

    An address or the quotation below shows that the lines are not a sentence of the sender's.
    """
    if not _INTRODUCTION_BEGINS.match(lines[place]) or _INTRODUCTION.match(lines[place]):
        return 0
    for end in range(place + 2, min(place + 2 + _MOST_BREAKS, len(lines) + 1)):
        if not lines[end - 1]:
            return 0
        whole = " ".join(lines[place:end])
        below = next((line for line in lines[end : end + 3] if line), "")
        if _INTRODUCTION.match(whole) and ("@" in whole or below.startswith(">")):
            return end - place
    return 0


def _begins_answered(lines: list[str], place: int) -> bool:
    """Tell if a line begins the answered mail, which Outlook sets below with its headers."""
    if _ORIGINAL.match(lines[place]) and _INTRODUCTION.match(lines[place]):
        return any(_is_header(line, FROM_NAMES) for line in lines[place + 1 : place + 3])
    if not _is_header(lines[place], FROM_NAMES):
        return False
    return any(_is_header(line, DATE_NAMES) for line in lines[place + 1 : place + 4])


def _is_header(line: str, names: Container[str]) -> bool:
    """Tell if a line is a header of one of these names, which some languages set before a space."""
    match = _QUOTED_HEADER.match(line)
    return match is not None and match["name"].casefold() in names


def _without_armour(lines: list[str]) -> list[str]:
    """Return the lines of a mail without the lines of OpenPGP around what is signed."""
    if not any(line == _SIGNED for line in lines):
        return lines
    begin = lines.index(_SIGNED)
    # Its own headers, such as the hash, end at an empty line; a line with a dash is marked by
    # another.
    blank = next((i for i, line in enumerate(lines) if i > begin and not line), begin)
    end = next((i for i, line in enumerate(lines) if line == _SIGNATURE_OF_PGP), len(lines))
    stop = next((i for i, line in enumerate(lines) if i > end and line == _END_OF_PGP), len(lines))
    words = [line.removeprefix("- ") for line in lines[blank + 1 : end]]
    return [*lines[:begin], *words, *lines[stop + 1 :]]


SOURCE = Source(
    name="mail",
    description="mail: messages (eml) and mailboxes (mbox), as threads",
    suffixes=(".eml", ".mbox", ".mbx", ".txt"),
    recognises=_recognises,
    read=read,
    # All mail of a folder is one export, in the order of the files' names.
    parts=Parts(
        re.compile(r"^(?P<series>).*\.(?:eml|mbox|mbx)(?P<number>)$", re.IGNORECASE), _read_parts
    ),
    where="mail programs, Google Takeout, archives of mailing lists",
    kept="names and addresses, words, times, subjects, forwarded mails; a thread is a conversation",
    left_out="quoted lines, signatures, other attachments than mails, receivers; drafts, newsletters and other mail to many",
    loss=Loss.TURN,
)
