"""``cgp windows``: the tree of windows of conversations, with the tags of every window."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.tree import Tree

from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.choose import open_annotator
from cgp.cli.console import fail, input_errors, messages, output, write_json
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.conversation_json import Record, read_records
from cgp.embedders import default_embedder
from cgp.meanings import same_meaning
from cgp.mining import MinedWindow, merge_up
from cgp.windows import WindowPlan, cut

_LEAF_TAGS = 12


def windows(
    file: Annotated[Path, typer.Argument(help="A .json or .jsonl file, or a folder of them.")],
    tags: Annotated[int, typer.Option(min=1, max=64, help="Most tags shown for a window.")] = 5,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON for each window.")
    ] = False,
) -> None:
    """Cut conversations into windows at every scale, and tag them.

    Leaves, the windows that miners get, are annotated by the configured annotator; what is found is
    merged upwards, tags of one meaning into one, counted. Unreadable records are named on standard
    error and end with status 1.
    """
    with input_errors():
        failures = asyncio.run(_show_all(read_records(file), tags, as_json=as_json))
    if failures:
        fail(f"{failures} record(s) could not be cut or annotated", status=1)


async def _show_all(records: Iterator[Record], tags: int, *, as_json: bool) -> int:
    """Show the windows of each record; return how many could not be read or annotated."""
    settings = Settings()
    plan = WindowPlan.of(settings.window)
    failures = 0
    async with open_annotator(settings) as annotator:
        for record in records:
            try:
                conversation, mined = await _mined(record, annotator, plan)
            except (ValueError, AnnotationError) as error:
                messages.print(f"[red]skipped:[/] {escape(str(error))}", highlight=False)
                failures += 1
                continue
            if as_json:
                for window in mined:
                    write_json(_line(conversation, window, tags), indent=None)
            else:
                output.print(_drawn(conversation, mined, tags), highlight=False)
    return failures


async def _mined(
    record: Record, annotator: Annotator, plan: WindowPlan
) -> tuple[Conversation, list[MinedWindow]]:
    if record.conversation is None:
        raise record.error or ValueError("unreadable record")
    conversation, embedder = record.conversation, default_embedder()
    tree = await asyncio.to_thread(cut, conversation, plan, embedder)
    leaves = []
    for leaf in tree.leaves():
        part = leaf.of(conversation)
        found = await annotator.annotate(part, max_tags=_LEAF_TAGS, purpose="windows")
        leaves.append(found.shifted(leaf.start))
    key = await asyncio.to_thread(same_meaning, leaves, embedder)
    return conversation, await asyncio.to_thread(merge_up, tree, leaves, key, conversation)


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


def _drawn(conversation: Conversation, mined: list[MinedWindow], tags: int) -> Tree:
    """Return the tree: turns (counted from 1) and tags, with their support where it is above 1."""
    drawn: dict[int, Tree] = {}
    for window in mined:
        shown = ", ".join(
            f"{tag.text} ×{tag.support:g}" if tag.support > 1 else tag.text
            for tag in window.metadata.tags[:tags]
        )
        name = f"[bold]{escape(conversation.id)}[/]  " if window.parent is None else ""
        label = f"{name}[cyan]turns {window.start + 1}-{window.stop}[/]  {escape(shown)}"
        if window.parent is None:
            drawn[window.number] = Tree(label)
        else:
            drawn[window.number] = drawn[window.parent].add(label)
    return drawn[0]
