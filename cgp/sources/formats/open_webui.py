"""Open WebUI's exports of chats (JSON): a tree of messages for each.

The branch that ends at ``history.currentId`` is the one shown. Structure: ``[{id, title, chat:
{history: {currentId, messages: {id: {parentId, role, content, timestamp}}}}}]``, as
open-webui/open-webui exports and imports it (``open_webui/models/chats.py``,
``src/lib/components/chat/Settings/DataControls.svelte``). Reasoning and calls of tools stand in the
text, in ``<details>``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.branches import branch, leaves, parents_of
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import Message, epoch, key_of, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {"user": Participant("User"), "assistant": Participant("Assistant")}
_MARKS = (('<details type="', "</details>"), ("<think>", "</think>"))
"""Marks around reasoning and calls of tools within an answer."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "history", "messages", "parentId", "role", "content")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each chat."""
    yield from json_records(file, _records, single="chat", lists=("data",))


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    entry = mapping(value, "chat")
    chat = mapping(entry.get("chat", entry), "chat")
    history = mapping(chat.get("history"), "history")
    nodes = mapping(history.get("messages"), "messages")
    items = (_message(i, nodes[key]) for i, key in enumerate(_branch(history, nodes), 1))
    messages = [message for message in items if message is not None]
    key = key_of(entry.get("id")) or chat.get("id")
    title = entry.get("title") or chat.get("title")
    about = ModelChat("open-webui", key, title, entry.get("created_at"))
    return model_chat_records(path, number, about, messages)


def _branch(history: Mapping[str, Any], nodes: Mapping[str, Any]) -> list[str]:
    parents = parents_of(nodes, "parentId")
    leaf = history.get("currentId")
    if not isinstance(leaf, str) or leaf not in nodes:
        # The shown message was deleted: the last one that nothing answers stands for it.
        leaf = next(reversed(leaves(parents)), None)
    return [] if leaf is None else branch(parents, leaf)


def _message(number: int, node: Mapping[str, Any]) -> Message | None:
    author = _AUTHORS.get(str(node.get("role")))
    if author is None:
        return None
    content = node.get("content")
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        content = "\n".join(part for part in parts if isinstance(part, str))
    text = text_of(content, "content")
    for start, end in _MARKS:
        text = _without(text, start, end)
    return Message(number, author, text, epoch(node.get("timestamp")))


def _without(text: str, start: str, end: str) -> str:
    """Return a text without the parts from each ``start`` to the next ``end``."""
    parts: list[str] = []
    at = 0
    while (begin := text.find(start, at)) >= 0 and (stop := text.find(end, begin)) >= 0:
        parts.append(text[at:begin])
        at = stop + len(end)
    return "".join((*parts, text[at:]))


SOURCE = Source(
    name="open-webui",
    description="Open WebUI's chats (JSON, current branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Open WebUI, Settings, Data controls, Export chats",
    kept="the branch shown last, times",
    left_out="other branches, reasoning, tools, names of models, files",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
