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

# The arrays here are small: threads within them cost several times what they save. Read when numpy
# and the tokenizer load, which is after this.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# The order is that of the help pages, which show these lines: to import every command for its own
# line would cost seconds. A command's own page says more. A name of two words is a command of a
# group; its second word alone works too, because people and scripts know most of them so. A group
# of its own commands has a module, and one that only gathers commands has none. A line of the first
# page has at most 60 characters, so that it stays one line in a terminal of 80 columns.
_COMMANDS = {
    "localnet": (
        "localnet:localnet",
        "Run a whole subnet here, from conversations to weights.",
    ),
    "make-dataset": (
        "make_dataset:make_dataset",
        "Make a dataset: import, annotate, index, export.",
    ),
    "import": (
        "import_:import_conversations",
        "Import conversations into the store, whatever they come from.",
    ),
    "annotate": (
        "annotate:annotate",
        "Finish waiting conversations here, without chain and miners.",
    ),
    "index": ("index:index", "Make the store's conversations searchable."),
    "search": ("search:search", "Search the index: by words and by meaning at once."),
    "export": ("export:export", "Export the finished conversations as a dataset, redacted."),
    "chat": ("chat:chat", "Ask the conversations of the genome; answers cite their turns."),
    "talk": ("talk:talk", "Talk with a model that learned answers, or let it talk."),
    "library": ("library:app", "Add, list and remove files that answers of the chat may cite."),
    "report": ("report:report", "Write a report of conversations as one HTML file, redacted."),
    "tag": ("tag:tag", "Annotate conversations of files: tags and profiles, as JSON."),
    "windows": ("windows:windows", "Cut conversations into windows at every scale, and tag them."),
    "quality": ("quality:quality", "Measure how good conversations are, in five parts."),
    "privacy": ("privacy:privacy", "Show what redaction would take out of conversations."),
    "store": (
        "store:app",
        "List, show and forget conversations; repair, back up.",
    ),
    "store state": (
        "state:state",
        "Show the store's state, repair it, re-queue, prune and compact it.",
    ),
    "store backup": ("backup:backup", "Copy the store to a file while it is in use."),
    "store restore": ("backup:restore", "Put a backup in the place of the store."),
    "scoring": ("", "Score answers, compare annotators, attack, draw the pay."),
    "scoring score": (
        "score:score",
        "Score answers to a window, and show why each tag earned what it earned.",
    ),
    "scoring compare": (
        "compare:compare_annotators",
        "Measure annotators on windows that a careful reader has annotated.",
    ),
    "scoring gold": ("gold:app", "Add, list and remove hidden gold windows."),
    "scoring redteam": ("redteam:redteam", "Attack the scoring with every known strategy."),
    "scoring plot": ("plot:app", "Draw standings, the bell curve and the weights."),
    "learn": ("", "Train the tag model, and improve it."),
    "learn model": ("model:app", "Train the tag model on annotated windows, and measure one."),
    "learn experts": (
        "experts:app",
        "Improve one part of the tag model, and have the gain measured.",
    ),
    "learn fractal": (
        "fractal:app",
        "Look at an expert that grew: its nodes and its tree.",
    ),
    "learn mycelium": (
        "mycelium:app",
        "Improve the tag model together with others; answer people.",
    ),
    "models": (
        "models:app",
        "Get, serve and lend language models, and see what they cost.",
    ),
    "models gateway": (
        "gateway:gateway",
        "Serve one OpenAI-compatible address before chat workers.",
    ),
    "models worker": ("worker:worker", "Lend this machine to a chat gateway."),
    "models costs": ("costs:costs", "Show calls, tokens and money spent on language models."),
    "mcp": ("mcp:mcp", "Serve store and index to models (Model Context Protocol)."),
    "serve": ("serve:serve", "Serve the store over HTTP."),
    "keys": ("keys:app", "Make, list and revoke API keys of the CGP API."),
    "doctor": ("doctor:doctor", "Say what is missing on this machine for a neuron."),
    "config": ("config:config", "Show every setting, its value now and its meaning."),
}


# Commands that take the flags of a neuron as well as their own.
_FLAGS_OF = {"doctor": {"allow_extra_args": True, "ignore_unknown_options": True}}


# Words by which a command is found at the top: its own name, or its name in its group.
_NAMES = {spelling.rpartition(" ")[2]: spelling for spelling in _COMMANDS}


class Commands(TyperGroup):
    """Commands of the table, each imported when it is called; help pages show only their lines.

    Beside them a group may have commands of its own, which its module declares. Without ``group``
    it is the application, which finds the commands of all groups.
    """

    group = ""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - as overridden
        """Return the names of all commands of this group."""
        return [*super().list_commands(ctx), *self._members()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command's name and line; None where there is none of that name."""
        spelling = self._members().get(cmd_name)
        if spelling is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, short_help=_COMMANDS[spelling][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Import the command of the first argument; suggest names that are like an unknown one."""
        names = self._members() if self.group else _NAMES
        if args and args[0] in names:
            return args[0], load_command(args[0]), args[1:]
        own_commands = self.commands
        # The base suggests the names of ``commands``, and nothing else reads it on this way.
        self.commands = {name: TyperCommand(name) for name in names} | dict(own_commands)
        try:
            return super().resolve_command(ctx, args)
        finally:
            self.commands = own_commands

    def _members(self) -> dict[str, str]:
        """Return the spellings of the table's commands in this group, by their name in it."""
        return {
            name: spelling
            for name, spelling in _NAMES.items()
            if spelling.rpartition(" ")[0] == self.group
        }


def app_commands() -> tuple[str, ...]:
    """Return the names of all commands, in the order of the help pages."""
    return tuple(name for name, spelling in _NAMES.items() if _COMMANDS[spelling][0])


def load_command(name: str) -> Any:  # noqa: ANN401 - typer's own class
    """Import and return the command of this name."""
    # The endings first: a process that runs out of files or memory could import them no more. Help
    # and version need neither them nor the settings, which take most of the time of a start.
    importlib.import_module("cgp.cli.errors")
    target, line = _COMMANDS[_NAMES[name]]
    module, _, attribute = target.partition(":")
    source: Any = (
        getattr(importlib.import_module(f"cgp.cli.{module}"), attribute) if module else None
    )
    if any(spelling.startswith(f"{name} ") for spelling in _COMMANDS):
        command: Any = Commands(
            name=name,
            help=line,
            commands=dict(typer.main.get_group(source).commands) if source else {},
            no_args_is_help=True,
            rich_markup_mode="markdown",
        )
        command.group = name
        return command
    if not isinstance(source, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        single.command(name, context_settings=_FLAGS_OF.get(name))(source)
        source = single
    command = typer.main.get_command(source)
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
    except SystemExit as ending:
        if _is_of_ctrl_c(ending):
            messages.print("Stopped.")
        raise
    except KeyboardInterrupt:
        messages.print("Stopped.")
        raise SystemExit(130) from None
    except Exception as error:
        from cgp.cli.errors import TRACEBACK_VARIABLE

        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        _end(error)


def _is_of_ctrl_c(ending: SystemExit) -> bool:
    """Tell if typer ended by Ctrl-C, without a word. A command that says so itself has no cause."""
    return isinstance(getattr(ending.__context__, "__cause__", None), KeyboardInterrupt)


def _end(error: Exception) -> NoReturn:
    from cgp.cli.errors import ending_of

    ending = ending_of(error)
    message, hint = escape(ending.message), escape(ending.hint)
    messages.print(f"[bold red]error:[/] {message}", highlight=False, soft_wrap=True)
    if hint:
        messages.print(f"[bold]hint:[/] {hint}", highlight=False, soft_wrap=True)
    raise SystemExit(ending.status) from None
