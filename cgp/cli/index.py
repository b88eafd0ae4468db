"""``cgp index``: the conversations of the store and of files, annotated and made searchable."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from cgp.cli.console import fail, input_errors, messages, output
from cgp.cli.import_ import SHOWN_PROBLEMS
from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.indexing.engines import EngineError, EngineName, make_engine, recipe_of
from cgp.indexing.run import BATCH, IndexReport, index_corpus
from cgp.search import GenomeIndex, SearchError
from cgp.sources.importing import import_conversations
from cgp.sources.registry import source_named
from cgp.store import Store, StoreError


def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files to import first, as cgp import does.", show_default=False),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", "-f", help="Format of the files (default: guessed)."),
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What annotates.")] = "local",
    workers: Annotated[int, typer.Option(min=0, help="Ray's workers (0: one for each core).")] = 0,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Conversations in a batch.")
    ] = BATCH,
) -> None:
    """Annotate the store's conversations in batches and index them for `cgp search`.

    Mined conversations keep their verified tags. Finished batches are kept: an interrupted run
    goes on where it was, and a later run annotates only what is new. Exit status: 1 if a
    conversation could not be annotated or a record not be read (they are named), 2 if the command
    is wrong.
    """
    settings = Settings()
    try:
        private_folder(settings.data_dir)
        made = make_engine(engine, settings, workers)
        embedder = make_embedder(settings)
        with contextlib.closing(Store(settings.store_url)) as store:
            unreadable = _import(store, paths or [], format_name)
            with (
                GenomeIndex.open(settings.index_dir, embedder) as genome,
                _progress() as show,
            ):
                report = index_corpus(
                    store.corpus(),
                    genome,
                    made,
                    settings.index_dir / "batches",
                    recipe=recipe_of(settings),
                    size=batch,
                    progress=show,
                )
                stats = genome.stats()
    except (EngineError, SearchError, ValueError) as error:
        fail(str(error))
    except StoreError as error:
        fail(str(error), status=1)
    except KeyboardInterrupt:
        fail("interrupted", hint="the same command goes on where this one was", status=130)
    for identifier, reason in report.problems[:SHOWN_PROBLEMS]:
        messages.print(f"[red]skipped:[/] {escape(f'{identifier}: {reason}')}", highlight=False)
    rate = f", {report.annotated / report.seconds:,.1f}/s" if report.annotated else ""
    output.print(
        f"{report.conversations:,} conversations: {report.annotated:,} annotated now{rate}, "
        f"{report.indexed:,} new or changed in the index, in {report.seconds:,.1f} s",
        highlight=False,
    )
    output.print(
        f"the index holds {stats.conversations:,} conversations, {stats.windows:,} windows and "
        f'{stats.tags:,} distinct tags; try: cgp search "…"',
        highlight=False,
    )
    if report.problems or unreadable:
        raise typer.Exit(1)


def _import(store: Store, paths: list[Path], format_name: str | None) -> int:
    """Import files; return how many records could not be read."""
    if not paths:
        return 0
    with input_errors():
        source = source_named(format_name) if format_name is not None else None
        report = import_conversations(paths, store, source=source)
    for problem in report.problems[:SHOWN_PROBLEMS]:
        place = f"{problem.file}, record {problem.record}: {problem.reason}"
        messages.print(f"[red]skipped:[/] {escape(place)}", highlight=False)
    output.print(f"{report.added:,} of {report.read:,} conversations imported", highlight=False)
    return report.unreadable


class _Shown:
    """Shows how far a run is: a live line for a person, a line now and then for a log."""

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar
        self._task = bar.add_task("") if bar else None
        self._next = 0.0

    def __call__(self, report: IndexReport) -> None:
        """Show the state after a batch."""
        rate = report.annotated / report.seconds if report.seconds else 0.0
        text = (
            f"{report.conversations:,} conversations seen, {report.annotated:,} annotated "
            f"({rate:,.1f}/s), {report.indexed:,} indexed"
        )
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)
        elif report.seconds >= self._next:
            messages.print(text, highlight=False)
            self._next = report.seconds + 5.0


@contextlib.contextmanager
def _progress() -> Iterator[_Shown]:
    if not messages.is_terminal:
        yield _Shown(None)
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as bar:
        yield _Shown(bar)
