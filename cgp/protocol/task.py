"""A task: one window for one miner, with nothing in it that says where the window comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from cgp.conversation import MAX_PARTICIPANTS, MAX_TURN_CHARACTERS, Conversation, Participant, Turn
from cgp.errors import CgpError
from cgp.protocol.limits import (
    MAX_DEADLINE_SECONDS,
    MAX_NAME_CHARACTERS,
    MAX_REQUEST_BYTES,
    MAX_TAGS_ASKED,
    MAX_WINDOW_TURNS,
    PROTOCOL_VERSION,
)
from cgp.protocol.wire import WireError, WireModel, read

# Placeholder of each participant of the conversation without a turn in the window.
_ABSENT = Participant("")
_SOURCE = "task"


class ProtocolError(
    CgpError, ValueError, code="protocol.task", remedy="mend the task: the message names the field"
):
    """A task breaks the protocol; ``field`` names the part, ``reason`` the allowed values."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True)
class TaskRequest:
    """One window for one miner to annotate.

    ``window`` keeps the conversation's participant indices, so that answers need no translation.
    It carries the speakers' names (profiles need them) and the text of the turns. The
    conversation's id, title, source and start, the times of turns, participants' ids at the
    source, and the names of participants without a turn in the window never leave the validator.
    ``embedder`` is the id of the embedder that the answer's vectors must come from;
    ``deadline_seconds`` counts from arrival.
    """

    task_id: str
    window: Conversation
    max_tags: int
    embedder: str
    deadline_seconds: float


class _Participant(WireModel):
    index: Annotated[int, Field(ge=0, lt=MAX_PARTICIPANTS)]
    name: Annotated[str, Field(max_length=MAX_NAME_CHARACTERS)]


class _Turn(WireModel):
    speaker: Annotated[int, Field(ge=0, lt=MAX_PARTICIPANTS)]
    text: Annotated[str, Field(max_length=MAX_TURN_CHARACTERS)]


class _Task(WireModel):
    protocol: Annotated[int, Field(ge=PROTOCOL_VERSION, le=PROTOCOL_VERSION)]
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,100}$")]
    embedder: Annotated[str, Field(min_length=1, max_length=200)]
    max_tags: Annotated[int, Field(ge=1, le=MAX_TAGS_ASKED)]
    deadline_seconds: Annotated[float, Field(gt=0, le=MAX_DEADLINE_SECONDS)]
    language: Annotated[str, Field(max_length=35)] | None = None
    participants: Annotated[
        tuple[_Participant, ...], Field(max_length=MAX_WINDOW_TURNS, fail_fast=True)
    ]
    turns: Annotated[
        tuple[_Turn, ...], Field(min_length=1, max_length=MAX_WINDOW_TURNS, fail_fast=True)
    ]


def encode_task(request: TaskRequest) -> bytes:
    """Return the request's body.

    Raises:
        ProtocolError: if the request is beyond the limits, so that no miner could read it.
    """
    window = request.window
    document: dict[str, Any] = {
        "protocol": PROTOCOL_VERSION,
        "task_id": request.task_id,
        "embedder": request.embedder,
        "max_tags": request.max_tags,
        "deadline_seconds": request.deadline_seconds,
        "participants": [
            {"index": i, "name": window.participants[i].name[:MAX_NAME_CHARACTERS]}
            for i in sorted(window.speakers)
        ],
        "turns": [{"speaker": turn.speaker, "text": turn.text} for turn in window.turns],
    }
    if window.language is not None:
        document["language"] = window.language[:35]
    # A lone surrogate has no UTF-8; it travels as a question mark.
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
    # The reader's own checks: a validator never sends a task that a miner would refuse.
    _read(body)
    return body


def parse_task(body: bytes) -> TaskRequest:
    """Read a task from bytes that may be anything.

    Raises:
        ProtocolError: with the field at fault and the allowed values.
    """
    task = _read(body)
    names = {participant.index: participant.name for participant in task.participants}
    silent = {turn.speaker for turn in task.turns} - names.keys()
    if silent:
        raise ProtocolError("turns", f"speaker {min(silent)} is not among the participants")
    participants = [_ABSENT] * (max(names) + 1)
    for index, name in names.items():
        participants[index] = Participant(name)
    window = Conversation(
        id=task.task_id,
        source=_SOURCE,
        participants=tuple(participants),
        turns=tuple(Turn(turn.speaker, turn.text) for turn in task.turns),
        language=task.language,
    )
    return TaskRequest(task.task_id, window, task.max_tags, task.embedder, task.deadline_seconds)


def _read(body: bytes) -> _Task:
    if len(body) > MAX_REQUEST_BYTES:
        raise ProtocolError("body", f"{len(body)} bytes, more than {MAX_REQUEST_BYTES}")
    try:
        return read(_Task, body)
    except WireError as error:
        raise ProtocolError(error.field, error.reason) from None
