"""Sessions of Claude Code (``~/.claude/projects/*/*.jsonl``): a line for each event.

Structure: the lines that public readers of these files are tested with (``parentUuid``,
``isSidechain``, ``message``). The messages of the person and of Claude are kept; tools, their
results, side chains of helpers and texts that the program adds are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {"user": Participant("User"), "assistant": Participant("Claude")}
_PUT_IN = re.compile(
    r"<(system-reminder|command-name|command-message|command-args|local-command-stdout|bash-input|"
    r"bash-stdout|bash-stderr|user-memory-input|local-command-caveat)>.{0,100000}?</\1>",
    re.DOTALL,
)


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "sessionId", "type", "uuid", "message")


def read(file: File) -> Iterator[Record]:
    """Yield the session, and before it each line that cannot be read."""
    messages: list[Message] = []
    facts: dict[str, str] = {}

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        event = mapping(value, "event")
        if event.get("type") == "summary":
            facts.setdefault("title", text_of(event.get("summary"), "summary"))
        if key := key_of(event.get("sessionId")):
            facts.setdefault("session", key)
        message = _message(number, event)
        if message is not None:
            messages.append(message)
        return iter(())

    yield from json_line_records(file, collect)
    session = facts.get("session")
    about = About(
        "claude-code", id=f"claude-code-{session}" if session else None, title=facts.get("title")
    )
    yield from records_of(file.path, 1, about, messages)


def _message(number: int, event: dict[str, Any]) -> Message | None:
    author = _AUTHORS.get(str(event.get("type")))
    if author is None or event.get("isSidechain") or event.get("isMeta"):
        return None
    content = mapping(event.get("message"), "message").get("content")
    if isinstance(content, list):
        blocks = (block for block in content if isinstance(block, dict))
        text = "\n".join(
            text_of(block.get("text"), "text") for block in blocks if block.get("type") == "text"
        )
    elif isinstance(content, str):
        text = content
    else:
        raise ConversationError("content must be a string or a list")
    return Message(number, author, _PUT_IN.sub("", text), epoch(event.get("timestamp")))


SOURCE = Source(
    name="claude-code",
    description="Claude Code session (JSON lines)",
    suffixes=(".jsonl",),
    recognises=_recognises,
    read=read,
    where="~/.claude/projects/",
    kept="what is typed and answered, times",
    left_out="tools and their results, thinking, side chains, what the program puts in",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.TURN,
)
