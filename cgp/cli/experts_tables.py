"""Tables of ``cgp experts``: those of windows that its commands read, and the rows they print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import input_errors, messages, output, write_json

if TYPE_CHECKING:
    from cgp.experts.window_table import WindowTable

TableFile = Annotated[Path, typer.Argument(help="A table of `cgp experts table`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def read_table(path: Path) -> WindowTable:
    """Return the table of a file; a fault of the file ends the command."""
    from cgp.experts.window_table import WindowTable

    with input_errors():
        return WindowTable.read(path)


def print_rows(rows: list[dict[str, Any]], as_json: bool, without_rows: str = "nothing") -> None:
    """Print rows of equal fields as a table, or as JSON; ``without_rows`` says why none are."""
    if as_json:
        write_json(rows)
        return
    if not rows:
        messages.print(without_rows, highlight=False, markup=False, soft_wrap=True)
        return
    shown = Table(box=None, pad_edge=False)
    for name in rows[0]:
        # A digest that is cut short is no digest: it goes on in the next line.
        shown.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        shown.add_row(*(escape(str(value)) for value in row.values()))
    output.print(shown)
