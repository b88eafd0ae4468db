"""The protocol of validator and miner: one task, one answer, both JSON over signed HTTP.

The validator sends ``POST /task`` with a task (``encode_task``); the miner reads it
(``parse_task``) and replies with an answer (``encode_answer``), which the validator reads
(``parse_answer``). For any bytes, parsing raises only its own error. ``cgp.signing`` makes and
checks signatures.
"""

from cgp.protocol.answer import AnswerError, encode_answer, parse_answer, within_limits
from cgp.protocol.limits import (
    MAX_ANSWER_BYTES,
    MAX_CITED_TURNS,
    MAX_CLAIM_CHARACTERS,
    MAX_CLAIMS,
    MAX_DEADLINE_SECONDS,
    MAX_NAME_CHARACTERS,
    MAX_PROFILES,
    MAX_REQUEST_BYTES,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TAGS_ASKED,
    MAX_WINDOW_TURNS,
    PROTOCOL_VERSION,
    TASK_PATH,
)
from cgp.protocol.task import ProtocolError, TaskRequest, encode_task, parse_task

__all__ = [
    "MAX_ANSWER_BYTES",
    "MAX_CITED_TURNS",
    "MAX_CLAIMS",
    "MAX_CLAIM_CHARACTERS",
    "MAX_DEADLINE_SECONDS",
    "MAX_NAME_CHARACTERS",
    "MAX_PROFILES",
    "MAX_REQUEST_BYTES",
    "MAX_TAGS",
    "MAX_TAGS_ASKED",
    "MAX_TAG_CHARACTERS",
    "MAX_WINDOW_TURNS",
    "PROTOCOL_VERSION",
    "TASK_PATH",
    "AnswerError",
    "ProtocolError",
    "TaskRequest",
    "encode_answer",
    "encode_task",
    "parse_answer",
    "parse_task",
    "within_limits",
]
