"""``cgp config``: every setting, its meaning and its value now."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from cgp.cli.console import output
from cgp.config import Settings
from cgp.settings_reference import (
    current_values,
    example_env,
    markdown_table,
    settings_reference,
)


def config(
    env: Annotated[bool, typer.Option("--env", help="Print the text of example.env.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the README's table of settings.")
    ] = False,
) -> None:
    """Show every setting: its variable, its value now (from .env and the
    environment), its meaning.
    """
    if env:
        sys.stdout.write(example_env())
    elif markdown:
        sys.stdout.write(markdown_table())
    else:
        output.print(_table())


def _table() -> Table:
    values = current_values(Settings())
    table = Table("variable", "value", "meaning", box=None, pad_edge=False)
    for setting in settings_reference():
        value = values[setting.flag]
        is_changed = value != setting.default
        table.add_row(
            setting.variable, f"[bold]{value}[/]" if is_changed else value, setting.meaning
        )
    return table
