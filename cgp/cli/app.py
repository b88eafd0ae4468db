"""All commands in one application. A command's module is imported only when it is called."""

from __future__ import annotations

import importlib
import os
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from typer.core import TyperGroup

import cgp
from cgp.cli.console import USAGE_ERROR, messages
from cgp.config import explain

# The arrays here are small: threads within them cost several times what they save. Read when numpy
# and the tokenizer load, which is after this.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# The order is that of the help page.
_COMMANDS = {
    "localnet": "cgp.cli.localnet:localnet",
    "tag": "cgp.cli.tag:tag",
    "windows": "cgp.cli.windows:windows",
    "quality": "cgp.cli.quality:quality",
    "score": "cgp.cli.score:score",
    "compare": "cgp.cli.compare:compare_annotators",
    "gold": "cgp.cli.gold:app",
    "model": "cgp.cli.model:app",
    "import": "cgp.cli.import_:import_conversations",
    "index": "cgp.cli.index:index",
    "search": "cgp.cli.search:search",
    "library": "cgp.cli.library:app",
    "export": "cgp.cli.export:export",
    "privacy": "cgp.cli.privacy:privacy",
    "report": "cgp.cli.report:report",
    "mcp": "cgp.cli.mcp:mcp",
    "serve": "cgp.cli.serve:serve",
    "keys": "cgp.cli.keys:app",
    "redteam": "cgp.cli.redteam:redteam",
    "plot": "cgp.cli.plot:app",
    "costs": "cgp.cli.costs:costs",
    "doctor": "cgp.cli.doctor:doctor",
    "state": "cgp.cli.state:state",
    "backup": "cgp.cli.backup:backup",
    "restore": "cgp.cli.backup:restore",
    "config": "cgp.cli.config:config",
}


# Commands that take the flags of a neuron as well as their own.
_FLAGS_OF = {"doctor": {"allow_extra_args": True, "ignore_unknown_options": True}}


class Commands(TyperGroup):
    """The commands above, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as overridden
        """Return the names of all commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        """Import and return one command; None where there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        target = getattr(importlib.import_module(module), name)
        if isinstance(target, typer.Typer):
            command = typer.main.get_command(target)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            single.command(cmd_name, context_settings=_FLAGS_OF.get(cmd_name))(target)
            command = typer.main.get_command(single)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="cgp",
    cls=Commands,
    help="Conversation Genome: conversations in, an open, searchable dataset out.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cgp {cgp.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Take the options that come before a command."""


def main() -> None:
    """Run the command line."""
    try:
        app()
    except ValidationError as error:
        # Only settings are validated by pydantic outside of handled places.
        messages.print(f"[bold red]error:[/] {escape(explain(error))}", highlight=False)
        raise SystemExit(USAGE_ERROR) from None
