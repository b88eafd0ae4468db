"""Google AI Studio's chats, as it keeps them in Google Drive (JSON).

Structure: readers in public repositories: ``chunkedPrompt.chunks``, each with ``role`` and
``text``; thoughts have ``isThought``, a file has ``driveDocument`` and no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.json_messages import json_messages
from cgp.sources.messages import About, Message, key_of, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PLACE = "chunkedPrompt.chunks.item"
_AUTHORS = {"user": Participant("User"), "model": Participant("Gemini")}


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "chunkedPrompt", "chunks")


def read(file: File) -> Iterator[Record]:
    """Yield the chat, and before it each piece that cannot be read."""
    messages: list[Message] = []
    for item in json_messages(file, _PLACE, _message, {}):
        if isinstance(item, Message):
            messages.append(item)
        else:
            yield item
    if messages:
        yield from records_of(file.path, 1, About("ai-studio", title=file.path.stem), messages)


def _message(number: int, chunk: dict[str, Any]) -> Message | None:
    author = _AUTHORS.get(key_of(chunk.get("role")) or "")
    if author is None or chunk.get("isThought"):
        return None
    text = text_of(chunk.get("text"), "text")
    return Message(number, author, text) if text.strip() else None


SOURCE = Source(
    name="ai-studio",
    description="Google AI Studio chat (JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Google Drive, the folder Google AI Studio",
    kept="prompts and answers",
    left_out="system instructions, thoughts, code that was run, files",
    lacks=frozenset({Fact.NAMES, Fact.TIMES, Fact.DATE}),
    loss=Loss.REST,
)
