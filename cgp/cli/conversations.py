"""The conversations that a command is given: one reader for all commands and formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cgp.cli.console import show_skipped
from cgp.cli.steps import end
from cgp.conversation import Conversation
from cgp.privacy import without_personal_labels
from cgp.sources.paths import read_paths
from cgp.sources.registry import source_named
from cgp.sources.source import SkippedError

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="Files, folders and zip archives of conversations in any format, or - for standard input.",
    ),
]
"""The argument of a command that takes conversations."""

FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        help="Format of the conversations (default: guessed for each file; cgp import --list-formats).",
    ),
]
"""The option of a command that takes conversations."""


class GivenConversations:
    """Conversations of paths, in their order. A bad record is named on standard error and skipped.

    Its id, source and language are as the store would have them, without personal data, unless it
    is to be ``original``. ``read`` counts the conversations up to now, ``unreadable`` the bad
    records. Iterating raises ``FileNotFoundError`` before anything is read if a path does not
    exist, and ``ConversationError`` if no format has that name.
    """

    def __init__(
        self, paths: Sequence[Path], format_name: str | None = None, *, original: bool = False
    ) -> None:
        self._paths = paths
        self._format = format_name
        self._original = original
        self.read = 0
        self.unreadable = 0

    def __iter__(self) -> Iterator[Conversation]:
        """Yield the conversations."""
        source = source_named(self._format) if self._format is not None else None
        for _, record in read_paths(self._paths, source):
            if record.conversation is not None:
                self.read += 1
                yield self._labelled(record.conversation)
                continue
            show_skipped(record.error)
            # A sound file without a conversation (a picture in an export) is not a fault.
            self.unreadable += not isinstance(record.error, SkippedError) or record.error.lost

    def _labelled(self, conversation: Conversation) -> Conversation:
        """Return a conversation with its id, source and language as the store would have them."""
        return conversation if self._original else without_personal_labels(conversation)

    def end(self, failures: int = 0) -> None:
        """End the command; status 1 if a record could not be read, or ``failures`` not be used."""
        end(self.unreadable, failures, successes=self.read - failures)
