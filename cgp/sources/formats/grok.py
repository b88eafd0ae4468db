"""Grok exports (``prod-grok-backend.json``): conversations, each a tree of responses of both sides.

The export seldom says which branch was shown last: where it does not, it is the one whose last
message is the latest. A sender other than ``human`` is Grok, under the name of any model.
Structure: codeface-io/mac-stack, ``grok/export_conversations``, and
hugoamorales/grok_export_toolkit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.branches import branch_over_gap, leaves, parents_of
from cgp.sources.files import File
from cgp.sources.json_records import records_at
from cgp.sources.markup import without_grok_cards
from cgp.sources.messages import Message, epoch, key_of, mapping, text_of
from cgp.sources.model_chats import ModelChat, model_chat_records
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_USER, _GROK = Participant("User"), Participant("Grok")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "conversation", "responses", "response", "sender")


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation."""
    yield from records_at(file, "conversations", to_records=_records)


def _records(path: Path, number: int, value: object) -> Iterator[Record]:
    entry = mapping(value, "conversation")
    chat = mapping(entry.get("conversation"), "conversation")
    responses = entry.get("responses")
    if not isinstance(responses, list):
        raise ConversationError("responses must be a list")
    nodes = {
        key_of(response.get("_id")) or f"#{place}": response
        for place, wrapper in enumerate(responses)
        for response in (mapping(mapping(wrapper, "response").get("response"), "response"),)
    }
    branch = enumerate(_branch(nodes, key_of(chat.get("leaf_response_id"))), 1)
    messages = [_message(place, nodes[key]) for place, key in branch]
    about = ModelChat("grok", chat.get("id"), chat.get("title"), chat.get("create_time"))
    return model_chat_records(path, number, about, messages)


def _branch(nodes: dict[str, dict[str, Any]], last: str | None) -> list[str]:
    """Return the current branch; responses without parents are a single one."""
    parents = parents_of(nodes, "parent_response_id")
    if not any(parents.values()):
        return sorted(nodes, key=lambda key: _time_or_zero(nodes[key]))

    def time_of(key: str) -> float:
        return _time_or_zero(nodes[key])

    # Where an answer failed the last one is not among the responses.
    leaf = last if last in nodes else max(leaves(parents), key=time_of, default=None)
    return [] if leaf is None else branch_over_gap(parents, leaf, time_of)


def _time_or_zero(response: dict[str, Any]) -> float:
    try:
        return _time(response) or 0.0
    except ConversationError:
        return 0.0  # the response is named when it is read


def _time(response: dict[str, Any]) -> float | None:
    """Return when a response was written: its time is wrapped as MongoDB does it."""
    value = response.get("create_time")
    for key in ("$date", "$numberLong"):
        value = value.get(key) if isinstance(value, dict) else value
    return epoch(value)


def _message(number: int, response: dict[str, Any]) -> Message:
    # An answer is of the assistant, in capitals or not, or of a model by its name.
    is_human = (key_of(response.get("sender")) or "").casefold() == "human"
    text = text_of(response.get("message"), "message")
    author = _USER if is_human else _GROK
    return Message(number, author, text if is_human else without_grok_cards(text), _time(response))


SOURCE = Source(
    name="grok",
    description="Grok export (prod-grok-backend.json, latest branch)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    companions=("prod-mc-auth-mgmt-api.json", "prod-mc-billing.json"),
    where="Grok, Settings, Data controls, Export account data (zip)",
    kept="the branch shown last or written last, times, documents beside the chat",
    left_out="other branches, reasoning, searches, citation marks, code beside the chat, files",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
