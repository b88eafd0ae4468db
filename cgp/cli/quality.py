"""``cgp quality``: how good conversations are, in five parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.markup import escape
from rich.table import Table

from cgp.cli.console import input_errors, output, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.embedders import default_embedder
from cgp.quality import PARTS, Quality, corpus_novelty, measure

Measurement: TypeAlias = tuple[str, Quality]


def quality(
    paths: Paths,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each conversation.")
    ] = False,
    format_name: FormatName = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus (`cgp fractal corpus`): novelty is then measured beside it too.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Measure conversations: relevance, engagement, novelty, coherence, fluency and a summary.

    Each is from 0 to 1; the most boring conversation comes first. Unreadable records are named on
    standard error and end with status 1.
    """
    measurements: list[Measurement] = []
    beside = corpus_novelty("latent", corpus) if corpus else None
    inputs = GivenConversations(paths, format_name)
    with input_errors():
        for conversation in inputs:
            value = measure(conversation, default_embedder(), beside)
            measurements.append((conversation.id, value))
    # The most boring first; ids break ties, so that the order is always the same.
    measurements.sort(key=lambda item: (item[1].summary, item[0]))
    if as_json:
        for name, value in measurements:
            # A value beside a corpus is not a value of the network's measure, and says so.
            by = {"novelty_by": beside.id} if beside else {}
            write_json({"id": name, **value.to_json(), **by}, indent=None)
    elif measurements:
        output.print(_table(measurements))
    inputs.end()


def _table(measurements: Sequence[Measurement]) -> Table:
    table = Table(box=None)
    table.add_column("conversation")
    table.add_column("summary", justify="right")
    for part in PARTS:
        table.add_column(part, justify="right")
    for name, value in measurements:
        parts = [f"{getattr(value, part):.2f}" for part in PARTS]
        table.add_row(escape(name), f"{value.summary:.2f}", *parts)
    return table
