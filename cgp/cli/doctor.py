"""``cgp doctor``: obstacles to a miner or a validator on this machine, with remedies."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from cgp.cli.console import output, write_json
from cgp.config import Settings
from cgp.doctor import Examination, Finding, Level, Role, examine
from cgp.settings_reference import env_file

_MARKS = {
    Level.OK: "[green]ok[/]     ",
    Level.WARNING: "[yellow]warning[/]",
    Level.ERROR: "[red]error[/]  ",
}


def doctor(
    context: typer.Context,
    role: Annotated[Role, typer.Argument(help="What is to run here.")] = Role.MINER,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Examine this machine: Python, wallet, registration, permit, ports, clock, disk, model, store.

    Takes the flags of the neuron too, e.g. `cgp doctor validator --netuid 18 --wallet.name W`.
    Signs nothing. Exit status 1 says that something keeps the neuron from working.
    """
    settings = Settings.from_command_line(context.args)
    findings = asyncio.run(examine(Examination(settings, role, env_file())))
    if as_json:
        write_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.level is Level.ERROR for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        output.print(
            f"{_MARKS[finding.level]} {finding.name}: {escape(finding.text)}", highlight=False
        )
        if finding.remedy:
            output.print(f"        [bold]do:[/] {escape(finding.remedy)}", highlight=False)
    worst = [f for f in findings if f.level is Level.ERROR]
    if worst:
        output.print(f"\nNext: {escape(worst[0].remedy)}", highlight=False)
    else:
        output.print("\nReady to run.")
