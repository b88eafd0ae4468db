"""Mail that another mail passes on: below a line that says so, or attached as a whole.

Programs write ``---------- Forwarded message ---------`` or ``Begin forwarded message:`` above the
headers of the mail; Outlook writes the headers alone, which mean a forwarded mail where the subject
says so (``FW:``), and an answered one elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message as Mail
from email.utils import parseaddr

from cgp.sources.date_orders import DateOrder
from cgp.sources.mail_names import DATE_NAMES, FROM_NAMES
from cgp.sources.mime import parts_of
from cgp.sources.written_times import Offset, resolved, written_time

MOST_ATTACHED = 100
"""Mails attached to one mail that are read; a digest of a list has some dozens."""
_MOST_HEADERS = 12
_MARK = re.compile(
    r"^(?:-{3,}\s?(?:Forwarded message|Original message forwarded|Weitergeleitete Nachricht|Message transféré|"
    r"Mensaje reenviado|Messaggio inoltrato|Forwarded Message|Mensagem (?:encaminhada|reencaminhada)|"
    r"Doorgestuurd bericht|Vidarebefordrat meddelande|Videresendt melding|Videresendt meddelelse|"
    r"Wiadomość przekazana dalej|Пересылаемое сообщение|Переадресованное сообщение)\s?-{3,}|"
    r"(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Début du message (?:transféré|réexpédié)|"
    r"Inicio del mensaje reenviado|Inizio messaggio inoltrato|Início da mensagem (?:encaminhada|reencaminhada)|"
    r"Begin doorgestuurd bericht)\s?:)\s*$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\*?([^\W\d_][^:*\n]{0,30}?)\s?:\*?\s*(\S.*)$")
_FORWARDS = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vl|vidarebef)\s?:", re.IGNORECASE)
_MAIL_LINK = re.compile(r"\s*\[?<?mailto:[^\s\]>]{1,200}[\]>]?")


@dataclass(frozen=True, slots=True)
class Forward:
    """A mail that another one holds in its text: its sender, its time, its words."""

    name: str
    address: str
    at: float | None
    words: str


def is_forwarding(subject: str) -> bool:
    """Tell if a subject says that a mail passes on another one."""
    return _FORWARDS.match(subject) is not None


def split_forward(text: str, subject: str) -> tuple[str, Forward | None]:
    """Return the text above a forwarded mail, and that mail; without one, all of the text."""
    lines = text.replace("\r\n", "\n").split("\n")
    for place, line in enumerate(lines):
        if not (_MARK.match(line.strip("> ")) or (is_forwarding(subject) and _is_from(line))):
            continue
        below = lines[place + 1 :] if _MARK.match(line.strip("> ")) else lines[place:]
        forward = _forward(_unquoted(below))
        if forward is not None:
            return "\n".join(lines[:place]), forward
    return text, None


def attached_mails(mail: Mail) -> Iterator[Mail]:
    """Yield the mails that are attached to one, none of a delivery report: it returns the reader's
    own mail.
    """
    if mail.get_content_type() == "multipart/report":
        return
    count = 0
    for part in parts_of(mail):
        if part.get_content_type() == "message/rfc822" and count < MOST_ATTACHED:
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Mail):
                count += 1
                yield inner[0]


def _is_from(line: str) -> bool:
    match = _HEADER.match(line)
    return match is not None and match[1].casefold() in FROM_NAMES


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Return lines without the marks of a quotation, where all have them."""
    if all(line.startswith(">") for line in lines if line.strip()):
        return [line[1:].removeprefix(" ") for line in lines]
    return list(lines)


def _forward(lines: Sequence[str]) -> Forward | None:
    """Return the mail whose headers are the first of some lines, None where they name no sender."""
    sender: str | None = None
    at: float | None = None
    place = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    for header in lines[place : place + _MOST_HEADERS]:
        if not header.strip():
            break
        place += 1
        if (match := _HEADER.match(header.strip())) is None:
            continue  # a line that goes on with the receivers
        name = match[1].casefold()
        if name in FROM_NAMES and sender is None:
            sender = _MAIL_LINK.sub("", match[2])
        elif name in DATE_NAMES and at is None:
            time = written_time(match[2])
            at = (
                None
                if time is None or isinstance(time, Offset)
                else resolved(time, DateOrder.DAY_MONTH)
            )
    if sender is None:
        return None
    name, address = parseaddr(sender)
    return Forward(
        name or sender.strip("* <>"),
        address if "@" in address else "",
        at,
        "\n".join(lines[place:]),
    )
