"""The message that is being read from a text whose messages go on over several lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cgp.conversation import MAX_TURN_CHARACTERS
from cgp.sources.messages import Message


def joined(message: Message, more: list[str]) -> Message:
    """Return a message with its further lines."""
    return replace(message, text="\n".join((message.text, *more)).strip()) if more else message


class MessageLines:
    """One message and its further lines, held to little more than the longest turn.

    A longer message is cut where it is too long for a turn already: it is refused later, and the
    messages around it are kept. ``finished`` makes the message of its first words and the lines
    after them.
    """

    def __init__(self, finished: Callable[[Message, list[str]], Message] = joined) -> None:
        self._finished = finished
        self._message: Message | None = None
        self._more: list[str] = []
        self._length = 0

    @property
    def is_open(self) -> bool:
        """True if a message has begun and not ended."""
        return self._message is not None

    def begin(self, message: Message) -> None:
        """Take the beginning of a message; the one before it has been ended."""
        self._message = message
        self._length = len(message.text)

    def add(self, line: str) -> None:
        """Take a further line of the message; a line before any message has no author."""
        if self._message is not None and self._length <= MAX_TURN_CHARACTERS:
            self._more.append(line)
            self._length += len(line) + 1

    def end(self) -> Iterator[Message]:
        """Yield the message that has been read, if there is one."""
        if self._message is not None:
            yield self._finished(self._message, self._more)
        self._message, self._more, self._length = None, [], 0
