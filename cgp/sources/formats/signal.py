"""Signal chats as ``sigexport`` writes them in Markdown: ``[2019-05-29, 15:04] Name: words``.

Structure: ``carderne/signal-export``, README. The lines are those of a phone's chat export.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.formats.whatsapp import chat_records, has_stamps
from cgp.sources.messages import About
from cgp.sources.source import Fact, Loss, Source


def _recognises(head: bytes, path: Path) -> bool:
    return path.suffix.lower() == ".md" and head.lstrip().startswith(b"[") and has_stamps(head)


def read(file: File) -> Iterator[Record]:
    """Yield the chat's conversations."""
    title = file.path.parent.name if file.path.stem in {"chat", "index"} else file.path.stem
    yield from chat_records(file, About("signal", title=title, zoned=False))


SOURCE = Source(
    name="signal",
    description="Signal chat (sigexport, Markdown)",
    suffixes=(".md",),
    recognises=_recognises,
    read=read,
    companions=("data.json", "index.html"),
    where="sigexport, chat.md of each chat",
    kept="names, words, times of the computer's clock; cut into conversations by silence",
    left_out="attachments, reactions; the time zone is not in the file",
    lacks=frozenset({Fact.ZONE}),
    loss=Loss.TURN,
)
