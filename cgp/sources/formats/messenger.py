"""Facebook Messenger (and Instagram) downloads: ``message_1.json``, newest message first.

Facebook writes each byte of UTF-8 text as a character of its own (``Ã©`` for ``é``); that is
undone. The newer download of end-to-end encrypted chats (``senderName``, ``text``) is read as
well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, epoch, key_of, text_of
from cgp.sources.source import Loss, Parts, Source, has_keys, is_json

_ANNOUNCEMENTS = frozenset({"Call", "Subscribe", "Unsubscribe", "Share_Location"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and (
        has_keys(head, "participants", "messages", "sender_name", "timestamp_ms")
        or has_keys(head, "participants", "messages", "senderName", "threadName")
        or has_keys(head, "messages", "senderName", "isUnsent")
    )


def repaired(text: str) -> str:
    """Return text whose UTF-8 bytes were written as characters as it was meant."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    yield from _read_parts([file])


def _read_parts(files: Sequence[File]) -> Iterator[Record]:
    """Read a chat over its files, of which the first has the newest messages."""
    file = files[0]

    def about() -> About:
        # The title stands behind the messages, so the folder, named after the chat, is used for
        # all.
        return About("messenger", title=file.path.parent.name or None)

    def items() -> Iterator[Item]:
        for part in files:
            yield from json_messages(part, "messages.item", _message, {})

    yield from conversations(file.path, items(), about)


def _message(number: int, message: dict[str, Any]) -> Message | None:
    is_encrypted = "senderName" in message
    if not is_encrypted and "sender_name" not in message:
        raise ConversationError("sender_name is missing")
    if message.get("is_unsent") or message.get("isUnsent"):
        return None
    if key_of(message.get("type")) in _ANNOUNCEMENTS:
        return None
    name = text_of(message["senderName" if is_encrypted else "sender_name"], "sender_name")
    text = repaired(text_of(message.get("text" if is_encrypted else "content"), "content"))
    if is_boilerplate(message, text, repaired(name)):
        return None
    milliseconds = epoch_of_milliseconds(
        message.get("timestamp" if is_encrypted else "timestamp_ms")
    )
    return Message(number, Participant(repaired(name)), text, milliseconds)


_MEDIA = ("photos", "videos", "gifs", "audio_files", "files", "sticker", "share", "media")
_BOILERPLATE = re.compile(
    r"^(?:.{1,100} (?:sent an attachment|sent a (?:photo|video|voice message|sticker|link|GIF)|"
    r"shared a (?:story|post|reel|link)|liked a message|sent a live location|"
    r"(?:started|joined|left|ended) (?:a|the|your)? ?(?:video |audio |group )?(?:call|chat|group).*|"
    r"changed the (?:theme|group photo|chat theme|quick reaction|emoji).*|set the (?:nickname|emoji|quick reaction).*|"
    r"named the group .*|created the group.*|pinned a message.*|unsent a message|"
    r"(?:hat|hast) (?:einen Anhang|ein Foto|ein Video|eine Sprachnachricht|einen Link|ein GIF|einen Sticker) (?:gesendet|geteilt)|"
    r"hat eine Nachricht mit „Gefällt mir“ markiert|"
    r"(?:a|avez) envoyé (?:une pièce jointe|une photo|une vidéo|un lien|un message vocal)|"
    r"(?:envió|enviaste) (?:un archivo adjunto|una foto|un video|un vídeo|un enlace|un mensaje de voz)|"
    r"(?:ha|hai) inviato (?:un allegato|una foto|un video|un link|un messaggio vocale)|"
    r"(?:enviou|enviaste) (?:um anexo|uma foto|um vídeo|um link|uma mensagem de voz)|"
    r"(?:heeft|hebt) een (?:bijlage|foto|video|link) (?:verzonden|gestuurd))\.?|"
    r"(?:.{1,100} )?(?:hat mit .{1,12} auf deine Nachricht reagiert|reagierte mit .{1,12} auf deine Nachricht|"
    r"a réagi .{1,12} à (?:votre|ton) message|reaccionó con .{1,12} a tu mensaje|ha reagito .{1,12} al tuo messaggio|"
    r"reagiu com .{1,12} à (?:sua|tua) mensagem|heeft met .{1,12} op je bericht gereageerd) ?|"
    r"You (?:can now|are now|'re now) (?:message|call|connected|friends).{0,120}|"
    r"(?:Say hi|Wave) to (?:your new|.{1,60}).{0,60}Facebook.{0,60}|"
    r"Messages and calls are secured with end-to-end encryption.{0,200}|"
    r"Liked a message|Reacted .{1,12} to your message ?|.{1,100} reacted .{1,12} to your message ?|"
    r"You (?:sent an attachment|missed a (?:video )?call.*)\.?|.{1,100} missed (?:a|your) (?:video )?call\.?)$",
    re.IGNORECASE,
)


def is_boilerplate(message: dict[str, Any], text: str, name: str) -> bool:
    """Tell if the program wrote the sentence: it tells of an attachment, a call, a reaction.

    A sentence that begins with the sender's own name, beside media or a share, is one in any
    language.
    """
    if message.get("call_duration") is not None or message.get("is_geoblocked_for_viewer") is True:
        return True
    beside = any(message.get(key) for key in _MEDIA)
    is_own = bool(name) and text.startswith((f"{name} ", f"{name.split(maxsplit=1)[0]} "))
    return _BOILERPLATE.match(text) is not None or (beside and is_own and len(text) < 200)


def epoch_of_milliseconds(value: object) -> float | None:
    """Return seconds since the epoch.

    Raises:
        ConversationError: if ``value`` is neither a time nor nothing.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch(value / 1000)
    if value is None:
        return None
    raise ConversationError("timestamp_ms must be a number")


SOURCE = Source(
    name="messenger",
    description="Facebook Messenger or Instagram download (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    parts=Parts(re.compile(r"^(?P<series>message)_(?P<number>\d{1,6})\.json$"), _read_parts),
    download=re.compile(
        r"(?:^|/)your_(?:instagram|facebook)_activity/messages/inbox/[^/]+/message_\d{1,6}\.json$"
    ),
    where="Facebook or Instagram, Download your information, format JSON",
    kept="names, words, times; cut into conversations by silence",
    left_out="calls, reactions, media, shared posts, sentences that the program writes",
    loss=Loss.REST,
)
