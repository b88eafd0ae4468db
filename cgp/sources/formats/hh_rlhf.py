"""Pairs of answers as HH-RLHF has them, ``{"chosen": "Human: ... Assistant: ..."}``, or messages.

Structure: the data cards of ``Anthropic/hh-rlhf`` and ``HuggingFaceH4/ultrafeedback_binarized`` on
the Hugging Face hub. The chosen one of two
conversations, which differ in their last answer only, is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.chat_messages import chat_records
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import About, Message, mapping, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "chosen")
        and (b"Human:" in head or has_keys(head, "rejected", "role", "content"))
        and not has_keys(head, "messages")
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each chosen conversation."""
    yield from json_records(file, to_records, single="chosen")


def to_records(path: Path, number: int, value: object) -> Iterator[Record]:
    """Yield the record of a pair's chosen conversation.

    Raises:
        ConversationError: if ``value`` is no pair.
    """
    talk = mapping(value, "pair").get("chosen")
    if isinstance(talk, list) and (chat := chat_records(path, number, talk)) is not None:
        yield from chat
        return
    text = text_of(talk, "chosen")
    parts = _TURN.split(text)
    messages = [
        Message(place, Participant(name), words)
        for place, (name, words) in enumerate(zip(parts[1::2], parts[2::2], strict=True), 1)
    ]
    yield from records_of(path, number, About("hh-rlhf"), messages)


SOURCE = Source(
    name="hh-rlhf",
    description="pairs of answers: {chosen, rejected} (HH-RLHF)",
    suffixes=(".jsonl", ".json"),
    recognises=_recognises,
    read=read,
    where="the data set Anthropic/hh-rlhf and others of its form",
    kept="the chosen conversation of each pair",
    left_out="the rejected one",
    lacks=frozenset({Fact.NAMES, Fact.TIMES, Fact.DATE}),
    loss=Loss.CONVERSATION,
)
