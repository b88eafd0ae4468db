"""Batches of a corpus: cut from the store, named by their content, kept as files of rows."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cgp.conversation_json import conversation_to_json
from cgp.durable_files import private_folder, write_whole
from cgp.indexing.rows import from_line, to_line
from cgp.search import IndexedConversation
from cgp.store import StoredConversation

_NAME_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Batch:
    """Conversations to be annotated together.

    ``name`` is a hash of the documents and of the recipe: a batch of the same name
    gives the same rows. ``documents`` are the conversations with their verified metadata (or
    null) and leaves as JSON, so that a batch travels to another process as it is.
    """

    name: str
    documents: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Result of a batch: its rows, and the reasons of missing ones, by the conversation's id."""

    name: str
    lines: tuple[str, ...]
    problems: tuple[tuple[str, str], ...] = ()


def batches(corpus: Iterable[StoredConversation], size: int, recipe: str) -> Iterator[Batch]:
    """Cut a corpus into batches of ``size``; ``recipe`` says how rows are made."""
    iterator = iter(corpus)
    while part := tuple(itertools.islice(iterator, size)):
        documents = tuple(_document(entry) for entry in part)
        # Keys in order: the same content must give the same name in every process.
        content = json.dumps([recipe, documents], ensure_ascii=False, sort_keys=True)
        # A lone surrogate has no UTF-8 form; it must not stop the run.
        digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
        yield Batch(digest[:_NAME_DIGITS], documents)


def _document(entry: StoredConversation) -> dict[str, Any]:
    return {
        "conversation": conversation_to_json(entry.conversation),
        "metadata": None if entry.metadata is None else entry.metadata.to_json(),
        "leaves": [
            {"start": leaf.start, "stop": leaf.stop, "metadata": leaf.metadata.to_json()}
            for leaf in entry.leaves
        ],
    }


class BatchFiles:
    """Finished batches in a folder, one file each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        private_folder(folder)
        # Remains of a process that was killed while it wrote.
        for stray in folder.glob("*.partial"):
            stray.unlink(missing_ok=True)

    def has(self, batch: Batch) -> bool:
        """Tell whether a batch is finished."""
        return self._path(batch.name).exists()

    def keep(self, outcome: BatchResult) -> None:
        """Write a batch's rows. One with problems is not kept: it is tried again the next time."""
        if outcome.problems:
            return
        text = "".join(f"{line}\n" for line in outcome.lines)
        write_whole(self._path(outcome.name), text.encode())

    def forget(self, ids: Collection[str]) -> None:
        """Remove the batches that hold a row of one of these conversations."""
        for path in self._folder.glob("*.jsonl"):
            with path.open(encoding="utf-8") as file:
                holds = any(from_line(line).id in ids for line in file)
            if holds:
                path.unlink()

    def rows(self, name: str) -> Iterator[IndexedConversation]:
        """Yield the rows of a finished batch."""
        with self._path(name).open(encoding="utf-8") as file:
            for line in file:
                yield from_line(line)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"


def outcome_of(name: str, records: Iterable[IndexedConversation]) -> BatchResult:
    """Return the outcome of a batch of which all went well."""
    return BatchResult(name, tuple(to_line(record) for record in records))
