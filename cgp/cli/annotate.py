"""``cgp annotate``: conversations of the store and of files, finished by an annotator alone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from cgp.annotating import AnnotateReport, annotate_store
from cgp.annotating.run import BATCH
from cgp.annotating.work import annotate_document
from cgp.cli.console import output
from cgp.cli.conversations import FormatName
from cgp.cli.steps import end, import_first, run_endings, show_failed, shown_progress
from cgp.config import Settings
from cgp.counts import counted
from cgp.durable_files import private_folder
from cgp.indexing.engines import EngineError, EngineName, make_engine
from cgp.store import Store

EngineOption = Annotated[EngineName, typer.Option(help="What runs the annotator.")]
WorkersOption = Annotated[int, typer.Option(min=0, help="Ray's workers (0: one for each core).")]


def annotate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files, folders, archives or - to import first, as cgp import does.",
            show_default=False,
        ),
    ] = None,
    format_name: FormatName = None,
    engine: EngineOption = "local",
    workers: WorkersOption = 0,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Conversations in a batch.")
    ] = BATCH,
) -> None:
    """Finish the store's waiting conversations here: windows, tags, profiles and quality.

    No chain and no miner takes part, and the store and its exports say so. `cgp index`,
    `cgp search` and `cgp export` work with the result. The annotator is that of LLM_TYPE or
    ANNOTATOR. An interrupted run goes on where it was; a later run takes only new conversations.
    Exit status: 1 if a conversation could not be annotated or a record not be read (they are
    named), 2 if the command is wrong.
    """
    settings = Settings()
    with run_endings(EngineError, ValueError):
        private_folder(settings.data_dir)
        with contextlib.closing(Store(settings.store_url)) as store:
            # What could not be read is named at once, and counted for the end of a long run.
            imported = import_first(store, paths or [], format_name)
            report = annotate_waiting(store, settings, engine, workers, batch=batch)
            finished_conversations = store.count_conversations()["done"]
    output.print(
        f"the store holds {counted(finished_conversations, 'finished conversation')}; "
        + (
            "next: cgp index, cgp export OUT" if finished_conversations else "next: cgp import PATH"
        ),
        highlight=False,
    )
    end(imported.unread, len(report.problems), successes=finished_conversations)


def annotate_waiting(
    store: Store, settings: Settings, engine: EngineName, workers: int = 0, *, batch: int = BATCH
) -> AnnotateReport:
    """Annotate a store's waiting conversations, showing its progress and its outcome.

    Raises:
        EngineError: if the engine cannot run here.
        AnnotationError: if there is no such annotator.
    """
    chosen_engine = make_engine(engine, settings, workers, annotate_document)
    with shown_progress(_text) as show:
        report = annotate_store(store, chosen_engine, size=batch, progress=show)
    show_failed(report.problems)
    output.print(f"{_text(report)}, in {report.seconds:,.1f} s", highlight=False)
    if report.below_quality:
        output.print(
            f"  {report.below_quality:,} left out: their quality is below MIN_QUALITY",
            highlight=False,
        )
    return report


def _text(report: AnnotateReport) -> str:
    return (
        f"{report.annotations:,} of {counted(report.conversations, 'waiting conversation')} annotated, "
        f"{counted(report.windows, 'window')}"
    )
