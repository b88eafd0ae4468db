"""``cgp index``: the conversations of the store and of files, annotated and made searchable."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cgp.cli.console import output
from cgp.cli.next_commands import search_command, shell_line, typeable
from cgp.cli.steps import end, import_first, run_endings, show_failed, shown_progress
from cgp.config import Settings
from cgp.counts import counted
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.indexing.engines import Engine, EngineError, EngineName, make_engine, recipe_of
from cgp.indexing.run import BATCH, IndexReport, index_corpus
from cgp.privacy import policy_of
from cgp.search import GenomeIndex, SearchError
from cgp.store import Gates, Store

# Of the commonest tags one is found at once, as a rule.
_TAGS_TRIED = 20


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
    goes on where it was, and a later run annotates only new ones. Exit status: 1 if a
    conversation could not be annotated or a record not be read (they are named), 2 if the command
    is wrong.
    """
    settings = Settings()
    with run_endings(EngineError, SearchError, ValueError):
        private_folder(settings.data_dir)
        # Before the import, so that a missing package is named at once.
        chosen_engine = make_engine(engine, settings, workers)
        with contextlib.closing(Store(settings.store_url)) as store:
            imported = import_first(store, paths or [], format_name)
            report = index_store(
                store, settings, chosen_engine, batch=batch, own_ids=imported.first_ids
            )
    end(
        imported.unread,
        len(report.problems),
        successes=imported.read + report.conversations - len(report.problems),
    )


def index_store(
    store: Store,
    settings: Settings,
    engine: Engine,
    *,
    batch: int = BATCH,
    own_ids: Sequence[str] = (),
) -> IndexReport:
    """Index a store's conversations, showing its progress, the index's size and a search.

    The search is for a tag of the conversations of ``own_ids``, where one of theirs serves.

    Raises:
        SearchError: if the index cannot be used.
    """
    embedder = make_embedder(settings)
    with (
        GenomeIndex.open(settings.index_dir, embedder) as genome,
        shown_progress(_text) as show,
    ):
        report = index_corpus(
            store.corpus(),
            genome,
            engine,
            settings.index_dir / "batches",
            recipe=recipe_of(settings),
            size=batch,
            progress=show,
        )
        stats = genome.stats()
        example = _example(genome, _indexed_ids(store, settings, own_ids))
    show_failed(report.problems)
    rate = f", {report.annotations / report.seconds:,.1f}/s" if report.annotations else ""
    output.print(
        f"{counted(report.conversations, 'conversation')}: {report.annotations:,} made ready now{rate}, "
        f"{report.changes:,} new or changed in the index, in {report.seconds:,.1f} s",
        highlight=False,
    )
    output.print(
        f"the index holds {counted(stats.conversations, 'conversation')}, "
        f"{counted(stats.windows, 'window')} and {counted(stats.tags, 'distinct tag')}",
        highlight=False,
    )
    if example:
        line = f"Next:  {shell_line(settings.data_dir)}\n       {example}"
        output.print(escape(line), highlight=False, soft_wrap=True)
    return report


def _indexed_ids(store: Store, settings: Settings, ids: Sequence[str]) -> list[str]:
    """Return the ids of conversations as the index holds them, which is redacted."""
    gates = Gates(store, policy_of(settings)) if ids else None
    return [gate.conversation.id for number in ids if gates and (gate := gates.of(number))]


def _example(genome: GenomeIndex, own_ids: Sequence[str]) -> str:
    """Return a search for a tag that finds something; empty if none does.

    The tags are those of conversations with ``own_ids`` ids, then the commonest ones.
    """
    overview = genome.overview()
    lines = overview.conversations_of(own_ids)
    tags = [tag for identifier in own_ids if identifier in lines for tag in lines[identifier].tags]
    common_tags = (tag.text for tag in overview.tags(start=0, count=_TAGS_TRIED))
    queries = typeable(chain(tags[:_TAGS_TRIED], common_tags))
    return next((search_command(tag) for tag in queries if genome.search(tag, count=1)), "")


def _text(report: IndexReport) -> str:
    rate = report.annotations / report.seconds if report.seconds else 0.0
    # All are made ready before the first goes into the index: until then its count would only
    # puzzle.
    changes = f", {report.changes:,} new or changed in the index" if report.changes else ""
    return (
        f"{counted(report.conversations, 'conversation')} seen, {report.annotations:,} made ready "
        f"({rate:,.1f}/s){changes}"
    )
