"""Claude exports (``conversations.json``): each conversation a list of messages that may branch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.markup import without_artifact_tags
from cgp.sources.messages import Message, epoch, key_of, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_AUTHORS = {
    "human": Participant("Human"),
    "user": Participant("Human"),
    "assistant": Participant("Claude"),
}
_DOCUMENTS = frozenset({"text/markdown", "text/plain"})
"""Forms of artifacts that are words; the others are code and drawings."""


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "chat_messages", "uuid")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    yield from json_records(file, _records, single="chat_messages")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    messages = chat.get("chat_messages")
    if not isinstance(messages, list):
        raise ConversationError("chat_messages must be a list")
    branch_messages = _branch(chat, [mapping(message, "message") for message in messages])
    items = (_message(i, message) for i, message in enumerate(branch_messages, 1))
    turns = [turn for turn in items if turn is not None]
    about = ModelChat("claude", chat.get("uuid"), chat.get("name"), chat.get("created_at"))
    return model_chat_records(path, number, about, turns)


def _branch(chat: dict[str, Any], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages of the current branch; exports without parents are a single one."""
    # Exports of before branches came list the messages in their order.
    if not any(message.get("parent_message_uuid") for message in messages):
        return messages
    by_id = {key: m for m in messages if (key := key_of(m.get("uuid"))) is not None}
    if not by_id:
        raise ConversationError("uuid is missing from the messages")
    parents = {key: key_of(m.get("parent_message_uuid")) for key, m in by_id.items()}
    leaf = key_of(chat.get("current_leaf_message_uuid")) or _latest(by_id)
    if leaf not in by_id:
        raise ConversationError("current_leaf_message_uuid is not among the messages")
    return [by_id[key] for key in branch(parents, leaf)]


def _latest(messages: dict[str, dict[str, Any]]) -> str:
    """Return the message written last (ISO 8601 times of one zone sort as text)."""
    # Of messages of one second the later one in the file is the newer.
    order = {key: i for i, key in enumerate(messages)}
    return max(messages, key=lambda key: (str(messages[key].get("created_at") or ""), order[key]))


def _message(number: int, message: dict[str, Any]) -> Message | None:
    author = _AUTHORS.get(str(message.get("sender")))
    if author is None:
        return None
    return Message(number, author, _text(message), epoch(message.get("created_at")))


def _text(message: dict[str, Any]) -> str:
    """Return the blocks of text and the pasted texts, without tools and thinking.

    Older exports have only ``text``. A long paste is an attachment with its text.
    """
    blocks = message.get("content")
    if isinstance(blocks, list) and blocks:
        texts = [_block(block) for block in blocks if isinstance(block, dict)]
    else:
        texts = [text_of(message.get("text"), "text")]
    attachments = message.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict):
            texts.append(text_of(attachment.get("extracted_content"), "extracted_content"))
    return without_artifact_tags("\n".join(text for text in texts if text))


def _block(block: dict[str, Any]) -> str:
    """Return the words of a block: its text, or the document that Claude makes beside the chat."""
    kind = block.get("type", "text")
    if key_of(kind) in {"text", "voice_note"}:
        return text_of(block.get("text"), "text")
    content = block.get("input")
    # An artifact is a call of a tool in the export, and a page of words on the screen.
    if kind == "tool_use" and block.get("name") == "artifacts" and isinstance(content, dict):
        form = content.get("type")
        if form is None or key_of(form) in _DOCUMENTS:
            return text_of(content.get("content"), "content")
    return ""


SOURCE = Source(
    name="claude",
    description="Claude export (conversations.json, current branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    companions=("users.json", "projects.json", "memories.json"),
    where="Claude, Settings, Privacy, Export data (zip)",
    kept="the branch shown last, times, pasted texts, voice notes, documents beside the chat",
    left_out="other branches, tools, thinking, artifacts that are code",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
