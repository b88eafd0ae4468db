"""``cgp report``: analytics of conversations as one HTML file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.cli.console import fail, input_errors, output, show_skipped
from cgp.cli.conversations import FormatName, GivenConversations, Paths
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.counts import counted
from cgp.embedders.choose import make_embedder
from cgp.extras import require_package
from cgp.privacy import policy_of

if TYPE_CHECKING:
    from cgp.explorer.report import ReportedConversation

MAX_TAGS = 16
"""Tags of a conversation in a report."""


def report(
    paths: Paths,
    format_name: FormatName = None,
    out: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path(
        "report.html"
    ),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file where it is there already.")
    ] = False,
    title: Annotated[str, typer.Option(help="Title of the report.")] = "Conversations",
    language: Annotated[str, typer.Option(help="Language of the report: en or fa.")] = "en",
) -> None:
    """Write a report of conversations: shares of talk, topics, open questions, decisions.

    The report is one HTML file without scripts, which a browser prints or saves as PDF. Personal
    data is redacted in it. Exit status: 1 if a record could not be read (it is named).
    """
    require_package("jinja2")
    from cgp.explorer.preferences import Language
    from cgp.explorer.report import report_page

    # Before the work, which a language model makes long and dear.
    if out.exists() and not overwrite:
        fail(f"{out} is there already", hint="--overwrite replaces it, -o FILE names another")
    if language not in set(Language):
        fail(f"--language: {language!r} is none of {', '.join(Language)}")
    with input_errors():
        inputs = GivenConversations(paths, format_name)
        try:
            conversations, failures = asyncio.run(_reports(inputs))
        except AnnotationError as error:
            fail_by(error, hint=error.remedy)
    if not conversations:
        fail("no conversation could be read", status=1)
    try:
        out.write_text(report_page(conversations, title, Language(language)), encoding="utf-8")
    except OSError as error:
        fail(f"{out}: {error.strerror}", status=1)
    count = counted(len(conversations), "conversation")
    output.print(f"{count}: {escape(str(out))}", highlight=False)
    inputs.end(failures)


async def _reports(
    conversations: Iterable[Conversation],
) -> tuple[list[ReportedConversation], int]:
    """Return conversations as a report shows them, and how many could not be annotated.

    Raises:
        AnnotationError: if there is no such annotator.
    """
    from cgp.explorer.report import report_of

    settings = Settings()
    policy, embedder = policy_of(settings), make_embedder(settings)
    reports: list[ReportedConversation] = []
    failures = 0
    async with open_annotator(settings) as annotator:
        for conversation in conversations:
            try:
                metadata = await annotator.annotate(
                    conversation, max_tags=MAX_TAGS, purpose="report"
                )
            except (ValueError, AnnotationError) as error:
                show_skipped(f"{conversation.id}: {error}")
                # One conversation that a model refuses does not cost the report of all others.
                failures += 1
                continue
            reports.append(report_of(conversation, metadata, policy, embedder))
    return reports, failures
