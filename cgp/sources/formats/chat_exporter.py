"""Chats with a model as ChatGPT Exporter and its siblings save them in Markdown.

Structure: files in public repositories that end with ``Powered by [ChatGPT Exporter]``: a heading,
``**Exported:**`` and ``**Link:**``, then ``## Prompt:`` and ``## Response:`` in turn, each with or
without its time below it, as the browser's language writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cgp.conversation import Participant
from cgp.conversation_json import Record
from cgp.sources.date_orders import DateOrder, WrittenTime, date_order
from cgp.sources.files import File
from cgp.sources.markup import without_reasoning
from cgp.sources.message_lines import MessageLines
from cgp.sources.messages import About, Message, first_messages, records_of
from cgp.sources.source import Fact, Loss, Source
from cgp.sources.text_lines import head_lines, text_lines
from cgp.sources.written_times import Offset, Written, resolved, written_time

_TURN = re.compile(r"^## (Prompt|Response):\s*$")
_LINK = re.compile(r"^\*\*Link:\*\* \[https://([\w.]{1,60})")
_TITLE = re.compile(r"^# (\S.{0,300})$")
_FOOTER = re.compile(r"^Powered by \[.{1,60} Exporter\]\(https?://\S{1,100}\)\s*$")
_ATTACHMENT = re.compile(r"^\[Attachment: .{1,300}\]\s*$")
_RULE = "---"
_USER = Participant("User")
_MODELS = {
    "chatgpt": "ChatGPT",
    "claude": "Claude",
    "gemini": "Gemini",
    "deepseek": "DeepSeek",
    "grok": "Grok",
}
"""Names of models by a part of the address at which a chat stands."""


def _recognises(head: bytes, path: Path) -> bool:
    if path.suffix.lower() not in SOURCE.suffixes:
        return False
    lines = head_lines(head)
    return any(map(_TURN.match, lines)) and any(map(_LINK.match, lines))


def read(file: File) -> Iterator[Record]:
    """Yield the conversation."""
    # Whether the day or the month comes first shows only from all times.
    order = date_order(time for time in _times(file) if isinstance(time, WrittenTime))
    chat = _Chat(order)
    messages = first_messages(chat.messages(file))
    has_times = any(message.at is not None for message in messages)
    about = About("chat-exporter", title=chat.title or file.path.stem, zoned=False, clock=has_times)
    yield from records_of(file.path, messages[0].number if messages else 1, about, messages)


def _times(file: File) -> Iterator[Written]:
    """Yield the times that stand below the headings of turns."""
    below = False
    for _, line in text_lines(file):
        if below and line.strip() and (time := _time(line)) is not None:
            yield time
        below = _TURN.match(line) is not None or (below and not line.strip())


def _time(line: str) -> Written | None:
    """Return the time that a line is; a number alone is what somebody says."""
    if ":" not in line:
        return None
    time = written_time(line.strip())
    return None if isinstance(time, Offset) else time


class _Chat:
    """The turns of a file, its title, and the model whose address it has."""

    def __init__(self, order: DateOrder) -> None:
        self._order = order
        self._model = Participant("Assistant")
        self.title: str | None = None

    def messages(self, file: File) -> Iterator[Message]:
        """Yield the turns."""
        turn = MessageLines(_finish)
        message: Message | None = None
        for number, line in text_lines(file):
            if heading := _TURN.match(line):
                yield from turn.end()
                author = _USER if heading[1] == "Prompt" else self._model
                message = Message(number, author, "")
                turn.begin(message)
            elif message is not None and line.strip() and (time := _time(line)) is not None:
                # Of a turn without words the beginning is the turn.
                turn.begin(Message(message.number, message.author, "", resolved(time, self._order)))
                message = None
            elif turn.is_open:
                turn.add(line)
                message = None if line.strip() else message
            else:
                self._about(line)
        yield from turn.end()

    def _about(self, line: str) -> None:
        """Take a line before the first turn."""
        if (title := _TITLE.match(line)) and self.title is None:
            self.title = title[1]
        elif link := _LINK.match(line):
            names = (name for part, name in _MODELS.items() if part in link[1])
            self._model = Participant(next(names, "Assistant"))


def _finish(message: Message, further_lines: list[str]) -> Message:
    """Return a turn with its words, without the exporter's last line and the names of files."""
    lines = [line for line in further_lines if not _ATTACHMENT.match(line)]
    while lines and (
        not lines[-1].strip() or lines[-1].strip() == _RULE or _FOOTER.match(lines[-1])
    ):
        lines.pop()
    text = without_reasoning("\n".join(lines).strip())
    return Message(message.number, message.author, text, message.at)


SOURCE = Source(
    name="chat-exporter",
    description="chat with a model (ChatGPT Exporter and its siblings, Markdown)",
    suffixes=(".md", ".txt"),
    recognises=_recognises,
    read=read,
    where="the browser's extensions ChatGPT Exporter, Claude Exporter, Gemini Exporter",
    kept="prompts, answers, titles, times of the browser's clock",
    left_out="names of files, the exporter's last line; the time zone is not in the file",
    lacks=frozenset({Fact.NAMES, Fact.ZONE}),
    loss=Loss.TURN,
)
