"""``cgp library``: this machine's own files as memory of the chat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import fail, messages, output, show_skipped, write_json
from cgp.cli.errors import fail_by
from cgp.cli.steps import end
from cgp.config import Settings
from cgp.counts import counted
from cgp.retrieval import Level, RetrievalError
from cgp.retrieval.library import Library
from cgp.search import SearchError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Add, list and remove files that answers of the chat may cite.",
)


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    level: Annotated[
        Level,
        typer.Option(
            help="Readers: the owner alone (private), holders of a key of this gateway (group), everybody "
            "(public)."
        ),
    ] = Level.PRIVATE,
) -> None:
    """Index text, Markdown, PDF, Word and exports of talk; a file that is there is replaced.

    Personal data is redacted as in the genome. PDF and Word need the extra `library`. Exit
    status: 1 if a file could not be read (it is named), 2 if the command is wrong.
    """
    with _errors():
        report = Library.of(Settings()).add(paths, level)
    for path, reason in report.problems:
        # Some readers name the file in their message already.
        place = reason if reason.startswith(str(path)) else f"{path}: {reason}"
        show_skipped(place)
    output.print(
        f"{counted(report.files, 'file')} in the library now ({level}), "
        f"{counted(report.added, 'document or conversation')}; see: cgp library list",
        highlight=False,
    )
    end(len(report.problems), successes=report.files)


@app.command("list")
def list_entries(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the library."""
    with _errors():
        entries = Library.of(Settings()).entries()
    if as_json:
        write_json([asdict(entry) for entry in entries])
        return
    if not entries:
        messages.print("the library is empty; add to it: cgp library add PATH", highlight=False)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "title", "level"):
        table.add_column(heading, overflow="fold")
    table.add_column("turns", justify="right")
    for entry in entries:
        table.add_row(entry.id, escape(entry.title), str(entry.level), f"{entry.turns:,}")
    output.print(table)


@app.command()
def remove(
    names: Annotated[
        list[str], typer.Argument(help="Ids, titles or paths of files.", show_default=False)
    ],
) -> None:
    """Remove files from the library; the files themselves stay."""
    with _errors():
        count = Library.of(Settings()).remove(names)
    # A name that is misspelt must not look like a file that is gone.
    if not count:
        fail("nothing of that name is in the library", hint="cgp library list", status=1)
    output.print(f"{count:,} removed", highlight=False)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        fail(f"{error.filename}: no such file or folder")
    except (RetrievalError, SearchError, OSError) as error:
        fail_by(error)
