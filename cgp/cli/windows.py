"""``cgp windows``: the tree of windows of conversations, with the tags of every window."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from cgp.annotating import annotated_windows
from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.cli.console import input_errors, output, show_skipped, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.counts import turn_range
from cgp.embedders import default_embedder
from cgp.mining import MinedWindow
from cgp.windows import WindowPlan


def windows(
    paths: Paths,
    tags: Annotated[int, typer.Option(min=1, max=64, help="Most tags shown for a window.")] = 5,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON for each window.")
    ] = False,
    format_name: FormatName = None,
) -> None:
    """Cut conversations into windows at every scale, and tag them.

    Leaves, the windows that miners get, are annotated by the configured annotator; their tags are
    merged upwards, tags of one meaning into one, counted. Unreadable records are named on standard
    error and end with status 1.
    """
    inputs = GivenConversations(paths, format_name)
    try:
        with input_errors():
            failures = asyncio.run(_show_all(inputs, tags, as_json=as_json))
    except AnnotationError as error:
        fail_by(error, hint=error.remedy)
    inputs.end(failures)


async def _show_all(conversations: Iterable[Conversation], tags: int, *, as_json: bool) -> int:
    """Show the windows of each conversation; return how many could not be annotated.

    Raises:
        AnnotationError: if there is no such annotator.
    """
    settings = Settings()
    plan = WindowPlan.of(settings.window)
    failures = 0
    async with open_annotator(settings) as annotator:
        for conversation in conversations:
            try:
                windows_of_tree = await annotated_windows(
                    conversation, annotator, plan, default_embedder(), purpose="windows"
                )
            except (ValueError, AnnotationError) as error:
                reason = f"{conversation.id}: {error}"
                show_skipped(reason)
                failures += 1
                continue
            if as_json:
                for window in windows_of_tree:
                    write_json(_line(conversation, window, tags), indent=None)
            else:
                output.print(_draw(conversation, windows_of_tree, tags), highlight=False)
    return failures


def _line(conversation: Conversation, window: MinedWindow, tags: int) -> dict[str, Any]:
    return {
        "conversation_id": conversation.id,
        "number": window.number,
        "parent": window.parent,
        "level": window.level,
        "start": window.start,
        "stop": window.stop,
        "tags": [tag.to_json() for tag in window.metadata.tags[:tags]],
    }


def _draw(conversation: Conversation, windows_of_tree: list[MinedWindow], tags: int) -> Tree:
    """Return the tree: turns and tags, with their support where it is above 1."""
    branches: dict[int, Tree] = {}
    for window in windows_of_tree:
        tag_list = ", ".join(
            f"{tag.text} ×{tag.support:g}" if tag.support > 1 else tag.text
            for tag in window.metadata.tags[:tags]
        )
        name = f"[bold]{escape(conversation.id)}[/]  " if window.parent is None else ""
        label = f"{name}[cyan]{turn_range(window.start, window.stop)}[/]  {escape(tag_list)}"
        if window.parent is None:
            branches[window.number] = Tree(label)
        else:
            branches[window.number] = branches[window.parent].add(label)
    return branches[0]
