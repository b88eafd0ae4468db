"""Output of the commands: results on standard output, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from cgp.conversation_json import ConversationError
from cgp.foreign_text import json_text, shown


class ShownConsole(Console):
    """A console on which no text acts on the terminal, whichever author it has.

    Rich's own colours and movements are apart from the text, in the segments' styles and controls.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the segments to print, their texts without control and direction characters."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(shown(segment.text), segment.style)


# The words of people stay as they wrote them: ":tada:" makes no picture.
output = ShownConsole(emoji=False)
messages = ShownConsole(emoji=False, stderr=True)


def write_json(value: object, *, indent: int | None = 2) -> None:
    """Write a value as JSON, ended by a line feed, to standard output."""
    document = json.dumps(value, ensure_ascii=False, indent=indent)
    sys.stdout.write(json_text(document) + "\n")


USAGE_ERROR = 2


def fail(message: str, *, hint: str = "", status: int = USAGE_ERROR) -> NoReturn:
    """End the command with ``error: message`` and, where there is a remedy, ``hint: ...``."""
    # Unwrapped: a path that is cut by a line's end can neither be copied nor searched for.
    messages.print(f"[bold red]error:[/] {escape(message)}", highlight=False, soft_wrap=True)
    if hint:
        messages.print(f"[bold]hint:[/] {escape(hint)}", highlight=False, soft_wrap=True)
    raise typer.Exit(status)


def show_skipped(reason: object) -> None:
    """Name a record or conversation that is left out, on standard error, in one unwrapped line."""
    messages.print(f"[red]skipped:[/] {escape(str(reason))}", highlight=False, soft_wrap=True)


def require_folder_of(option: str, file: Path) -> None:
    """End the command where a file's folder is missing, before the work for the file is done."""
    if not file.parent.is_dir():
        fail(f"{option} {file}: there is no folder {file.parent}", hint=f"mkdir -p {file.parent}")


@contextmanager
def input_errors() -> Iterator[None]:
    """Turn faults of an input file into a message and exit status 2."""
    try:
        yield
    except FileNotFoundError as error:
        fail(f"{error.filename}: no such file or folder")
    except (ConversationError, IsADirectoryError, PermissionError) as error:
        fail(str(error))
