"""The file that ``cgp score`` reads: a conversation, a window of it, and answers to the window."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cgp.conversation import Conversation
from cgp.conversation_json import ConversationError, conversation_from_json, conversation_to_json
from cgp.embedders import Vectors
from cgp.metadata import Metadata
from cgp.scoring import Answer
from cgp.vector_text import vector_bytes, vectors_of_bytes


@dataclass(frozen=True, eq=False)
class NamedAnswer:
    """One miner's answer."""

    miner: str
    answer: Answer


@dataclass(frozen=True, eq=False)
class ScoreFile:
    """The answers to score, and their window. ``start`` is the window's first turn in the
    conversation.

    ``ground_truth`` cites turns counted from the window's first turn, like everything in scoring.
    ``ground_truth`` and ``background`` are None where the file leaves them out.
    """

    conversation: Conversation
    window: Conversation
    start: int
    ground_truth: Metadata | None
    background: tuple[Conversation, ...] | None
    answers: tuple[NamedAnswer, ...]


def read_score_file(path: Path, dimension: int) -> ScoreFile:
    """Read and check the file; ``dimension`` is that of the subnet's embedder.

    Raises:
        ConversationError: naming the part that is not as expected.
        FileNotFoundError: if there is no such file.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConversationError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise ConversationError(f"{path}: expected an object with conversation and answers")
    try:
        return _read(document, dimension)
    except ValueError as error:
        raise ConversationError(f"{path}: {error}") from error


def _read(document: Mapping[str, Any], dimension: int) -> ScoreFile:
    if "conversation" not in document and "turns" not in document:
        raise ConversationError("no conversation: expected it under 'conversation'")
    conversation = conversation_from_json(document.get("conversation", document))
    window, start = _window(document, conversation)
    truth = document.get("ground_truth")
    return ScoreFile(
        conversation=conversation,
        window=window,
        start=start,
        ground_truth=None if truth is None else Metadata.from_json(truth).shift(-start),
        background=_background(document),
        answers=_answers(document, dimension),
    )


def _background(document: Mapping[str, Any]) -> tuple[Conversation, ...] | None:
    if document.get("background") is None:
        return None
    return tuple(conversation_from_json(item) for item in _list(document, "background"))


def _window(document: Mapping[str, Any], conversation: Conversation) -> tuple[Conversation, int]:
    """Return the window and its first turn; all of the conversation where none is named."""
    if (window := document.get("window")) is not None:
        start, stop = (_bound(window, key) for key in ("start", "stop"))
        return conversation.excerpt(start, stop), start
    turns = _list(document, "turns") if "conversation" in document else []
    if not turns:
        return conversation, 0
    # Not ``isinstance``: JSON's ``true`` would pass for turn 1.
    if all(type(turn) is int for turn in turns):
        return conversation.excerpt(min(turns), max(turns) + 1), min(turns)
    return _window_of(conversation, turns)


def _bound(window: object, key: str) -> int:
    bound = window.get(key) if isinstance(window, Mapping) else None
    if type(bound) is not int:
        raise ConversationError("window: expected {start, stop}, turn numbers")
    return bound


def _window_of(conversation: Conversation, turns: Sequence[object]) -> tuple[Conversation, int]:
    """Return a window given by its turns themselves, and where it stands in the conversation."""
    participants = conversation_to_json(conversation)["participants"]
    window = replace(
        conversation_from_json({"turns": turns, "participants": participants}), id=conversation.id
    )
    turn_texts = [(turn.speaker, turn.text) for turn in window.turns]
    whole = [(turn.speaker, turn.text) for turn in conversation.turns]
    for start in range(len(whole) - len(turn_texts) + 1):
        if whole[start : start + len(turn_texts)] == turn_texts:
            return conversation.excerpt(start, start + len(turn_texts)), start
    return window, 0


def _answers(document: Mapping[str, Any], dimension: int) -> tuple[NamedAnswer, ...]:
    items = _list(document, "answers")
    if not items:
        raise ConversationError("no answers: expected a list of {miner, tags} under 'answers'")
    answers = tuple(_answer(item, i, dimension) for i, item in enumerate(items))
    names = [answer.miner for answer in answers]
    if len(set(names)) != len(names):
        raise ConversationError("answers: two of them have the same miner")
    return answers


def _answer(item: object, index: int, dimension: int) -> NamedAnswer:
    where = f"answer {index}"
    if not isinstance(item, Mapping):
        raise ConversationError(f"{where}: expected an object with miner and tags")
    try:
        metadata = Metadata.from_json(item)
    except ValueError as error:
        raise ConversationError(f"{where}: {error}") from error
    tags = tuple(tag.text for tag in metadata.tags)
    embeddings = item.get("embeddings")
    return NamedAnswer(
        miner=str(item.get("miner", f"answer {index}")),
        answer=Answer(
            tags=tags,
            profiles=metadata.profiles,
            embeddings=None if embeddings is None else _vectors(embeddings, tags, where, dimension),
        ),
    )


def _vectors(value: object, tags: Sequence[str], where: str, dimension: int) -> Vectors:
    """Return the vectors of ``tags`` in their order; a missing one is all zero, so it fails."""
    if not isinstance(value, Mapping):
        raise ConversationError(f"{where}: embeddings must map each tag to base64")
    rows = np.zeros((len(tags), dimension), dtype=np.float32)
    for i, tag in enumerate(tags):
        if tag not in value:
            continue
        try:
            rows[i] = vectors_of_bytes([vector_bytes(value[tag], dimension)], dimension)[0]
        except ValueError as error:
            raise ConversationError(f"{where}: embedding of {tag!r}: {error}") from error
    return rows


def _list(document: Mapping[str, Any], field: str) -> list[Any]:
    items = document.get(field) or []
    if not isinstance(items, list):
        raise ConversationError(f"{field} must be a list, not {type(items).__name__}")
    return items
