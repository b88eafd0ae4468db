"""Discord's data package: only the person's own messages, so none of it is a conversation.

It is recognised so that the message tells the person the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.source import Source, has_keys, is_json, skipped

ONE_SIDED = "Discord's data package holds your own messages only: export the channels with DiscordChatExporter"


def _recognises(head: bytes, path: Path) -> bool:
    if path.name == "messages.csv":
        return head.lstrip().startswith(b"ID,Timestamp,Contents")
    return is_json(head) and has_keys(head, "ID", "Timestamp", "Contents")


def read(file: File) -> Iterator[Record]:
    """Yield why the file holds no conversation."""
    yield skipped(file.path, 1, ONE_SIDED, lost=True)


SOURCE = Source(
    name="discord-package",
    description="Discord data package: recognised and refused, one side only",
    suffixes=(".json", ".csv"),
    recognises=_recognises,
    read=read,
    companions=("channel.json", "index.json"),
    where="Discord, Settings, Request data",
    kept="nothing: it holds no answers of others",
    left_out="all of it; the reason is given",
)
