"""Transcripts in Word documents, as Microsoft Teams and Stream write them: name and time, then
the words.

Structure: public readers of these files (``gerlaxrex/parrot``,
``parrot/transcript/microsoftstream.py``; ``bristlenose``, stage 4): ``Name   0:11`` and the words
in one paragraph or in several, which are read as plain text is (``cgp.sources.formats.text``).
Older ones have ``0:0:5.100 --> 0:0:8.250``, the name and the words on lines of their own, which are
read as captions. Needs ``python-docx`` (the extra ``documents``).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from cgp.conversation_json import ConversationError, Record
from cgp.extras import how_to_install
from cgp.sources.files import File
from cgp.sources.formats.srt import is_timing, timed_records
from cgp.sources.formats.text import talk_records
from cgp.sources.messages import About
from cgp.sources.source import Fact, Source
from cgp.sources.text_evidence import missing_in_text, speakers_of

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED_BYTES = 12 * 1024 * 1024
"""Bytes of the parts of text, unpacked. The library holds a tree of each."""
_NEEDS = f"a Word document needs a library: {how_to_install('documents')}"


def _recognises(head: bytes, path: Path) -> bool:
    return head.startswith(b"PK\x03\x04") and path.suffix.lower() in SOURCE.suffixes


def read(file: File) -> Iterator[Record]:
    """Yield a record for each conversation of the document."""
    lines = _lines(file)
    if sum(map(is_timing, lines)) > 1:
        yield from timed_records(
            file.path, About("word", title=file.path.stem), enumerate(lines, 1)
        )
        return
    if (reason := _missing(lines, file.path)) is not None:
        raise ConversationError(
            f"{reason}; if it is a talk all the same, save it as text and name its format: text"
        )
    yield from talk_records(file.path, lambda: enumerate(lines, 1), source="word")


def _missing(lines: list[str], path: Path) -> str | None:
    """Return the missing evidence of a talk, None where there is enough.

    What a document says shows only when it is unpacked, and a letter has colons too. Names that
    come back with times beside them are a transcript, whatever its words are.
    """
    if speakers_of(lines).timed:
        return None
    return missing_in_text([line for line in lines if line.strip()], path, SOURCE.suffixes)


def _lines(file: File) -> list[str]:
    try:
        import docx
    except ImportError as error:
        raise ConversationError(_NEEDS) from error
    data = file.whole(MAX_BYTES, "a Word document")
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ConversationError(f"the Word document is damaged: {error}") from error
    # Checked before the library unpacks it: a small archive may hold gigabytes.
    texts = sum(member.file_size for member in members if member.filename.endswith(".xml"))
    if texts > MAX_UNPACKED_BYTES or sum(member.file_size for member in members) > MAX_BYTES:
        size = MAX_UNPACKED_BYTES // (1024 * 1024)
        raise ConversationError(
            f"more than {size} MiB of a Word document, unpacked: cut it in parts"
        )
    try:
        document = docx.Document(BytesIO(data))
        return [line for paragraph in document.paragraphs for line in paragraph.text.split("\n")]
    except Exception as error:  # the library raises whatever its parts raise
        raise ConversationError(f"the Word document is damaged: {error}") from error


SOURCE = Source(
    name="word",
    description="transcript in a Word document (Teams, Stream)",
    suffixes=(".docx",),
    recognises=_recognises,
    read=read,
    binary=True,
    where="Teams, the transcript of a meeting, Download as .docx",
    kept="names, words, times of turns, the heading as title",
    left_out="tables, pictures, headers and footers",
    lacks=frozenset({Fact.DATE}),
)
