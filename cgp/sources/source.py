"""What a source of conversations is: a format that can be recognised and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File, Folder


class SkippedError(
    ConversationError,
    code="source.skipped",
    remedy="none is needed: the record holds no conversation",
):
    """A record that is sound but holds no conversation. ``reason`` says why, without the place."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


Recognise = Callable[[bytes, Path], bool]
Read = Callable[[File], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Source:
    """One format.

    ``recognises`` is given the first bytes of a file and its path; ``read`` yields every record, good
    or bad, and goes on past bad ones. A format of whole folders (or archives) has
    ``recognises_folder``, given the paths inside of it, and ``read_folder`` as well. ``general`` formats
    are guessed only where no other one recognises the file. ``first`` ones are read before the others
    in a folder, since they know more about the files beside them.
    """

    name: str
    description: str
    suffixes: tuple[str, ...]
    recognises: Recognise
    read: Read
    general: bool = False
    first: bool = False
    recognises_folder: Callable[[Sequence[str]], bool] | None = None
    read_folder: Callable[[Folder], Iterator[Record]] | None = None


def unreadable(path: Path, number: int, reason: object) -> Record:
    """Return the record of what cannot be read: file, record and reason."""
    message = f"{path}, record {number}: {_one_line(reason)}"
    return Record(path, number, None, ConversationError(message))


def skipped(path: Path, number: int, reason: str) -> Record:
    """Return the record of what holds no conversation, which is nobody's fault."""
    return Record(path, number, None, SkippedError(f"{path}, record {number}: {reason}", reason))


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())[:500]


def has_keys(head: bytes, *keys: str) -> bool:
    """Return whether JSON text has all these object keys (a quote inside a string is escaped)."""
    return all(
        re.search(rb'(?<!\\)"' + re.escape(key.encode()) + rb'"\s*:', head) is not None
        for key in keys
    )


def is_json(head: bytes) -> bool:
    """Return whether the bytes begin as a JSON array or object does."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}
