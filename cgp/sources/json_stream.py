"""Large JSON documents as a stream of the values at chosen places, within limits."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import BinaryIO

import ijson
from ijson.common import ObjectBuilder

from cgp.conversation_json import ConversationError

# Deeper nesting is an attack on the stack; exports nest a dozen levels.
MAX_DEPTH = 64
MAX_VALUE_EVENTS = 20_000_000
MAX_VALUE_CHARACTERS = 256 * 1024 * 1024

_CHUNK = 4 * 1024
"""Bytes that the parser takes at once: it spells out the place of each level in them before we can
refuse deep nesting, which is memory with the square of this."""
_SCALARS = frozenset({"string", "number", "boolean", "null"})
_ENDS = frozenset({"end_map", "end_array"})
_STARTS = frozenset({"start_map", "start_array"})


def values_at(
    stream: BinaryIO, prefixes: Container[str], *, scalars: bool = True, one: bool = False
) -> Iterator[tuple[str, object]]:
    """Yield ``(prefix, value)`` of every value at one of ``prefixes``, in the file's order.

    A prefix is the path of keys with ``item`` for the elements of an array, as ``ijson`` writes it
    (``messages.item``; the whole document is the empty one). With ``scalars``, strings, numbers,
    booleans and nulls outside these values come too. Several documents after one another are read
    as one stream; with ``one``, only the first is read.

    Raises:
        ConversationError: where the text is not JSON, or one value is too deep or too large. All
            values before it have been yielded.
    """
    building: _Value | None = None
    start = ""
    try:
        for prefix, event, value in ijson.parse(
            stream, use_float=True, multiple_values=True, buf_size=_CHUNK
        ):
            if building is not None:
                if building.take(event, value):
                    yield start, building.value
                    building = None
            # The first document has ended.
            elif one and not prefix and event in _ENDS:
                return
            elif event in _STARTS and prefix in prefixes:
                building, start = _Value(), prefix
                building.take(event, value)
            elif event in _SCALARS:
                if scalars or prefix in prefixes:
                    yield prefix, value
            # Containers around the values are bounded here, the values by ``_Value``.
            elif prefix.count(".") > MAX_DEPTH:
                raise ConversationError(f"nested deeper than {MAX_DEPTH} levels")
    except (ijson.JSONError, UnicodeError) as error:
        raise ConversationError(f"not JSON: {_reason(error)}") from error


def keys_of(stream: BinaryIO) -> Iterator[str]:
    """Yield the keys of a document that is an object, or of the objects of one that is a list.

    Raises:
        ConversationError: where the text is not JSON. What came before has been yielded.
    """
    try:
        for prefix, event, value in ijson.parse(stream, multiple_values=True, buf_size=_CHUNK):
            if event == "map_key" and prefix in {"", "item"}:
                yield value
            elif prefix.count(".") > MAX_DEPTH:
                raise ConversationError(f"nested deeper than {MAX_DEPTH} levels")
    except (ijson.JSONError, UnicodeError) as error:
        raise ConversationError(f"not JSON: {_reason(error)}") from error


class _Value:
    """One value while it is built from events, with its size."""

    def __init__(self) -> None:
        self._builder = ObjectBuilder()
        self._depth = self._events = self._characters = 0

    @property
    def value(self) -> object:
        """The value, complete once ``take`` says so."""
        value: object = self._builder.value
        return value

    def take(self, event: str, value: object) -> bool:
        """Add an event; return whether the value is complete."""
        self._events += 1
        if isinstance(value, str):
            self._characters += len(value)
        if self._events > MAX_VALUE_EVENTS or self._characters > MAX_VALUE_CHARACTERS:
            raise ConversationError("one record is too large to be a conversation")
        if event in _STARTS:
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise ConversationError(f"nested deeper than {MAX_DEPTH} levels")
        elif event in _ENDS:
            self._depth -= 1
        self._builder.event(event, value)
        return self._depth == 0


def _reason(error: Exception) -> str:
    """Return the parser's words without its picture of the text."""
    text = error.args[0] if error.args else error
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return line.strip().partition("\n")[0] or "unreadable"
