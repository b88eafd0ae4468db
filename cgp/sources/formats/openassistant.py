"""OpenAssistant's conversations: messages with a ``parent_id``, or whole trees with ``replies``.

Structure: the data card of ``OpenAssistant/oasst1`` on the Hugging Face hub. Each prompt has
several answers; the first at each place (``rank`` 0, where ranks are given) makes the
conversation, as every conversation of a tree would repeat its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import About, Message, epoch, key_of, mapping, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json, unreadable

MAX_DEPTH = 1000
MAX_MESSAGES = 5_000_000


def _recognises(head: bytes, _path: Path) -> bool:
    if not is_json(head) or not has_keys(head, "message_tree_id", "text", "role"):
        return False
    return has_keys(head, "parent_id") or has_keys(head, "prompt", "replies")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each tree; single messages are put together first."""
    if has_keys(file.head(), "prompt", "replies"):
        yield from json_records(file, _tree_records, single="prompt")
        return
    messages: dict[str, tuple[int, dict[str, Any]]] = {}

    def collect(_path: Path, number: int, value: object) -> Iterator[Record]:
        message = mapping(value, "message")
        key = key_of(message.get("message_id"))
        if key is None:
            raise ConversationError("message_id is missing")
        # All are held until the tree is whole: answers come before questions in these files.
        if len(messages) < MAX_MESSAGES:
            fields_of_message = (
                "text",
                "role",
                "lang",
                "created_date",
                "parent_id",
                "rank",
                "deleted",
            )
            messages[key] = (number, {name: message.get(name) for name in fields_of_message})
        return iter(())

    yield from json_records(file, collect, single="message_id")
    yield from _threads(file.path, messages)


def _tree_records(path: Path, number: int, value: object) -> Iterator[Record]:
    tree = mapping(value, "tree")
    way: list[Message] = []
    node: object = tree.get("prompt")
    language: str | None = None
    while isinstance(node, dict) and len(way) < MAX_DEPTH:
        way.append(_message(len(way) + 1, node))
        language = language or key_of(node.get("lang"))
        replies = node.get("replies")
        branches = [r for r in replies if isinstance(r, dict)] if isinstance(replies, list) else []
        node = min(branches, key=_rank, default=None)
    key = key_of(tree.get("message_tree_id"))
    yield from records_of(path, number, _about(key, language), way)


def _threads(path: Path, messages: dict[str, tuple[int, dict[str, Any]]]) -> Iterator[Record]:
    answers: dict[str | None, list[str]] = {}
    for key, (_, message) in messages.items():
        parent = key_of(message["parent_id"])
        # A message whose parent is missing begins a conversation, and its words are not lost.
        answers.setdefault(parent if parent in messages else None, []).append(key)
    for root in answers.get(None, []):
        way: list[Message] = []
        at: str | None = root
        while at is not None and len(way) < MAX_DEPTH:
            number, message = messages[at]
            try:
                way.append(_message(number, message))
            except ConversationError as error:
                yield unreadable(path, number, error)
                break
            at = min(answers.get(at, ()), key=lambda key: _rank(messages[key][1]), default=None)
        about = _about(root, key_of(messages[root][1]["lang"]))
        yield from records_of(path, messages[root][0], about, way)


def _message(number: int, message: dict[str, Any]) -> Message:
    name = text_of(message.get("role"), "role") or "Unknown"
    text = text_of(message.get("text"), "text")
    return Message(number, Participant(name), text, epoch(message.get("created_date")))


def _rank(message: dict[str, Any]) -> tuple[bool, float]:
    rank = message.get("rank")
    is_number = isinstance(rank, int | float) and not isinstance(rank, bool)
    return bool(message.get("deleted")), float(rank) if is_number and rank is not None else 0.0


def _about(key: str | None, language: str | None) -> About:
    return About("openassistant", id=f"openassistant-{key}" if key else None, language=language)


SOURCE = Source(
    name="openassistant",
    description="OpenAssistant messages or trees (JSON lines)",
    suffixes=(".jsonl", ".json"),
    recognises=_recognises,
    read=read,
    where="the data sets OpenAssistant/oasst1 and oasst2",
    kept="one conversation of each tree: the answers ranked first, times, language",
    left_out="other answers, labels, names of the people (there are only ids)",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.TURN,
)
