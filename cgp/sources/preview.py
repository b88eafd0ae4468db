"""A dry run's view of an import: each file with its format and its beginning."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cgp.conversation_json import Record
from cgp.sources.source import SkippedError, Source

SHOWN_TURNS = 3
# A preview is read by a person: beyond these files are counted only.
MAX_FILES = 10_000
MAX_TURN_CHARACTERS = 200
MAX_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """The beginning of a turn."""

    name: str
    text: str
    at: float | None


@dataclass(slots=True)
class FilePreview:
    """A file (or a folder that is read as one), its format with the reason, and its contents."""

    file: str
    format: str | None
    why: str
    conversations: int = 0
    turns: int = 0
    problems: int = 0
    first_turns: list[ShownTurn] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        """Return the preview as JSON."""
        return {
            "file": self.file,
            "format": self.format,
            "why": self.why,
            "conversations": self.conversations,
            "turns": self.turns,
            "participants": len(self.names),
            "problems": self.problems,
            "first_turns": [
                {"name": turn.name, "text": turn.text, "at": turn.at} for turn in self.first_turns
            ],
        }


class Preview:
    """The files that a dry run reads, in its order, the first ``most_files`` of them.

    ``more`` counts the files after them.
    """

    def __init__(self, named: Source | None = None, *, most_files: int = MAX_FILES) -> None:
        self.more = 0
        self._named = named
        self._most_files = most_files
        self._files: dict[str, FilePreview] = {}
        self._last_not_shown: Path | None = None

    @property
    def files(self) -> list[FilePreview]:
        """The files that were seen."""
        return list(self._files.values())

    def to_json(self) -> dict[str, Any]:
        """Return the files, and how many more there are, as JSON."""
        return {"files": [file.to_json() for file in self.files], "more_files": self.more}

    def see(self, source: Source | None, record: Record) -> None:
        """Take a record with the format that it was read in."""
        key = str(record.path)
        if key not in self._files:
            if len(self._files) >= self._most_files:
                self.more += record.path != self._last_not_shown  # a file's records come together
                self._last_not_shown = record.path
                return
            self._files[key] = FilePreview(
                key, source.name if source else None, self._why(source, record)
            )
        preview = self._files[key]
        if record.conversation is None:
            preview.problems += not isinstance(record.error, SkippedError) or record.error.lost
            return
        conversation = record.conversation
        preview.conversations += 1
        preview.turns += len(conversation.turns)
        # A file of a whole server has millions of names, and a person looks at a few.
        if len(preview.names) < MAX_NAMES:
            preview.names.update(participant.name for participant in conversation.participants)
        for turn in conversation.turns[: SHOWN_TURNS - len(preview.first_turns)]:
            name = conversation.participants[turn.speaker].name
            text = " ".join(turn.text[: 2 * MAX_TURN_CHARACTERS].split())[:MAX_TURN_CHARACTERS]
            preview.first_turns.append(ShownTurn(name, text, turn.at))

    def _why(self, source: Source | None, record: Record) -> str:
        if source is None:
            return str(getattr(record.error, "reason", record.error or ""))
        if self._named is not None:
            return "the format is named"
        if source.read_folder is not None and not record.path.suffix:
            return f"the folder is laid out as: {source.description}"
        return f"its beginning is that of: {source.description}"
