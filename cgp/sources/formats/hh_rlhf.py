"""Pairs of answers as HH-RLHF has them, ``{"chosen": "Human: ... Assistant: ..."}``, as messages,
or with the prompt apart, ``{"prompt", "chosen", "rejected"}``.

Structure: the data cards of ``Anthropic/hh-rlhf`` and ``HuggingFaceH4/ultrafeedback_binarized`` on
the Hugging Face hub, and the preference forms of TRL's documentation (huggingface.co/docs/trl). The
chosen one of two conversations, which differ in their last answer only, is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.chat_messages import chat_records
from cgp.sources.files import File
from cgp.sources.json_records import json_records
from cgp.sources.messages import About, Message, mapping, records_of, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json

_PROMPTS = ("prompt", "question", "instruction")
_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")


def _recognises(head: bytes, _path: Path) -> bool:
    return (
        is_json(head)
        and has_keys(head, "chosen")
        and (b"Human:" in head or has_keys(head, "rejected"))
        and not has_keys(head, "messages")
    )


def read(file: File) -> Iterator[Record]:
    """Yield a record for each chosen conversation."""
    yield from json_records(file, to_records, single="chosen")


def to_records(path: Path, number: int, value: object) -> Iterator[Record]:
    """Yield the record of a pair's chosen conversation.

    Raises:
        ConversationError: if ``value`` is not a pair.
    """
    pair = mapping(value, "pair")
    talk = pair.get("chosen")
    prompt = next((pair[key] for key in _PROMPTS if pair.get(key)), None)
    if isinstance(talk, list):
        # Where the prompt is a list, the answers are what follows it; else they repeat it.
        talk = [*prompt, *talk] if isinstance(prompt, list) else talk
        if (chat := chat_records(path, number, talk)) is not None:
            yield from chat
            return
    text = text_of(talk, "chosen")
    parts = _TURN.split(text)
    if len(parts) == 1 and isinstance(prompt, str):
        parts = _TURN.split(prompt) if _TURN.search(prompt) else ["", "Human", prompt]
        parts += ["Assistant", text]
    if len(parts) == 1:
        raise ConversationError(
            "'chosen' has no turns of 'Human:' and 'Assistant:', and no prompt stands beside it"
        )
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
