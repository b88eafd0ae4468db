"""``cgp import``: conversations from files into the store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.cli.steps import SHOWN_PROBLEMS, end, show_import, show_problems
from cgp.config import Settings
from cgp.counts import counted
from cgp.durable_files import private_folder
from cgp.sources.files import Meter
from cgp.sources.importing import ImportReport
from cgp.sources.importing import import_conversations as import_into
from cgp.sources.near_duplicates import DEFAULT_THRESHOLD, NearDuplicates
from cgp.sources.paths import require_paths
from cgp.sources.preview import FilePreview, Preview
from cgp.sources.reference import markdown_table
from cgp.sources.registry import source_named, sources
from cgp.sources.source import Source
from cgp.sources.watching import arrivals
from cgp.store import Store, StoreError

# Without a terminal progress is lines of a log, which should be few.
PROGRESS_SECONDS = 5.0


def import_conversations(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FORMAT] PATH...",
            help="Files, folders, zip archives, or - for standard input. The first one may be the name of a format "
            "(write ./NAME for a file that is called as a format is).",
            show_default=False,
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", help="Format of all paths (default: guessed for each file)."
        ),
    ] = None,
    near_duplicates: Annotated[
        bool,
        typer.Option(help="Leave out conversations that nearly repeat another, found by MinHash."),
    ] = False,
    threshold: Annotated[
        float,
        typer.Option(
            min=0.3, max=1.0, help="Share of common five-word runs that is nearly the same."
        ),
    ] = DEFAULT_THRESHOLD,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Store nothing; show for each file its format, why, and how its talk begins.",
        ),
    ] = False,
    watch: Annotated[
        Path | None,
        typer.Option(
            "--watch",
            metavar="DIR",
            help="Import what is in this folder, and then whatever is put into it, until stopped.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON on standard output.")
    ] = False,
    list_formats: Annotated[
        bool, typer.Option("--list-formats", help="Show the formats and exit.")
    ] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="With --list-formats: as the documentation's table.")
    ] = False,
) -> None:
    """Import conversations of any known format into the store.

    Exact duplicates are stored once; a conversation that has grown replaces the shorter one and
    is mined anew; one that went another way is kept beside it. An interrupted import is completed
    by the same command. Nothing is fetched or executed. Exit status: 0 if all was read, 1 if some
    records or files could not be read (they are named, the others are stored), 2 if the command
    is wrong.
    """
    if list_formats:
        if as_markdown:
            typer.echo(markdown_table(), nl=False)
        else:
            output.print(_formats())
        return
    with input_errors():
        near = NearDuplicates(threshold) if near_duplicates else None
        if watch is not None:
            _watch(watch, arguments or [], format_name, near, as_json=as_json)
            return
        source, paths = _choice(arguments or [], format_name)
        preview = Preview(source) if dry_run else None
        report = _run(source, paths, near, preview)
    _show(report, preview, as_json=as_json)
    end(report.unread, successes=report.read)


def _choice(arguments: Sequence[str], format_name: str | None) -> tuple[Source | None, list[Path]]:
    """Return the format, None where it is to be guessed, and the paths."""
    words = list(arguments)
    # `cgp import whatsapp FILE` is what people type first; a file of a format's name is
    # `./whatsapp`.
    if format_name is None and words and words[0] in {source.name for source in sources()}:
        format_name = words.pop(0)
    if not words:
        fail("no file, folder or archive to import", hint="cgp import [FORMAT] PATH...")
    source = source_named(format_name) if format_name is not None else None
    return source, [Path(argument) for argument in words]


def _watch(
    folder: Path,
    arguments: Sequence[str],
    format_name: str | None,
    near: NearDuplicates | None,
    *,
    as_json: bool,
) -> None:
    """Import a folder's files and new arrivals in it, until the command is stopped."""
    if not folder.is_dir():
        fail(f"{folder}: no such folder to watch")
    source, more_paths = _choice([*arguments, str(folder)], format_name)
    # The folder went through the choice of a format like any path, so a path beside it shows here.
    if more_paths != [folder]:
        fail("--watch takes the place of paths", hint="cgp import [FORMAT] --watch DIR")
    messages.print(escape(f"watching {folder}: stop with Ctrl-C"), highlight=False)
    try:
        for new_files in arrivals(folder):
            _show(_run_on(source, new_files, near), None, as_json=as_json)
    except KeyboardInterrupt:
        return


def _run_on(
    source: Source | None, new_files: Sequence[Path], near: NearDuplicates | None
) -> ImportReport:
    """Import new files of a folder; an entry that is taken away again stops nothing."""
    while True:
        there = [path for path in new_files if path.exists()]
        try:
            return _run(source, there, near, None)
        except FileNotFoundError:
            if there == new_files and all(path.exists() for path in there):
                raise
            new_files = there


def _run(
    source: Source | None,
    paths: Sequence[Path],
    near: NearDuplicates | None,
    preview: Preview | None,
) -> ImportReport:
    require_paths(paths)
    meter = Meter()
    try:
        settings = Settings()
        # A dry run leaves no trace, not even an empty folder.
        if preview is None:
            private_folder(settings.data_dir)
        store = None if preview is not None else Store(settings.store_url)
    except StoreError as error:
        fail(str(error), status=1)
    try:
        with _progress(meter) as progress:
            return import_into(
                paths,
                store,
                source=source,
                near=near,
                meter=meter,
                progress=progress.after_batch,
                observe=preview.see if preview is not None else None,
            )
    except StoreError as error:
        fail(str(error), hint="the same command completes the import", status=1)
    except KeyboardInterrupt:
        fail("interrupted", hint="the same command completes the import", status=130)
    finally:
        if store is not None:
            store.close()


class _Reporter:
    """Shows how far the import is: a bar for a person, a line now and then for a log."""

    def __init__(self, meter: Meter, bar: Progress | None) -> None:
        self._meter = meter
        self._bar = bar
        self._task = bar.add_task("", total=None) if bar is not None else None
        self._next = time.monotonic() + PROGRESS_SECONDS

    def after_batch(self, report: ImportReport) -> None:
        """Show the state after a batch."""
        text = counted(report.read, "conversation")
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task,
                completed=self._meter.bytes,
                total=self._meter.total,
                description=text,
            )
        elif time.monotonic() >= self._next:
            rate = report.read / report.seconds if report.seconds else 0.0
            messages.print(f"{text}, {rate:,.0f}/s", highlight=False)
            # Counted from the line and not from its due time: a slow file must not be followed by a
            # burst of lines.
            self._next = time.monotonic() + PROGRESS_SECONDS


@contextmanager
def _progress(meter: Meter) -> Iterator[_Reporter]:
    if not messages.is_terminal:
        yield _Reporter(meter, None)
        return
    columns = (
        TextColumn("Importing {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages, transient=True) as bar:
        yield _Reporter(meter, bar)


def _show(report: ImportReport, preview: Preview | None, *, as_json: bool) -> None:
    files = preview.files if preview is not None else []
    show_problems(report.problems)
    if (remainder := len(report.problems) - SHOWN_PROBLEMS) > 0:
        messages.print(f"and {remainder:,} more (--json lists them)", highlight=False)
    if as_json:
        more_json = preview.to_json() if preview is not None else {}
        write_json({**report.to_json(), **more_json})
        return
    for file in files:
        _show_file(file)
    if preview is not None and preview.more:
        output.print(f"and {counted(preview.more, 'more file')}, counted below", highlight=False)
    verb = "imported" if preview is None else "would be imported"
    rate = f", {report.read / report.seconds:,.0f}/s" if report.seconds else ""
    show_import(report, verb, f" in {report.seconds:,.1f} s{rate}")


def _show_file(file: FilePreview) -> None:
    output.print(f"[bold]{escape(file.file)}[/]", highlight=False)
    output.print(escape(f"  {file.format or 'no format'}: {file.why}"), highlight=False)
    if file.conversations or file.problems:
        counts = ", ".join(
            (
                counted(file.conversations, "conversation"),
                counted(file.turns, "turn"),
                counted(len(file.names), "participant"),
            )
        )
        trouble = f", {file.problems:,} that could not be read" if file.problems else ""
        output.print(f"  {counts}{trouble}", highlight=False)
    for turn in file.first_turns:
        at = "" if turn.at is None else f" ({turn.at:g} s)"
        output.print(escape(f"    {turn.name}{at}: {turn.text}"), highlight=False)


def _formats() -> Table:
    table = Table("format", "what it is", "files", box=None, pad_edge=False)
    for source in sorted(sources(), key=lambda source: source.name):
        table.add_row(source.name, escape(source.description), source.files)
    return table
