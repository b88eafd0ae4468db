"""``cgp tag``: annotate conversations with the configured annotator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress

from cgp.annotators import AnnotationError, Annotator
from cgp.annotators.choose import open_annotator
from cgp.annotators.report import report_of, trouble_of
from cgp.cli.console import fail, input_errors, messages, write_json
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.conversation_json import Record, read_records
from cgp.metadata import Metadata


def tag(
    file: Annotated[Path, typer.Argument(help="A .json or .jsonl file, or a folder of them.")],
    max_tags: Annotated[
        int, typer.Option(min=1, max=64, help="Most tags for a conversation.")
    ] = 12,
    annotator: Annotated[
        str | None,
        typer.Option(
            help="What annotates, such as ollama:llama3.2 (default: the settings, LLM_TYPE)."
        ),
    ] = None,
) -> None:
    """Annotate conversations: tags and participant profiles, as JSON on standard output.

    A .json file of one conversation gives one indented JSON object; anything else gives a line of
    JSON for each conversation. Unreadable records are named on standard error and end with status
    1.
    """
    with input_errors():
        records, one = read_records(file), False
        if file.suffix == ".json" and not file.is_dir():
            whole = list(records)
            records, one = iter(whole), len(whole) == 1
        counted = _counted(file, records, one=one)
        try:
            failures = asyncio.run(_annotate_all(counted, annotator, max_tags, one=one))
        except AnnotationError as error:
            fail(str(error), hint="docs/annotators.md says how to name an annotator and its key")
    if failures:
        fail(f"{failures} record(s) could not be annotated", status=1)


async def _annotate_all(
    records: Iterator[Record], spec: str | None, max_tags: int, *, one: bool
) -> int:
    """Write the annotation of each record; return how many could not be read or annotated.

    Raises:
        AnnotationError: if there is no such annotator.
    """
    failures = 0
    async with open_annotator(Settings(), spec) as annotator:
        for record in records:
            try:
                document = await _annotate(annotator, record, max_tags)
            except (ValueError, AnnotationError) as error:
                messages.print(f"[red]skipped:[/] {escape(str(error))}", highlight=False)
                failures += 1
                continue
            write_json(document, indent=2 if one else None)
        if trouble := trouble_of(report_of(annotator)):
            messages.print(
                f"[yellow]{escape(annotator.name)}: {escape(trouble)}[/]", highlight=False
            )
    return failures


async def _annotate(annotator: Annotator, record: Record, max_tags: int) -> dict[str, Any]:
    if record.conversation is None:
        raise record.error or ValueError("unreadable record")
    metadata = await annotator.annotate(record.conversation, max_tags=max_tags, purpose="tag")
    return annotation_to_json(record.conversation, metadata)


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


def _counted(path: Path, records: Iterator[Record], *, one: bool) -> Iterator[Record]:
    """Pass the records on, showing progress on standard error where a person is watching."""
    if one or not messages.is_terminal:
        yield from records
        return
    with Progress(console=messages, transient=True) as progress:
        task = progress.add_task(f"Annotating {path.name}", total=_lines(path))
        for record in records:
            yield record
            progress.advance(task)


def _lines(path: Path) -> int | None:
    """Return the number of lines of a file (one pass over bytes), None for a folder."""
    if path.is_dir():
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
