"""Sessions of Codex (``~/.codex/sessions/.../rollout-*.jsonl``): a line for each event.

Structure: ``kvsankar/agent-history``, ``docs/codex-format.md``. Messages stand in
``response_item``; the first ones of a person are instructions and the environment, in tags, and not
typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.files import File
from cgp.sources.json_records import json_line_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {"user": Participant("User"), "assistant": Participant("Codex")}
_PUT_IN = re.compile(r"^\s*<(\w{1,40})>.*</\1>\s*$", re.DOTALL)
_TEXTS = frozenset({"input_text", "output_text", "text"})


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "type", "payload") and b'"session_meta"' in head


def read(file: File) -> Iterator[Record]:
    """Yield the session, and before it each line that cannot be read."""
    messages: list[Message] = []
    session: list[str] = []

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        event = mapping(value, "event")
        payload = event.get("payload")
        if isinstance(payload, dict):
            if event.get("type") == "session_meta" and (key := key_of(payload.get("id"))):
                session.append(key)
            elif event.get("type") == "response_item" and payload.get("type") == "message":
                message = _message(number, payload, event.get("timestamp"))
                messages.extend([message] if message is not None else [])
        return iter(())

    yield from json_line_records(file, collect)
    about = About("codex", id=f"codex-{session[0]}" if session else None)
    yield from records_of(file.path, 1, about, messages)


def _message(number: int, payload: dict[str, Any], at: object) -> Message | None:
    author = _AUTHORS.get(str(payload.get("role")))
    content = payload.get("content")
    if author is None or not isinstance(content, list):
        return None
    parts = [
        text_of(part.get("text"), "text")
        for part in content
        if isinstance(part, dict) and key_of(part.get("type")) in _TEXTS
    ]
    text = "\n".join(part for part in parts if not _PUT_IN.match(part))
    return Message(number, author, text, epoch(at))


SOURCE = Source(
    name="codex",
    description="Codex session (JSON lines)",
    suffixes=(".jsonl",),
    recognises=_recognises,
    read=read,
    where="~/.codex/sessions/",
    kept="what is typed and answered, times",
    left_out="tools and their results, reasoning, instructions and environment",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.TURN,
)
