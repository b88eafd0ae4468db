"""``cgp make-dataset``: from anybody's files to a dataset, in one command."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cgp.cli.annotate import EngineOption, WorkersOption, annotate_waiting
from cgp.cli.console import fail, input_errors, messages
from cgp.cli.export import export_store, show_manifest
from cgp.cli.index import index_store
from cgp.cli.steps import end, import_first, run_endings
from cgp.config import Settings
from cgp.counts import counted
from cgp.dataset import DatasetError, Format, Options, read_provenance, require_export
from cgp.durable_files import private_folder
from cgp.indexing.engines import EngineError, make_engine
from cgp.privacy import PrivacyExtraError
from cgp.search import SearchError
from cgp.sources.near_duplicates import NearDuplicates
from cgp.sources.paths import require_paths
from cgp.store import Store


def make_dataset(
    arguments: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH... OUT",
            help="Files, folders, archives or -, and last the folder of the dataset.",
        ),
    ],
    dataset_format: Annotated[
        Format,
        typer.Option(
            "--format", "-f", help="hf is parquet with a dataset card; messages is chat form."
        ),
    ] = "hf",
    source_format: Annotated[
        str | None, typer.Option("--from", help="Format of the paths (default: guessed).")
    ] = None,
    provenance: Annotated[
        Path | None,
        typer.Option(help="JSON file: licence, attribution and url of each source."),
    ] = None,
    engine: EngineOption = "local",
    workers: WorkersOption = 0,
) -> None:
    """Make a dataset of conversations: import, annotate, index and export them, redacted.

    It is `cgp import`, `cgp annotate`, `cgp index` and `cgp export` with the store of DATA_DIR: the
    dataset holds all its finished conversations, of earlier commands too. No miner takes
    part, and the dataset says so. An interrupted command goes on where it was. Exit status: 1 if a
    conversation could not be read or annotated (they are named; the dataset holds the others), 2 if
    the command is wrong.
    """
    if len(arguments) < 2:
        fail("name the paths of conversations, and last the folder of the dataset")
    *paths, folder = arguments
    settings = Settings()
    with run_endings(DatasetError, EngineError, SearchError, PrivacyExtraError, ValueError):
        with input_errors():
            require_paths(paths)
            # Before the work of hours, not after it.
            require_export(folder, dataset_format)
            options = Options(
                format=dataset_format,
                min_quality=settings.min_quality or None,
                sources=read_provenance(provenance) if provenance else {},
                find_near_duplicate=NearDuplicates().find,
            )
        indexer = make_engine(engine, settings, workers)
        private_folder(settings.data_dir)
        with contextlib.closing(Store(settings.store_url)) as store:
            require_export(folder, dataset_format, store.url)
            # Somebody's earlier chats must not get into another dataset unnoticed.
            earlier = sum(store.count_conversations().values())
            if earlier:
                messages.print(
                    f"{counted(earlier, 'conversation')} of earlier commands in {escape(store.url)} "
                    "will be in the dataset too; DATA_DIR=… keeps sets apart",
                    highlight=False,
                )
            imported = import_first(store, paths, source_format)
            failures = len(annotate_waiting(store, settings, engine, workers).problems)
            index_store(store, settings, indexer, own_ids=imported.first_ids)
            manifest = export_store(store, folder, options, settings)
    show_manifest(folder, manifest)
    end(imported.unread, failures, successes=manifest.conversations)
