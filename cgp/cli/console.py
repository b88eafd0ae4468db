"""What the commands share: results on standard output, all else on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from cgp.conversation_json import ConversationError

output = Console()
messages = Console(stderr=True)

USAGE_ERROR = 2


def fail(message: str, *, hint: str = "", status: int = USAGE_ERROR) -> NoReturn:
    """End the command with ``error: message`` and, where there is a remedy, ``hint: ...``."""
    messages.print(f"[bold red]error:[/] {escape(message)}", highlight=False)
    if hint:
        messages.print(f"[bold]hint:[/] {escape(hint)}", highlight=False)
    raise typer.Exit(status)


@contextmanager
def input_errors() -> Iterator[None]:
    """Turn what can be wrong with an input file into a message and exit status 2."""
    try:
        yield
    except FileNotFoundError as error:
        fail(f"{error.filename}: no such file or folder")
    except (ConversationError, IsADirectoryError, PermissionError) as error:
        fail(str(error))
