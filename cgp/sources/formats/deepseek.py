"""DeepSeek exports (``conversations.json``): trees of messages made of fragments.

The export does not say which branch was shown last: it is the one whose last message is the latest.
Reasoning and searches are left out. Structure: the export under Settings, Data controls, as the
readers DavidShiang/DeepSeek2md and ceyaima/deepseek-exporter document it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch_over_gap, leaves, parents_of
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import Message, epoch, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {"REQUEST": Participant("User"), "RESPONSE": Participant("DeepSeek")}


def is_deepseek(head: bytes) -> bool:
    """Tell if a tree of messages is DeepSeek's: ChatGPT's has authors and contents."""
    return has_keys(head, "mapping", "fragments", "inserted_at")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and is_deepseek(head)


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    yield from json_records(file, _records, single="mapping")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    nodes = mapping(chat.get("mapping"), "mapping")
    branch = enumerate(_branch(nodes), 1)
    messages = [message for i, key in branch for message in _messages(i, nodes[key])]
    about = ModelChat("deepseek", chat.get("id"), chat.get("title"), chat.get("inserted_at"))
    return model_chat_records(path, number, about, messages)


def _branch(nodes: Mapping[str, Any]) -> list[str]:
    parents = parents_of(nodes, "parent")

    def time_of(key: str) -> float:
        message = nodes[key].get("message")
        at = message.get("inserted_at") if isinstance(message, dict) else None
        try:
            return epoch(at) or 0.0
        except ConversationError:
            return 0.0  # the message is named when it is read

    leaf = max(leaves(parents), key=time_of, default=None)
    return [] if leaf is None else branch_over_gap(parents, leaf, time_of)


def _messages(number: int, node: Mapping[str, Any]) -> Iterator[Message]:
    """Yield the words of each side: one node holds reasoning, and the answer after it."""
    if node.get("message") is None:
        return
    message = mapping(node["message"], "message")
    at = epoch(message.get("inserted_at"))
    fragments = message.get("fragments")
    if not isinstance(fragments, list):
        raise ConversationError("fragments must be a list")
    for item in fragments:
        fragment = mapping(item, "fragment")
        author = _AUTHORS.get(str(fragment.get("type")))
        if author is not None:
            yield Message(number, author, text_of(fragment.get("content"), "content"), at)


SOURCE = Source(
    name="deepseek",
    description="DeepSeek export (conversations.json, latest branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    companions=("user.json",),
    where="DeepSeek, Settings, Data, Export data (zip)",
    kept="the branch whose last message is the latest, times",
    left_out="other branches, reasoning, searches, files",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
