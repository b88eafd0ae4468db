"""All commands in one application. A command's module is imported only when it is called."""

from __future__ import annotations

import importlib
import os
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

import cgp
from cgp.cli.console import messages
from cgp.cli.errors import TRACEBACK_VARIABLE, ending_of

# The arrays here are small: threads within them cost several times what they save. Read when numpy
# and the tokenizer load, which is after this.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# The order is that of the help page, which shows these lines: to import every command for its own line
# would cost seconds. A command's own page says more.
_COMMANDS = {
    "localnet": (
        "localnet:localnet",
        "Run a whole subnet on this machine, from conversations to weights.",
    ),
    "make-dataset": (
        "make_dataset:make_dataset",
        "Make a dataset of conversations: import, annotate, index, export.",
    ),
    "import": (
        "import_:import_conversations",
        "Import conversations into the store, whatever they come from.",
    ),
    "annotate": (
        "annotate:annotate",
        "Finish the store's waiting conversations here, without chain and miners.",
    ),
    "index": ("index:index", "Make the store's conversations searchable."),
    "search": ("search:search", "Search the index: by words and by meaning at once."),
    "export": ("export:export", "Export the finished conversations as a dataset, redacted."),
    "library": ("library:app", "Add, list and remove files that answers of the chat may cite."),
    "models": ("models:app", "List, get, remove, serve and measure language models."),
    "store": ("store:app", "List, show, delete, forget and replace the store's conversations."),
    "tag": ("tag:tag", "Annotate conversations of files: tags and profiles, as JSON."),
    "windows": ("windows:windows", "Cut conversations into windows at every scale, and tag them."),
    "quality": ("quality:quality", "Measure how good conversations are, in five parts."),
    "privacy": ("privacy:privacy", "Show what redaction would take out of conversations."),
    "report": ("report:report", "Write a report of conversations as one HTML file, redacted."),
    "score": (
        "score:score",
        "Score answers to a window, and show why each tag earned what it earned.",
    ),
    "compare": (
        "compare:compare_annotators",
        "Measure annotators on windows that a careful reader has annotated.",
    ),
    "gold": ("gold:app", "Add, list and remove hidden gold windows."),
    "model": ("model:app", "Train the tag model on annotated windows, and measure one."),
    "experts": (
        "experts:app",
        "Improve one part of the tag model, and have the gain measured.",
    ),
    "mcp": ("mcp:mcp", "Serve store and index to clients of the Model Context Protocol."),
    "serve": ("serve:serve", "Serve the store over HTTP."),
    "chat": ("chat:chat", "Ask the conversations of the genome; answers cite their turns."),
    "gateway": ("gateway:gateway", "Serve one OpenAI-compatible address before chat workers."),
    "worker": ("worker:worker", "Lend this machine to a chat gateway."),
    "keys": ("keys:app", "Make, list and revoke API keys of the CGP API."),
    "redteam": ("redteam:redteam", "Attack the scoring with every known strategy."),
    "plot": ("plot:app", "Draw standings, the bell curve and the weights."),
    "costs": ("costs:costs", "Show calls, tokens and money spent on language models."),
    "doctor": ("doctor:doctor", "Say what is missing on this machine for a neuron."),
    "state": ("state:state", "Show the store's state, repair it, re-queue, prune and compact it."),
    "backup": ("backup:backup", "Copy the store to a file while it is in use."),
    "restore": ("backup:restore", "Put a backup in the place of the store."),
    "config": ("config:config", "Show every setting, its value now and its meaning."),
}


# Commands that take the flags of a neuron as well as their own.
_FLAGS_OF = {"doctor": {"allow_extra_args": True, "ignore_unknown_options": True}}


class Commands(TyperGroup):
    """The commands above, each imported when it is called; the help page shows only their lines."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as overridden
        """Return the names of all commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        """Return a command's name and line; None where there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        return TyperCommand(cmd_name, short_help=_COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Import the command that the first argument names; suggest similar names of an unknown one."""
        if args and args[0] in _COMMANDS:
            return args[0], load_command(args[0]), args[1:]
        self.commands = {name: self.get_command(ctx, name) for name in _COMMANDS}
        return super().resolve_command(ctx, args)


def app_commands() -> tuple[str, ...]:
    """Return the names of all commands, in the order of the help page."""
    return tuple(_COMMANDS)


def load_command(name: str) -> Any:  # noqa: ANN401 - typer's own class
    """Import and return the command of this name."""
    module, _, attribute = _COMMANDS[name][0].partition(":")
    target = getattr(importlib.import_module(f"cgp.cli.{module}"), attribute)
    if isinstance(target, typer.Typer):
        command = typer.main.get_command(target)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        single.command(name, context_settings=_FLAGS_OF.get(name))(target)
        command = typer.main.get_command(single)
    command.name = name
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
    """Run the command line; any error ends in one sentence with its cause and remedy."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output (``| head``) has had enough: no fault.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        messages.print("Stopped.")
        raise SystemExit(130) from None
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        _end(error)


def _end(error: Exception) -> NoReturn:
    ending = ending_of(error)
    message, hint = escape(ending.message), escape(ending.hint)
    messages.print(f"[bold red]error:[/] {message}", highlight=False, soft_wrap=True)
    if hint:
        messages.print(f"[bold]hint:[/] {hint}", highlight=False, soft_wrap=True)
    raise SystemExit(ending.status) from None
