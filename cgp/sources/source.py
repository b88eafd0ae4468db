"""A source of conversations: a format that can be recognised and read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.sources.files import File, Folder


class SkippedError(
    ConversationError,
    code="source.skipped",
    remedy="none is needed: the record holds no conversation",
):
    """A record or file that is sound but holds no conversation. ``reason`` says why, without the
    place.

    ``lost`` says that it may well hold one that cannot be read: the import's exit status says so
    then.
    """

    def __init__(self, message: str, reason: str, *, lost: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.lost = lost


class Fact(Enum):
    """A fact of a conversation that the files of some formats do not hold."""

    SPEAKERS = "who speaks"
    NAMES = "names of people"
    TIMES = "times of turns"
    DATE = "the date"
    ZONE = "the time zone"


class Loss(Enum):
    """Most that one broken byte costs in a file of a format."""

    TURN = "its own turn"
    CONVERSATION = "its own conversation"
    REST = "the rest of the document, which is named"
    DOCUMENT = "the document, which is named"


Recognise = Callable[[bytes, Path], bool]
Read = Callable[[File], Iterator[Record]]
Missing = Callable[[bytes, Path], str | None]


@dataclass(frozen=True, slots=True)
class Parts:
    """Spread of an export over numbered files of one folder, which are read as one.

    ``name`` matches the name of a part: its group ``series`` is the same in all parts, ``number``
    orders them (the part without a number is the first).
    """

    name: re.Pattern[str]
    read: Callable[[Sequence[File]], Iterator[Record]]

    def place(self, path: Path) -> tuple[str, int] | None:
        """Return the export and the part that a file is; None if it is none."""
        match = self.name.match(path.name)
        return None if match is None else (match["series"], int(match["number"] or 0))


@dataclass(frozen=True, slots=True)
class Source:
    """One format.

    ``recognises`` is given the first bytes of a file and its path; ``read`` yields every record,
    good or bad, and goes on past bad ones. A format of whole folders (or archives) has
    ``recognises_folder``, given the paths inside of it, and ``read_folder`` as well. ``general``
    formats are guessed only where no other one recognises the file. ``first`` ones are read before
    the others in a folder, since they know more about the files beside them. Only ``binary`` ones
    are given files that are not text.

    ``missing`` returns the part that a file lacks if the file seems to be meant for the format, and
    None for any other file.

    ``companions`` are the names (with ``*``) of files that belong to such an export and hold no
    conversation. ``download`` matches the path of a chat in the whole download of a service, whose
    other lists (``.json``) hold no chat. The documentation's table is made of ``where`` (the way to
    get the file), ``kept`` and ``left_out``. ``lacks`` are the facts that a file of the format does
    not hold, ``loss`` is the most that a broken byte costs.
    """

    name: str
    description: str
    suffixes: tuple[str, ...]
    recognises: Recognise
    read: Read
    general: bool = False
    first: bool = False
    binary: bool = False
    missing: Missing | None = None
    recognises_folder: Callable[[Sequence[str]], bool] | None = None
    read_folder: Callable[[Folder], Iterator[Record]] | None = None
    parts: Parts | None = None
    companions: tuple[str, ...] = ()
    download: re.Pattern[str] | None = None
    where: str = ""
    kept: str = ""
    left_out: str = ""
    lacks: frozenset[Fact] = frozenset()
    loss: Loss = Loss.DOCUMENT

    @property
    def files(self) -> str:
        """Kinds of input: endings of files, folders, archives."""
        return " ".join(self.suffixes) + (" folder zip" if self.read_folder else "")


def unreadable(path: Path, number: int, reason: object) -> Record:
    """Return the record of an unreadable part: file, record and reason."""
    message = f"{path}, record {number}: {_one_line(reason)}"
    return Record(path, number, None, ConversationError(message))


def skipped(path: Path, number: int, reason: str, *, lost: bool = False) -> Record:
    """Return the record of a part without a conversation.

    ``lost`` marks a part that may hold one in an unknown form.
    """
    message = f"{path}, record {number}: {reason}"
    return Record(path, number, None, SkippedError(message, reason, lost=lost))


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())[:500]


def has_keys(head: bytes, *keys: str) -> bool:
    """Tell if JSON text has all these object keys (a quote inside a string is escaped)."""
    return all(f'"{key}"'.encode() in head and _key(key).search(head) is not None for key in keys)


@cache
def _key(key: str) -> re.Pattern[bytes]:
    return re.compile(rb'(?<!\\)"' + re.escape(key.encode()) + rb'"\s*:')


def is_json(head: bytes) -> bool:
    """Tell if the bytes begin as a JSON array or object does."""
    return head.lstrip()[:1] in {b"[", b"{"}
