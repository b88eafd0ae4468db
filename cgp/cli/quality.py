"""``cgp quality``: how good conversations are, in five parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.conversation_json import read_records
from cgp.embedders import default_embedder
from cgp.quality import PARTS, Quality, measure

Measured: TypeAlias = tuple[str, Quality]


def quality(
    file: Annotated[Path, typer.Argument(help="A .json or .jsonl file, or a folder of them.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each conversation.")
    ] = False,
) -> None:
    """Measure conversations: relevance, engagement, novelty, coherence, fluency and a summary.

    Each is from 0 to 1; the most boring conversation comes first. Unreadable records are named on
    standard error and end with status 1.
    """
    measured: list[Measured] = []
    unreadable = 0
    with input_errors():
        for record in read_records(file):
            if record.conversation is None:
                messages.print(f"[red]skipped:[/] {escape(str(record.error))}", highlight=False)
                unreadable += 1
                continue
            conversation = record.conversation
            measured.append((conversation.id, measure(conversation, default_embedder())))
    measured.sort(key=lambda item: (item[1].summary, item[0]))
    if as_json:
        for name, value in measured:
            write_json({"id": name, **value.to_json()}, indent=None)
    elif measured:
        output.print(_table(measured))
    if unreadable:
        fail(f"{unreadable} record(s) could not be read", status=1)


def _table(measured: Sequence[Measured]) -> Table:
    table = Table(box=None)
    table.add_column("conversation")
    table.add_column("summary", justify="right")
    for part in PARTS:
        table.add_column(part, justify="right")
    for name, value in measured:
        parts = [f"{getattr(value, part):.2f}" for part in PARTS]
        table.add_row(escape(name), f"{value.summary:.2f}", *parts)
    return table
