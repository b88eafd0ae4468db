"""The outcome of ``cgp localnet`` for a person: tables, reasons, troubles and the next steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cgp.annotators.report import trouble_of
from cgp.cli.console import output
from cgp.cli.next_commands import from_here, search_command, shell_line, typeable
from cgp.cli.steps import show_import
from cgp.counts import counted
from cgp.extras import how_to_install
from cgp.localnet import ConversationSummary, Summary
from cgp.localnet.reasons import NOT_SUPPORTED

CONVERSATIONS_SHOWN = 20
_TITLE_CELLS = 80
_COLUMNS = (
    "Uid: place in the subnet; 0 and 1 are its owner and the validator. Score: mean worth of the "
    "answers, 0 to 1. Reward: share of the pay, one seat for miners who answer alike. Weight: that "
    "share on chain."
)
_NOT_SUPPORTED = "Not supported: no more by the window than by other conversations."
_MORE = "More: docs/glossary.md"


def legend(reasons: Sequence[str]) -> str:
    """Return the meaning of the words of the table of miners, and of the reasons below it."""
    is_said = any(NOT_SUPPORTED in reason for reason in reasons)
    return " ".join([_COLUMNS, *([_NOT_SUPPORTED] if is_said else []), _MORE])


def print_summary(summary: Summary, folder: Path, *, in_browser: bool = False) -> None:
    """Print tags, profiles, standings and next steps of a run of the network in ``folder``."""
    output.print(_conversation_table(summary))
    output.print(_miner_table(summary))
    output.print(legend([miner.why for miner in summary.miners]), highlight=False)
    for miner in sorted(summary.miners, key=lambda miner: -miner.score):
        if miner.why:
            output.print(escape(f"{miner.name or miner.hotkey[:10]} {miner.why}"), highlight=False)
    for line in _remarks(summary):
        output.print(escape(line), highlight=False)
    for line in _troubles(summary):
        output.print(f"[yellow]{escape(line)}[/]", highlight=False)
    failures = [c for c in summary.conversations if c.state != "done"]
    for conversation in failures:
        output.print(
            f"[red]{escape(conversation.id)}: {conversation.state}[/] {conversation.reason}"
        )
    if summary.imported.read or summary.imported.unread:
        show_import(summary.imported)
    weights = f"on chain at block {summary.block}" if summary.weights_set else "[red]not set[/]"
    output.print(
        f"{summary.conversations_done} of {counted(len(summary.conversations), 'conversation')},"
        f" {counted(summary.windows, 'window')}, {counted(summary.answers, 'answer')};"
        f" weights {weights}; {summary.seconds:.1f} s",
        highlight=False,
    )
    steps = "\n       ".join(_next_steps(summary, folder, in_browser=in_browser))
    output.print(
        escape(
            f"Store: {from_here(summary.store)}\nLogs:  {from_here(folder / 'logs')}\nNext:  {steps}"
        ),
        highlight=False,
        soft_wrap=True,
    )


def _next_steps(summary: Summary, folder: Path, *, in_browser: bool) -> Iterator[str]:
    """Yield the commands that go on from here, with a search for a tag of this run."""
    if not in_browser:
        yield "./run_localnet.sh --web shows it in a browser; or"
    yield shell_line(folder)
    # First those of this run: earlier ones, such as the samples, may be nobody's here.
    conversations = chain(summary.own, summary.conversations)
    tags = typeable(tag for conversation in conversations for tag in conversation.tags)
    yield "; ".join(["cgp index", *(search_command(tag) for tag in islice(tags, 1))])
    # A dataset in Parquet needs what a network does without.
    set_up = "" if find_spec("pyarrow") else f"{how_to_install('dataset')}; "
    yield f"{set_up}cgp export localnet-dataset"


def _conversation_table(summary: Summary) -> Table:
    own = summary.own
    others = len(summary.conversations) - len(own)
    table = Table(
        title="What was found: tags, and the participant that most is known of",
        caption=f"and {others:,} of earlier runs: cgp store list" if others else None,
    )
    shown = own[:CONVERSATIONS_SHOWN]
    # An id is shown whole, to be copied. What has no spaces, such as Japanese, is cut anywhere.
    longest = max((cell_len(conversation.id) for conversation in shown), default=0)
    table.add_column("conversation", overflow="fold", width=min(max(longest, 20), 40))
    table.add_column("tags [dim]and a profile[/]", overflow="fold")
    for conversation in shown:
        tags, profile = escape(", ".join(conversation.tags)), escape(conversation.profile)
        table.add_row(_name_of(conversation), f"{tags}\n[dim]{profile}[/]" if profile else tags)
    if (remainder := len(own) - CONVERSATIONS_SHOWN) > 0:
        table.add_row(f"... and {remainder} more", "")
    return table


def _name_of(conversation: ConversationSummary) -> Text:
    """Return the title, where there is one, with the id below it."""
    title = Text(" ".join(conversation.title.split()))
    title.truncate(_TITLE_CELLS, overflow="ellipsis")
    return Text("\n").join(
        [*([title] if title else []), Text(conversation.id, "dim" if title else "")]
    )


def _miner_table(summary: Summary) -> Table:
    # The store knows it also where this run had nothing to annotate.
    truth = ", ".join(summary.truth_annotators) or "none yet"
    table = Table(
        title="Who found it, and what they are paid", caption=f"Ground truth: {escape(truth)}"
    )
    table.add_column("uid", justify="right")
    table.add_column("miner")
    table.add_column("annotator", overflow="fold", min_width=18)
    # Failures have lines of their own below: a narrow terminal has room for what one looks for.
    for name in ("answers", "score", "reward", "weight"):
        table.add_column(name, justify="right")
    for miner in summary.miners:
        table.add_row(
            str(miner.uid),
            escape(miner.name or f"{miner.hotkey[:10]}…"),
            escape(miner.annotator) if miner.runs else "[dim]does not run now[/]",
            str(miner.answers),
            f"{miner.score:.3f}",
            f"{miner.reward:.3f}",
            f"{miner.weight:.3f}",
        )
    return table


def _remarks(summary: Summary) -> Iterator[str]:
    """Yield a line for each thing that a reader of the tables would wonder about."""
    if summary.done_before and summary.done_before == summary.conversations_done:
        yield (
            f"Nothing was left to tag: all conversations ({summary.done_before}) were finished by earlier "
            "runs, and the figures are theirs. --conversations PATH adds some, --fresh starts anew."
        )
    stopped = [miner for miner in summary.miners if not miner.runs]
    if stopped:
        names = ", ".join(miner.name or f"{miner.hotkey[:10]}…" for miner in stopped)
        yield f"Of an earlier run, with what they earned in it: {names}."


def _troubles(summary: Summary) -> Iterator[str]:
    """Yield a line for each annotator that failed, fell back, or had tags dropped."""
    reports = [("ground truth", report) for report in summary.truth]
    reports += [(miner.name, miner.report) for miner in summary.miners if miner.report]
    for name, report in reports:
        if line := trouble_of(report):
            yield f"{name}: {line}"
