"""The library: this machine's own files, indexed beside the genome and never a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.embedders import Embedder, default_embedder
from cgp.embedders.choose import make_embedder
from cgp.errors import CgpError
from cgp.privacy import Gate, RedactionPolicy, policy_of
from cgp.retrieval.documents import file_identifier, read_file
from cgp.retrieval.passages import Level, RetrievalError
from cgp.retrieval.records import is_library_source, level_of, plain_record, source_of
from cgp.retrieval.retriever import library_dir
from cgp.search import GenomeIndex, IndexedConversation
from cgp.windows import WindowPlan

MOST_FILES: Final = 10_000
"""Files of one folder that are added at once; more is rather a mistaken folder than a library."""


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """A file, or one conversation of an export, as the library holds it."""

    id: str
    title: str
    level: Level
    turns: int


@dataclass(slots=True)
class AddReport:
    """Result of adding: conversations and files indexed; problems by file."""

    added: int = 0
    files: int = 0
    problems: list[tuple[Path, str]] = field(default_factory=list)


class Library:
    """Files of the owner of this machine in an index of their own, redacted as the genome is.

    One process adds or removes at a time; a ``Retriever`` sees the change at its next search.
    """

    def __init__(
        self, folder: Path, embedder: Embedder, policy: RedactionPolicy, plan: WindowPlan
    ) -> None:
        self._folder = folder
        self._embedder = embedder
        self._policy = policy
        self._plan = plan

    @classmethod
    def of(cls, settings: Settings) -> Library:
        """Return the library of ``DATA_DIR``."""
        return cls(
            library_dir(settings),
            make_embedder(settings),
            policy_of(settings),
            WindowPlan.of(settings.window),
        )

    def add(
        self,
        paths: Iterable[Path],
        level: Level = Level.PRIVATE,
        *,
        progress: Callable[[Path], None] = lambda _path: None,
    ) -> AddReport:
        """Add files and the files below folders; one that is there already is replaced.

        A file that cannot be read is named in the report and leaves the others untouched.

        Raises:
            FileNotFoundError: if a path does not exist.
            RetrievalError: if a folder holds too many files.
            SearchError: if the library's index cannot be opened.
        """
        report = AddReport()
        files = [file for path in paths for file in _files(path)]
        private_folder(self._folder)
        with GenomeIndex.open(self._folder, self._embedder) as index:
            for file in files:
                progress(file)
                try:
                    records = list(self._records(file, level))
                except (CgpError, OSError) as error:
                    report.problems.append((file, str(error)))
                    continue
                index.add(records)
                # An export may hold fewer conversations than the last time.
                current_ids = {record.id for record in records}
                index.remove(_ids_of(index, file_identifier(file)) - current_ids)
                report.files += 1
                report.added += len(records)
        return report

    def entries(self) -> list[LibraryEntry]:
        """Return everything in the library, in the order in which it came.

        Raises:
            SearchError: if the library's index cannot be opened.
        """
        if not self._is_there():
            return []
        with GenomeIndex.open(self._folder, self._embedder, read_only=True) as index:
            return [
                LibraryEntry(entry.id, entry.title or entry.id, level_of(entry.source), entry.turns)
                for entry in index.entries()
                if is_library_source(entry.source)
            ]

    def remove(self, names: Iterable[str]) -> int:
        """Remove entries by their id, their title or the path of their file; return how many.

        Raises:
            SearchError: if the library's index cannot be opened.
        """
        if not self._is_there():
            return 0
        requests = set(names)
        identifiers = {file_identifier(Path(name)) for name in requests}
        with GenomeIndex.open(self._folder, self._embedder) as index:
            ids = {
                entry.id
                for entry in index.entries()
                if entry.id in requests
                or entry.title in requests
                or any(_belongs(entry.id, identifier) for identifier in identifiers)
            }
            return index.remove(ids)

    def _is_there(self) -> bool:
        return (self._folder / "catalogue.sqlite").exists()

    def _records(self, file: Path, level: Level) -> Iterator[IndexedConversation]:
        for conversation in read_file(file):
            conversation_out = Gate.of(conversation, self._policy).conversation
            # Windows are cut by the subnet's identifiers embedder, as everywhere.
            yield plain_record(conversation_out, default_embedder(), self._plan, source_of(level))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        path.stat()  # raises where there is nothing
        return [path]
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file()
        and not file.is_symlink()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if len(files) > MOST_FILES:
        raise RetrievalError(f"{path}: {len(files):,} files, more than {MOST_FILES:,} at once")
    return files


def _ids_of(index: GenomeIndex, identifier: str) -> set[str]:
    return {entry.id for entry in index.entries() if _belongs(entry.id, identifier)}


def _belongs(entry: str, identifier: str) -> bool:
    return entry == identifier or entry.startswith(f"{identifier}-")
