"""``cgp redteam``: try every known attack on the scoring, and report its pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.cli.conversations import GivenConversations
from cgp.conversation import Conversation
from cgp.gold import GoldWindow, read_gold
from cgp.scoring.redteam.report import DEFAULT_WINDOWS, Report, Row, run_red_team
from cgp.scoring.redteam.strategy import Sense


def redteam(
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON on standard output.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of windows and of all chance.")] = 0,
    windows: Annotated[
        int,
        typer.Option(min=3, help="Windows that each strategy answers; bounds are for 150 or more."),
    ] = DEFAULT_WINDOWS,
    conversations: Annotated[
        Path | None,
        typer.Option(help="A .json or .jsonl file, or a folder (default: the samples)."),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="A gold file: attack under a careful reader's ground truth."),
    ] = None,
) -> None:
    """Attack the scoring: every strategy's pay, relative to an honest miner's, with its bound.

    Strategies play real windows through the validator's own scoring, standings and rewards. Exits
    with status 1 when a bound does not hold that is not known and documented as a limit.
    """
    talks = _conversations(conversations)
    gold_windows = _gold(gold)
    try:
        with _progress() as on_progress:
            report = _run(talks, gold_windows, windows, seed, on_progress)
    except ValueError as error:
        fail(str(error))
    if json_output:
        write_json(report.to_json())
    else:
        output.print(table_of(report))
        _summarise(report, windows)
    if not report.passed:
        raise typer.Exit(1)


def _run(
    conversations: tuple[Conversation, ...],
    gold: tuple[GoldWindow, ...],
    windows: int,
    seed: int,
    on_progress: Callable[[int, int], None],
) -> Report:
    from cgp.embedders import default_embedder
    from cgp.scoring.redteam.noting import NotingAnnotator

    return run_red_team(
        conversations,
        NotingAnnotator(),
        default_embedder(),
        windows=windows,
        seed=seed,
        gold=gold,
        on_progress=on_progress,
    )


def _conversations(path: Path | None) -> tuple[Conversation, ...]:
    if path is None:
        from cgp.samples import load

        return load()
    inputs = GivenConversations([path])
    with input_errors():
        conversations = tuple(inputs)
    if not conversations:
        fail(f"{path}: no conversation could be read")
    return conversations


def _gold(path: Path | None) -> tuple[GoldWindow, ...]:
    if path is None:
        return ()
    with input_errors():
        return read_gold(path)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show progress on standard error where a person is watching."""
    # A bar that is drawn again and again would fill a log with control characters.
    if not messages.is_terminal:
        yield lambda done, total: None  # noqa: ARG005 - the progress callback's signature
        return
    with Progress(console=messages, transient=True) as progress:
        task = progress.add_task("Attacking", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def table_of(report: Report) -> Table:
    """Return the report as a table. A check on honest miners compares the ratio."""
    table = Table(
        title="Pay relative to an honest miner", title_justify="left", box=None, pad_edge=False
    )
    table.add_column("strategy", overflow="fold")
    table.add_column("kind", no_wrap=True)
    for heading in ("score", "reward", "ratio", "bound"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    group = ""
    for row in report.rows:
        # A line between groups, none above the first.
        if group and row.group != group:
            table.add_section()
        group = row.group
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    return (
        escape(row.name),
        row.kind,
        f"{row.score:.3f}",
        f"{row.reward:.2%}",
        f"{row.measured:.3g}" if row.measured != row.ratio_to_honest else f"{row.measured:.3f}",
        f"{'≥' if row.sense == Sense.AT_LEAST else '≤'} {row.bound:.3g}",
        _verdict(row),
    )


def _verdict(row: Row) -> str:
    if row.passed:
        return "[green]pass[/]"
    return "[yellow]limit[/]" if row.known_limit else "[bold red]FAIL[/]"


def _summarise(report: Report, windows: int) -> None:
    attacks = [row for row in report.rows if row.kind == "attack"]
    bounds_kept = sum(row.passed for row in attacks)
    output.print(
        f"{bounds_kept} of {len(attacks)} attacks held within their bounds.", highlight=False
    )
    # Said here too: a failed bound of a short run would be taken for a hole.
    if windows < DEFAULT_WINDOWS:
        output.print(
            f"The bounds are for {DEFAULT_WINDOWS} windows or more: over fewer, equal miners differ by "
            "chance, and clones are not found out yet.",
            highlight=False,
        )
    for row in attacks:
        if not row.passed and row.known_limit:
            output.print(f"  {row.name}: known limit, {row.known_limit}", highlight=False)
    for row in report.rows:
        if row.measured != row.ratio_to_honest:
            output.print(f"  {row.name}: {row.check}", style="dim", markup=False, highlight=False)
