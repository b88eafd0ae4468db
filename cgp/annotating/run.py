"""A run over the store: waiting conversations annotated in batches, each batch kept as it is done.

Finished conversations are in the store: the next run continues a killed one, and nothing else has
to be kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cgp.annotating.work import annotated_of
from cgp.conversation import Conversation
from cgp.indexing.batches import Batch, batches
from cgp.indexing.engines import Engine
from cgp.store import Store, StoredConversation

BATCH = 16
"""Conversations that a killed run loses at most, and annotates again."""


@dataclass(slots=True)
class AnnotateReport:
    """Conversations of a run: looked at, annotated, left out for their quality; problems by id."""

    conversations: int = 0
    annotations: int = 0
    windows: int = 0
    below_quality: int = 0
    seconds: float = 0.0
    problems: list[tuple[str, str]] = field(default_factory=list)


def annotate_store(
    store: Store,
    engine: Engine,
    *,
    size: int = BATCH,
    progress: Callable[[AnnotateReport], None] = lambda _report: None,
) -> AnnotateReport:
    """Annotate the store's waiting conversations with ``engine`` and mark them done.

    ``engine`` runs ``annotate_document``. A conversation that cannot be annotated is named in the
    report and stays waiting. ``progress`` is called after each batch.

    Raises:
        StoreError: if the store cannot be used.
    """
    report = AnnotateReport()
    began = time.perf_counter()
    # Engines may finish batches in any order: each one's conversations wait here for their lines.
    at_work: dict[str, dict[str, Conversation]] = {}

    def waiting() -> Iterator[Batch]:
        page: dict[str, Conversation] = {}

        def note() -> Iterator[StoredConversation]:
            for entry in store.waiting():
                page[entry.conversation.id] = entry.conversation
                yield entry

        for batch in batches(note(), size, "annotate"):
            report.conversations += len(batch.documents)
            at_work[batch.name] = dict(page)
            page.clear()
            yield batch

    for outcome in engine.run(waiting()):
        conversations = at_work.pop(outcome.name)
        results = [annotated_of(line, conversations) for line in outcome.lines]
        report.annotations += store.finish_annotated(results)
        report.windows += sum(len(result.mined_windows) for result in results)
        report.problems += outcome.problems
        report.below_quality += len(conversations) - len(outcome.lines) - len(outcome.problems)
        report.seconds = time.perf_counter() - began
        progress(report)
    report.seconds = time.perf_counter() - began
    return report
