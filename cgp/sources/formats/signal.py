"""Signal chats as ``sigexport`` writes them in Markdown: ``[2019-05-29, 15:04] Name: words``.

Structure: ``carderne/signal-export``, README. The lines are as in a phone's chat export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.formats.whatsapp import chat_records, has_stamps
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source

_FILE = re.compile(
    r"!?\[[^\[\]\n]{0,200}\]\((?:\.{1,2}/)?(?:media|exported_stickers|stickers)/[^()\n]{1,300}\)"
)
"""A picture, another file or a sticker, by its place beside the chat."""
_PROGRAM_LINE = re.compile(
    r"^(?:\(- .{1,2000} -\)|\(\([^\w()]{1,20}\)\)|\(This message was deleted\))$"
)
"""A line of reactions, a sticker by its sign alone, the place of a deleted message."""


def _recognises(head: bytes, path: Path) -> bool:
    return path.suffix.lower() == ".md" and head.lstrip().startswith(b"[") and has_stamps(head)


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    title = file.path.parent.name if file.path.stem in {"chat", "index"} else file.path.stem
    yield from chat_records(file, About("signal", title=title, zoned=False), _own_words)


def _own_words(text: str) -> str:
    """Return a message's text without the message that it quotes, files, stickers and reactions.

    A quotation stands in lines of its own before the words, after an empty first one.
    """
    first, *further_lines = text.split("\n")
    if not first.strip():
        while further_lines and further_lines[0].startswith(">"):
            del further_lines[0]
    lines = (_FILE.sub("", line).strip() for line in (first, *further_lines))
    return "\n".join(line for line in lines if not _PROGRAM_LINE.match(line))


SOURCE = Source(
    name="signal",
    description="Signal chat (sigexport, Markdown)",
    suffixes=(".md",),
    recognises=_recognises,
    read=read,
    companions=("data.json", "index.html"),
    where="sigexport, chat.md of each chat",
    kept="names, words, times of the computer's clock; cut into conversations by silence",
    left_out="attachments, stickers, reactions, quoted and deleted messages; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
