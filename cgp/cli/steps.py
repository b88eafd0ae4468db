"""Steps that several commands take: import files first, show how far a run is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import typer
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from cgp.annotators import AnnotationError
from cgp.cli.console import fail, input_errors, messages, output, show_skipped
from cgp.cli.errors import fail_by
from cgp.counts import counted
from cgp.sources.importing import ImportProblem, ImportReport, import_conversations
from cgp.sources.registry import source_named
from cgp.store import Store, StoreError

# The first ones show the kind of fault; all of them would bury the summary.
SHOWN_PROBLEMS = 20
# Without a terminal progress is lines of a log, which should be few.
_LOG_SECONDS = 5.0


class TimedReport(Protocol):
    """A report of a run that says how long it has taken."""

    seconds: float


R = TypeVar("R", bound=TimedReport)


def import_first(store: Store, paths: Sequence[Path], format_name: str | None) -> ImportReport:
    """Import files into the store, showing the outcome; return the report."""
    if not paths:
        return ImportReport()
    with input_errors():
        source = source_named(format_name) if format_name is not None else None
        report = import_conversations(paths, store, source=source)
    show_problems(report.problems)
    show_import(report)
    return report


def show_import(report: ImportReport, verb: str = "imported", pace: str = "") -> None:
    """Print the fate of the conversations that were read; then of all that was none.

    The counts of the first part sum up to the conversations read. ``verb`` says what became of
    most, ``pace`` how long that took.
    """
    read = counted(report.read, "conversation")
    output.print(f"{report.added:,} of {read} {verb}{pace}", highlight=False)
    if report.grown:
        output.print(f"  {report.grown:,} grew and replace shorter ones", highlight=False)
    for reason, count in report.repeats.most_common():
        output.print(escape(f"  {count:,} skipped: {reason}"), highlight=False)
    if report.beside:
        output.print(
            f"  {report.beside:,} of the {verb} differ from one of the same id, and stand beside it",
            highlight=False,
        )
    other_records = report.without_conversation.total() + report.unread
    if other_records:
        output.print(f"besides, {counted(other_records, 'file or record')} without a conversation:")
    for reason, count in report.without_conversation.most_common():
        output.print(escape(f"  {count:,} skipped: {reason}"), highlight=False)
    for reason, count in report.lost_reasons.most_common():
        output.print(escape(f"  {count:,} not understood: {reason}"), highlight=False)
    if report.unreadable:
        output.print(f"  {report.unreadable:,} could not be read", highlight=False)


@contextlib.contextmanager
def run_endings(*wrong: type[Exception]) -> Iterator[None]:
    """End the command with one sentence where a run over the store ends early.

    Status 2 for an error in ``wrong`` and for an unusable annotator, 1 for the store's and for a
    missing extra, 130 for Ctrl-C. A later run goes on where this one was.
    """
    hint = "the same command goes on where this one was"
    try:
        yield
    except StoreError as error:
        fail_by(error, hint=hint, status=1)
    except AnnotationError as error:
        fail_by(error, hint=error.remedy)
    except wrong as error:
        fail_by(error)
    except KeyboardInterrupt:
        fail("interrupted", hint=hint, status=130)


def show_problems(problems: Sequence[ImportProblem]) -> None:
    """Name the first records that could not be read on standard error."""
    for problem in problems[:SHOWN_PROBLEMS]:
        place = f"{problem.file}, record {problem.record}: {problem.reason}"
        show_skipped(place)


def show_failed(problems: Sequence[tuple[str, str]]) -> None:
    """Name the first conversations that could not be worked on, with the reason."""
    for identifier, reason in problems[:SHOWN_PROBLEMS]:
        show_skipped(f"{identifier}: {reason}")
    if (remainder := len(problems) - SHOWN_PROBLEMS) > 0:
        messages.print(f"and {remainder:,} more", highlight=False)


def end(unread: int, failures: int = 0, *, successes: int) -> None:
    """End the command; status 1 if a record was not read, or a conversation not annotated.

    Where the rest went well (``successes``), that is not an error but a summary of what is left
    out.
    """
    parts = []
    if unread:
        parts.append(f"{counted(unread, 'file or record')} that could not be read")
    if failures:
        parts.append(f"{counted(failures, 'conversation')} that could not be annotated")
    if not parts:
        return
    if not successes:
        fail(f"nothing is done: {' and '.join(parts)}", status=1)
    messages.print(
        f"[yellow]left out:[/] {' and '.join(parts)}, named above; all else is done (exit status 1)",
        highlight=False,
        soft_wrap=True,
    )
    raise typer.Exit(1)


class _StepBar:
    """Shows how far a run is: a live line for a person, a line now and then for a log."""

    def __init__(self, text_of: Callable[[R], str], bar: Progress | None) -> None:
        self._text_of: Callable[..., str] = text_of
        self._bar = bar
        self._task = bar.add_task("") if bar else None
        self._next = 0.0

    def __call__(self, report: TimedReport) -> None:
        """Show the state after a batch."""
        text = self._text_of(report)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)
        elif report.seconds >= self._next:
            messages.print(text, highlight=False)
            self._next = report.seconds + _LOG_SECONDS


@contextlib.contextmanager
def shown_progress(text_of: Callable[[R], str]) -> Iterator[Callable[[R], None]]:
    """Give the function that shows a run's report after each batch, in the words of ``text_of``."""
    if not messages.is_terminal:
        yield _StepBar(text_of, None)
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as bar:
        yield _StepBar(text_of, bar)
