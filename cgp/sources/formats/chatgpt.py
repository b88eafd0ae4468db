"""ChatGPT exports (``conversations.json``, ``conversations-000.json``, ``chat.html``): trees of
messages.

The branch that ends at ``current_node`` is the last one on the person's screen. Hidden messages,
tools and reasoning are left out; the document of a canvas counts as written by ChatGPT.
``chat.html`` holds the same JSON behind ``var jsonData =``
(github.com/mitkury/chatgpt-export-parser documents the archive).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch_over_gap, leaves, parents_of
from cgp.sources.files import File
from cgp.sources.formats.deepseek import is_deepseek
from cgp.sources.json_records import json_records, made
from cgp.sources.json_stream import values_at
from cgp.sources.markup import without_citations
from cgp.sources.messages import Message, epoch, key_of, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json, unreadable

_AUTHORS = {"user": Participant("User"), "assistant": Participant("ChatGPT")}
_TEXTS = frozenset({"text", "multimodal_text"})
_CANVAS = "canmore.create_textdoc"
_PAGE = b"var jsonData = "
_MOST_PAGE_HEAD = 1024 * 1024


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        (is_json(head) or _is_page(head))
        and has_keys(head, "mapping", "parent", "children")
        and not is_deepseek(head)
    )


def _is_page(head: bytes) -> bool:
    return head.lstrip()[:1] == b"<" and _PAGE in head


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    if not _is_page(file.head()):
        yield from json_records(file, _records, single="mapping")
        return
    number = 0
    with file.open() as stream:
        try:
            _skip_page(stream)
            for _, value in values_at(stream, {"item"}, scalars=False, one=True):
                number += 1
                yield from made(file.path, number, value, _records)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)


def _skip_page(stream: BinaryIO) -> None:
    """Read the page up to its data, which begin a line."""
    read_bytes = 0
    # By pieces: the line of the data holds the whole account, and is not to be held.
    while read_bytes < _MOST_PAGE_HEAD and (line := stream.readline(len(_PAGE))):
        read_bytes += len(line)
        if line == _PAGE:
            return
        while line and not line.endswith(b"\n"):
            line = stream.readline(_MOST_PAGE_HEAD)
            read_bytes += len(line)
    raise ConversationError("no line of the page begins with var jsonData")


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    chat = mapping(value, "conversation")
    nodes = mapping(chat.get("mapping"), "mapping")
    items = (_message(i, nodes[key]) for i, key in enumerate(_branch(chat, nodes), 1))
    messages = [message for message in items if message is not None]
    key = key_of(chat.get("conversation_id")) or chat.get("id")
    about = ModelChat("chatgpt", key, chat.get("title"), chat.get("create_time"))
    return model_chat_records(path, number, about, messages)


def _branch(chat: dict[str, Any], nodes: dict[str, Any]) -> list[str]:
    parents = parents_of(nodes, "parent")

    def time_of(key: str) -> float:
        message = nodes[key].get("message")
        at = message.get("create_time") if isinstance(message, dict) else None
        return at if isinstance(at, int | float) else 0.0

    leaf = chat.get("current_node")
    if not isinstance(leaf, str) or leaf not in nodes:
        # It was deleted, or the export leaves it out: the leaf that was written last stands for it.
        leaf = max(leaves(parents), key=time_of, default=None)
    return [] if leaf is None else branch_over_gap(parents, leaf, time_of)


def _message(number: int, node: dict[str, Any]) -> Message | None:
    message = node.get("message")
    if message is None:
        return None
    message = mapping(message, "message")
    author = _AUTHORS.get(str(mapping(message.get("author"), "author").get("role")))
    metadata, content = message.get("metadata"), message.get("content")
    is_hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation")
    # Hidden messages are instructions that the person never saw.
    if author is None or is_hidden or content is None:
        return None
    content = mapping(content, "content")
    recipient = key_of(message.get("recipient"))
    if recipient == _CANVAS:
        text = _canvas(content)
    elif recipient in {None, "all"} and key_of(content.get("content_type")) in _TEXTS:
        text = without_citations(_text(content.get("parts")))
    else:
        return None
    return Message(number, author, text, epoch(message.get("create_time")))


def _canvas(content: dict[str, Any]) -> str:
    """Return the document that a canvas begins with, nothing for code."""
    source = content.get("text")
    if not isinstance(source, str):
        source = _text(content.get("parts"))
    try:
        document = json.loads(source)
    # Later edits of a canvas are patterns to replace, which say nothing without the document.
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict) or document.get("type") != "document":
        return ""
    return text_of(document.get("content"), "content")


def _text(parts: object) -> str:
    """Return the text among the parts; pictures and sound are none."""
    if parts is None:
        return ""
    if not isinstance(parts, list):
        raise ConversationError("parts must be a list")
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str) and text)


SOURCE = Source(
    name="chatgpt",
    description="ChatGPT export (conversations.json or chat.html, current branch)",
    suffixes=(".json", ".html"),
    recognises=_recognises,
    read=read,
    companions=(
        "chat.html",
        "user.json",
        "user_settings.json",
        "message_feedback.json",
        "model_comparisons.json",
        "shared_conversations.json",
        "group_chats.json",
        "tool_messages.json",
        "export_manifest.json",
        "*.dat",
    ),
    where="ChatGPT, Settings, Data controls, Export data (zip)",
    kept="the branch shown last, times, documents of a canvas",
    left_out="other branches, tools, reasoning, code of a canvas, later edits of a canvas, citation marks",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
