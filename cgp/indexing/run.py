"""A corpus annotated and indexed: finished batches are kept, so that a killed run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cgp.indexing.batches import Batch, BatchFiles, BatchResult, batches
from cgp.indexing.engines import Engine
from cgp.indexing.rows import from_line
from cgp.search import GenomeIndex, IndexedConversation
from cgp.store import StoredConversation

BATCH = 32


@dataclass(slots=True)
class IndexReport:
    """Counts of a run: conversations read, annotated now, new or changed in the index; problems
    by id.
    """

    conversations: int = 0
    annotations: int = 0
    changes: int = 0
    seconds: float = 0.0
    problems: list[tuple[str, str]] = field(default_factory=list)


def index_corpus(
    corpus: Iterable[StoredConversation],
    index: GenomeIndex,
    engine: Engine,
    folder: Path,
    *,
    recipe: str,
    size: int = BATCH,
    progress: Callable[[IndexReport], None] = lambda _report: None,
) -> IndexReport:
    """Annotate a corpus in batches of ``size`` with ``engine`` and add it to ``index``.

    Rows of finished batches are kept in ``folder``: a finished batch is not annotated again. The
    index gets rows in the order of the corpus, not in the engine's, so that its content never
    depends on the engine. ``progress`` is called after each batch.

    Raises:
        OSError: if the disk refuses.
    """
    report = IndexReport()
    began = time.perf_counter()
    files = BatchFiles(folder)
    order: list[str] = []
    failures: dict[str, BatchResult] = {}

    def waiting() -> Iterator[Batch]:
        for batch in batches(corpus, size, recipe):
            order.append(batch.name)
            report.conversations += len(batch.documents)
            if not files.has(batch):
                yield batch

    for outcome in engine.run(waiting()):
        files.keep(outcome)
        report.annotations += len(outcome.lines)
        if outcome.problems:
            failures[outcome.name] = outcome
            report.problems += outcome.problems
        report.seconds = time.perf_counter() - began
        progress(report)

    def rows() -> Iterator[IndexedConversation]:
        for name in order:
            failure = failures.get(name)
            # A batch with problems has no file, so that it is tried again; its good rows are in
            # memory.
            yield from map(from_line, failure.lines) if failure else files.rows(name)

    def note(changes: int) -> None:
        report.changes = changes
        progress(report)

    report.changes = index.add(rows(), note)
    report.seconds = time.perf_counter() - began
    return report
