"""Local files as conversations: exports of talk as imports read them, others by paragraph."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from cgp.conversation import MAX_CHARACTERS, Conversation, Participant, Turn
from cgp.conversation_json import ConversationError
from cgp.extras import how_to_install
from cgp.retrieval.passages import RetrievalError
from cgp.sources.encodings import as_utf8
from cgp.sources.reading import read_path

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
PARAGRAPH_CHARACTERS: Final = 1200
"""A longer paragraph is cut at the end of a sentence: a citation should be short."""

TEXT_SUFFIXES: Final = frozenset({".txt", ".text", ".md", ".markdown", ".rst", ".log"})
CONVERTED_SUFFIXES: Final = frozenset({".pdf", ".docx"})

_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_SENTENCE_END: Final = re.compile(r"(?<=[.?!…؟。！？])\s+")
_IDENTIFIER_DIGITS: Final = 24


def file_identifier(path: Path) -> str:
    """Return the id of a file in the library: a hash of where it lies, which says nothing of it."""
    place = str(path.absolute()).encode("utf-8", "surrogateescape")
    return f"file-{hashlib.sha256(place).hexdigest()[:_IDENTIFIER_DIGITS]}"


def read_file(path: Path) -> list[Conversation]:
    """Return the conversations of an export of talk, or one with the paragraphs of a file.

    The id of each begins with the file's; the title is the export's own or the file's name. A
    paragraph is a turn of a participant without a name.

    Raises:
        RetrievalError: if the file is too large, holds no text, or is in no known format.
        OSError: if it cannot be read.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise RetrievalError(f"{path}: {size:,} bytes, more than {MAX_FILE_BYTES:,}: cut it")
    # Talk comes first: a transcript is cited by speaker, which its paragraphs could not be.
    talk = list(_talk(path))
    if talk:
        identifier = file_identifier(path)
        names = [identifier] if len(talk) == 1 else [f"{identifier}-{n}" for n in range(len(talk))]
        return [
            replace(talk_part, id=name, title=talk_part.title or path.name)
            for talk_part, name in zip(talk, names, strict=True)
        ]
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        return [_document(path, _plain_text(path))]
    if suffix in CONVERTED_SUFFIXES:
        return [_document(path, _markdown(path))]
    suffixes = ", ".join(sorted(TEXT_SUFFIXES | CONVERTED_SUFFIXES))
    raise RetrievalError(f"{path}: neither an export of talk nor one of {suffixes}")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text or of Markdown, each on one line, long ones in parts."""
    parts = [" ".join(part.split()) for part in _BLANK_LINES.split(text.replace("\f", "\n\n"))]
    return [piece for part in parts if part for piece in _pieces(part)]


def _talk(path: Path) -> Iterator[Conversation]:
    try:
        for _, record in read_path(path):
            if record.conversation is not None:
                yield record.conversation
    except ConversationError:
        return


def _document(path: Path, text: str) -> Conversation:
    pieces = paragraphs(text[:MAX_CHARACTERS])
    if not any(any(map(str.isalnum, piece)) for piece in pieces):
        raise RetrievalError(f"{path}: no text in it (a scan needs OCR, which this is not)")
    return Conversation(
        id=file_identifier(path),
        source="library",
        participants=(Participant(""),),
        turns=tuple(Turn(0, piece) for piece in pieces),
        title=path.name,
    )


def _plain_text(path: Path) -> str:
    with path.open("rb") as file:
        data = as_utf8(file)
        text = b"".join(iter(lambda: data.read(1 << 20), b"")).decode("utf-8", "replace")
    if "\0" in text[:10_000]:
        raise RetrievalError(f"{path}: not text, whatever its name says")
    return text


def _markdown(path: Path) -> str:
    suffix = path.suffix.lower()
    try:
        # Untyped in part, and not installed everywhere.
        markitdown: Any = import_module("markitdown")
        converters: Any = import_module("markitdown.converters")
    except ImportError as error:
        raise RetrievalError(
            f"{path}: PDF and Word need an extra: {how_to_install('library')}"
        ) from error
    # One converter by the suffix, from memory: the library's own choice would take any file as text
    # in the end, and some of its other converters open addresses.
    converter = converters.PdfConverter() if suffix == ".pdf" else converters.DocxConverter()
    try:
        document = converter.convert(
            io.BytesIO(path.read_bytes()), markitdown.StreamInfo(extension=suffix)
        )
    except Exception as error:  # the converters raise whatever their parsers raise
        raise RetrievalError(f"{path}: the document is damaged: {error}") from error
    return str(document.markdown)


def _pieces(paragraph: str) -> Iterator[str]:
    piece = ""
    for sentence in _SENTENCE_END.split(paragraph):
        if piece and len(piece) + len(sentence) > PARAGRAPH_CHARACTERS:
            yield piece
            piece = ""
        rest = sentence
        while len(rest) > PARAGRAPH_CHARACTERS:
            cut = rest.rfind(" ", 1, PARAGRAPH_CHARACTERS)
            cut = PARAGRAPH_CHARACTERS if cut < 0 else cut
            yield rest[:cut]
            rest = rest[cut:].strip()
        piece = f"{piece} {rest}".strip()
    if piece:
        yield piece
