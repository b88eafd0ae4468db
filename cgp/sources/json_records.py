"""JSON documents and JSON lines of conversations: a record for each, bad ones included."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Generator, Iterable, Iterator
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import MAX_LINE_BYTES, File, read_lines
from cgp.sources.json_stream import values_at
from cgp.sources.source import has_keys, unreadable

JSON_LINES_SUFFIXES = (".jsonl", ".ndjson")

ToRecords = Callable[[Path, int, object], Iterable[Record]]
"""Makes the records of a decoded value, or raises ``ConversationError``."""


def json_records(
    file: File, to_records: ToRecords, *, single: str, lists: Container[str] = ("conversations",)
) -> Iterator[Record]:
    """Yield a record for each conversation of a JSON document or a file of JSON lines.

    The document is one conversation (an object with the key ``single``, or with none of ``lists``),
    an array of them, or an object with an array of them under one of ``lists``.

    Raises:
        ConversationError: if there is none at all.
    """
    head = file.head()
    if file.path.suffix.lower() in JSON_LINES_SUFFIXES or is_json_lines(head):
        yield from json_line_records(file, to_records)
        return
    # An object may stand where others have an array: then the document is one conversation.
    ways = dict.fromkeys((_prefixes(head, single, lists), _prefixes(head, single, ())))
    for prefixes in ways:
        if (yield from _records_at(file, prefixes, to_records)):
            return
    raise ConversationError("no conversation in the file")


def records_at(file: File, *places: str, to_records: ToRecords) -> Iterator[Record]:
    """Yield the records of each value of the lists at ``places`` of a JSON document.

    Raises:
        ConversationError: if there is nothing at any of them.
    """
    if not (yield from _records_at(file, frozenset(f"{key}.item" for key in places), to_records)):
        lists = " or ".join(map(repr, places))
        raise ConversationError(f"no conversations: expected a list under {lists}")


def _records_at(
    file: File, prefixes: frozenset[str], to_records: ToRecords
) -> Generator[Record, None, bool]:
    """Yield the records of each value at ``prefixes``; return whether there was anything."""
    number = 0
    with file.open() as stream:
        try:
            for _, value in values_at(stream, prefixes, scalars=False):
                number += 1
                yield from made(file.path, number, value, to_records)
        except ConversationError as error:
            number += 1
            yield unreadable(file.path, number, error)
    return number > 0


def _prefixes(head: bytes, single: str, lists: Container[str]) -> frozenset[str]:
    if head.lstrip()[:1] == b"[":
        return frozenset({"item"})
    prefixes = [
        key for key in ("conversations", "data", "items") if key in lists and has_keys(head, key)
    ]
    if prefixes and not _first_key_is(head, single):
        return frozenset(f"{key}.item" for key in prefixes)
    return frozenset({""})


def _first_key_is(head: bytes, key: str) -> bool:
    """Tell if ``key`` comes up before any list of conversations could have begun."""
    place = head.find(b'"' + key.encode() + b'"')
    bracket = head.find(b"[")
    return 0 <= place < bracket


def json_line_records(
    file: File, to_records: ToRecords, is_apart: Callable[[bytes], bool] = lambda _line: False
) -> Iterator[Record]:
    """Yield a record for each line of JSON, but for blank ones and the ones that are apart."""
    with file.open() as stream:
        number = 0
        for line in read_lines(stream):
            number += 1
            if not line.strip() or is_apart(line):
                continue
            if len(line) >= MAX_LINE_BYTES:
                yield unreadable(file.path, number, f"a line of more than {MAX_LINE_BYTES} bytes")
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield unreadable(file.path, number, f"not JSON: {error}")
                continue
            yield from made(file.path, number, value, to_records)


def made(path: Path, number: int, value: object, to_records: ToRecords) -> Iterator[Record]:
    """Yield the records of a value, a bad one where ``to_records`` refuses it."""
    try:
        yield from to_records(path, number, value)
    except ConversationError as error:
        yield unreadable(path, number, error)


def is_json_lines(head: bytes) -> bool:
    """Tell if the first line is a whole JSON object, and not the whole of a file's."""
    lines = head.lstrip().split(b"\n")
    if not lines[0].startswith(b"{") or not lines[0].rstrip().endswith(b"}"):
        return False
    following = next((line.strip() for line in lines[1:] if line.strip()), b"")
    if following and not following.startswith(b"{"):
        return False
    try:
        json.loads(lines[0])
    except (ValueError, RecursionError):
        # A broken first line of several is still a file of lines.
        return bool(following)
    return bool(following)
