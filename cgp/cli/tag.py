"""``cgp tag``: annotate conversations with the configured annotator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.annotators.report import report_of, trouble_of
from cgp.cli.console import input_errors, messages, show_skipped, write_json
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.metadata import Metadata
from cgp.privacy import policy_of, redact


def tag(
    paths: Paths,
    max_tags: Annotated[
        int, typer.Option(min=1, max=64, help="Maximum tags for a conversation.")
    ] = 12,
    annotator: Annotated[
        str | None,
        typer.Option(
            help="What annotates, such as ollama:llama3.2 (default: the settings, LLM_TYPE)."
        ),
    ] = None,
    format_name: FormatName = None,
) -> None:
    """Annotate conversations: tags and participant profiles, as JSON on standard output.

    A .json file of one conversation gives one indented JSON object; anything else gives a line of
    JSON for each conversation. Unreadable records are named on standard error and end with status
    1.
    """
    with input_errors():
        inputs = GivenConversations(paths, format_name)
        conversations = iter(inputs)
        # Two are enough to know whether there is exactly one, which is written as one document.
        first = list(islice(conversations, 2))
        is_single = (
            len(paths) == len(first) == 1 and paths[0].suffix == ".json" and not paths[0].is_dir()
        )
        numbered_conversations = _with_count(chain(first, conversations))
        try:
            failures = asyncio.run(
                _annotate_all(numbered_conversations, annotator, max_tags, one=is_single)
            )
        except AnnotationError as error:
            fail_by(error, hint=error.remedy)
    inputs.end(failures)


async def _annotate_all(
    conversations: Iterator[Conversation], spec: str | None, max_tags: int, *, one: bool
) -> int:
    """Write the annotation of each conversation; return how many could not be annotated.

    Raises:
        AnnotationError: if there is no such annotator.
    """
    failures = 0
    settings = Settings()
    policy = policy_of(settings)
    async with open_annotator(settings, spec) as annotator:
        for conversation in conversations:
            try:
                metadata = await annotator.annotate(conversation, max_tags=max_tags, purpose="tag")
                document = annotation_to_json(redact(conversation, policy).conversation, metadata)
            except (ValueError, AnnotationError) as error:
                reason = f"{conversation.id}: {error}"
                show_skipped(reason)
                failures += 1
                continue
            write_json(document, indent=2 if one else None)
        if trouble := trouble_of(report_of(annotator)):
            messages.print(
                f"[yellow]{escape(annotator.name)}: {escape(trouble)}[/]", highlight=False
            )
    return failures


def annotation_to_json(conversation: Conversation, metadata: Metadata) -> dict[str, Any]:
    """Return ``{"id", "tags": [text], "profiles": [{participant, name, claims}]}``."""
    document = metadata.to_json()
    return {
        "id": conversation.id,
        "tags": [tag.text for tag in metadata.tags],
        "profiles": [
            {"name": conversation.participants[profile["participant"]].name, **profile}
            for profile in document["profiles"]
        ],
    }


def _with_count(conversations: Iterator[Conversation]) -> Iterator[Conversation]:
    """Pass conversations on, showing progress on standard error where a person is watching."""
    if not messages.is_terminal:
        yield from conversations
        return
    columns = (TextColumn("annotating"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as progress:
        task = progress.add_task("", total=None)
        for conversation in conversations:
            yield conversation
            progress.advance(task)
