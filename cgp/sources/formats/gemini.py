"""Gemini as Google Takeout has it: ``My Activity/Gemini Apps/MyActivity.json``.

Structure: records ``{header, title: "Prompted ...", time, safeHtmlItem: [{html}]}``, newest
first, as several public readers of real exports have them. The file has no conversations: prompts
are cut by silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgp.conversation import Participant
from cgp.conversation_json import ConversationError, Record
from cgp.sources.channels import Item, conversations
from cgp.sources.files import File
from cgp.sources.json_stream import values_at
from cgp.sources.markup import text_of_html
from cgp.sources.messages import About, Message, epoch, mapping, text_of
from cgp.sources.source import Fact, Loss, Source, has_keys, is_json, unreadable

_PROMPT = "Prompted "
_USER, _GEMINI = Participant("User"), Participant("Gemini")


def _recognises(head: bytes, _path: Path) -> bool:
    return is_json(head) and has_keys(head, "header", "title", "time") and b'"Gemini Apps"' in head


def read(file: File) -> Iterator[Record]:
    """Yield the prompts and answers, cut into conversations by silence."""
    yield from conversations(file.path, _items(file), lambda: About("gemini", title="Gemini"))


def _items(file: File) -> Iterator[Item]:
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, {"item"}, scalars=False):
                number += 1
                try:
                    # Newest first, so the answer stands before its prompt here.
                    yield from reversed(_pair(number, mapping(value, "activity")))
                except ConversationError as error:
                    yield unreadable(file.path, number, error)
        except ConversationError as error:
            yield unreadable(file.path, number + 1, error)


def _pair(number: int, activity: dict[str, Any]) -> list[Message]:
    title = text_of(activity.get("title"), "title")
    if not title.startswith(_PROMPT):
        return []
    at = epoch(activity.get("time"))
    answers = activity.get("safeHtmlItem")
    texts = [
        text_of_html(text_of(answer.get("html"), "html"))
        for answer in (answers if isinstance(answers, list) else [])
        if isinstance(answer, dict)
    ]
    pair = [Message(number, _USER, title.removeprefix(_PROMPT), at)]
    # The file has one time for both; a thousandth keeps the answer behind its prompt.
    later = None if at is None else at + 0.001
    return [*pair, Message(number, _GEMINI, "\n".join(texts), later)] if any(texts) else pair


SOURCE = Source(
    name="gemini",
    description="Gemini activity (Takeout, JSON)",
    suffixes=(".json",),
    recognises=_recognises,
    read=read,
    where="Google Takeout, My Activity, Gemini Apps, format JSON",
    kept="prompts, answers, times; cut into conversations by silence",
    left_out="which chat a prompt belongs to (the file does not say), files, other activity",
    lacks=frozenset({Fact.NAMES}),
    loss=Loss.REST,
)
