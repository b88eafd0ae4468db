"""LibreChat's exports of a conversation (JSON): a list of messages with parents, or a tree of them.

Structure: ``danny-avila/LibreChat``, ``client/src/hooks/Conversations/useExportConversation.ts``:
``messages``, or ``messagesTree`` with ``children``. Which branch is shown does not stand in it: it
is the one whose last message is the latest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch_over_gap, leaves, parents_of
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.markup import without_reasoning
from cgp.sources.messages import Message, epoch, key_of, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_USER = Participant("User")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "messageId", "parentMessageId", "isCreatedByUser")


def read(file: File) -> Iterator[Record]:
    """Yield the record of each conversation."""
    yield from json_records(file, _records, single="conversationId")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    tree = chat.get("messages", chat.get("messagesTree"))
    if not isinstance(tree, list):
        raise ConversationError("messages must be a list")
    nodes = {key_of(node.get("messageId")) or f"#{i}": node for i, node in enumerate(_nodes(tree))}
    parents = parents_of(nodes, "parentMessageId")

    def time_of(key: str) -> float:
        try:
            return epoch(nodes[key].get("createdAt")) or 0.0
        except ConversationError:
            return 0.0  # the message is named when it is read

    # Of messages of one time the later one in the file is the newer.
    leaf = max(reversed(leaves(parents)), key=time_of, default=None)
    branch = [] if leaf is None else branch_over_gap(parents, leaf, time_of)
    messages = [_message(place, nodes[key]) for place, key in enumerate(branch, 1)]
    about = ModelChat("librechat", chat.get("conversationId"), chat.get("title"), None)
    return model_chat_records(path, number, about, messages)


def _nodes(tree: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the messages of a list and those inside of them, in the file's order."""
    waiting = tree[::-1]
    while waiting:
        node = mapping(waiting.pop(), "message")
        yield node
        children = node.get("children")
        waiting.extend(children[::-1] if isinstance(children, list) else [])


def _message(number: int, node: dict[str, Any]) -> Message:
    name = key_of(node.get("sender")) or "Assistant"
    author = _USER if node.get("isCreatedByUser") else Participant(name)
    return Message(number, author, without_reasoning(_text(node)), epoch(node.get("createdAt")))


def _text(node: dict[str, Any]) -> str:
    """Return the words of a message: of agents they are parts, among tools and thoughts."""
    parts = node.get("content")
    texts = (
        [part.get("text") for part in parts if isinstance(part, dict)]
        if isinstance(parts, list)
        else []
    )
    texts = [text.get("value") if isinstance(text, dict) else text for text in texts]
    words = "\n".join(text for text in texts if isinstance(text, str) and text)
    return words or text_of(node.get("text"), "text")


SOURCE = Source(
    name="librechat",
    description="LibreChat conversation (JSON, latest branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="LibreChat, a conversation's menu, Export, JSON",
    kept="names of models, the branch whose last message is the latest, times",
    left_out="other branches, reasoning, tools, files",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.DOCUMENT,
)
