"""``cgp report``: analytics of conversations as one HTML file."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.cli.console import fail, input_errors, messages, output
from cgp.config import Settings
from cgp.conversation_json import Record
from cgp.embedders.choose import make_embedder
from cgp.privacy import policy_of
from cgp.sources.reading import read_path
from cgp.sources.registry import source_named
from cgp.sources.source import SkippedError

if TYPE_CHECKING:
    from cgp.explorer.report import ReportedConversation

MAX_TAGS = 16
"""Tags of a conversation in a report."""


def report(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="Files, folders and archives of conversations in any format."
        ),
    ],
    format_name: Annotated[
        str | None,
        typer.Option("--format", "-f", help="Format of the files (default: guessed)."),
    ] = None,
    out: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "report.html"
    ),
    title: Annotated[str, typer.Option(help="Title of the report.")] = "Conversations",
    language: Annotated[str, typer.Option(help="Language of the report: en or fa.")] = "en",
) -> None:
    """Write a report of conversations: shares of talk, topics, open questions, decisions.

    The report is one HTML file without scripts, which a browser prints or saves as PDF. Personal
    data is redacted in it. Exit status: 1 if a record could not be read (it is named).
    """
    if importlib.util.find_spec("jinja2") is None:
        fail("a report needs the extra web", hint="pip install -e '.[web]' in the clone")
    from cgp.explorer.preferences import Language
    from cgp.explorer.report import report_page

    if language not in set(Language):
        fail(f"--language: {language!r} is none of {', '.join(Language)}")
    with input_errors():
        for path in paths:
            path.stat()
        source = source_named(format_name) if format_name is not None else None
        records = (record for path in paths for _, record in read_path(path, source))
        try:
            conversations, failures = asyncio.run(_reports(records))
        except AnnotationError as error:
            fail(str(error), hint="docs/annotators.md says how to name an annotator and its key")
    if not conversations:
        fail("no conversation could be read", status=1)
    try:
        out.write_text(report_page(conversations, title, Language(language)), encoding="utf-8")
    except OSError as error:
        fail(f"{out}: {error.strerror}", status=1)
    output.print(f"{len(conversations)} conversation(s): {escape(str(out))}", highlight=False)
    if failures:
        fail(f"{failures} record(s) could not be read or annotated", status=1)


async def _reports(records: Iterable[Record]) -> tuple[list[ReportedConversation], int]:
    """Return the conversations as a report shows them, and the number of records that failed.

    Raises:
        AnnotationError: if there is no such annotator.
    """
    from cgp.explorer.report import report_of

    settings = Settings()
    policy, embedder = policy_of(settings), make_embedder(settings)
    conversations: list[ReportedConversation] = []
    failures = 0
    async with open_annotator(settings) as annotator:
        for record in records:
            try:
                if record.conversation is None:
                    raise record.error or ValueError("unreadable record")
                metadata = await annotator.annotate(
                    record.conversation, max_tags=MAX_TAGS, purpose="report"
                )
            except (ValueError, AnnotationError) as error:
                messages.print(f"[red]skipped:[/] {escape(str(error))}", highlight=False)
                # A sound file without a conversation (a picture in an export) is no fault.
                failures += not isinstance(error, SkippedError)
                continue
            conversations.append(report_of(record.conversation, metadata, policy, embedder))
    return conversations, failures
