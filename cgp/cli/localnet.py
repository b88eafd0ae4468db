"""``cgp localnet``: a whole subnet on this machine, watched while it runs."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import bittensor as bt
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from cgp.annotators import AnnotationError
from cgp.chain import PROFILES, ProfileName
from cgp.cli.console import fail, input_errors, messages, show_skipped, write_json
from cgp.cli.errors import fail_by
from cgp.cli.localnet_summary import print_summary
from cgp.cli.steps import end
from cgp.config import Settings
from cgp.counts import counted
from cgp.durable_files import private_folder
from cgp.extras import require_package
from cgp.localnet import (
    OWN_WALLET,
    REMAINS,
    Folder,
    LocalnetError,
    LocalnetOptions,
    Progress,
    Summary,
    Web,
    folder_in,
    miners_of,
    run_localnet,
)
from cgp.sources.paths import read_paths
from cgp.sources.reading import Read


def localnet(
    conversations: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="Conversations in any format: a file, a folder, an archive or - for standard input; "
            "may be repeated (default: the samples, in a network that has no others).",
        ),
    ] = None,
    miner: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ANNOTATOR",
            help="A miner and what it annotates with, such as tiny=ollama:llama3.2:1b; may be repeated.",
        ),
    ] = None,
    truth: Annotated[
        str | None,
        typer.Option(
            metavar="ANNOTATOR",
            help="What makes the ground truth (several with commas; default: the settings', LLM_TYPE).",
        ),
    ] = None,
    miners: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            help="Default miners, which look for at most 12, 8, 5 tags (3, or none beside --miner).",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Take only the first conversations.")
    ] = None,
    profile: Annotated[
        ProfileName,
        typer.Option(
            help="Time scales of the chain: an epoch in 5 s and weights in the open, or the main network's "
            "72 minutes with weights that are revealed an epoch later (a run takes hours).",
        ),
    ] = ProfileName.FAST,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help=f"Erase {REMAINS} of earlier runs, after a question."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do what --fresh says without a question.")
    ] = False,
    keep: Annotated[  # noqa: ARG001 - what it asked for is what happens now
        bool, typer.Option("--keep", hidden=True)
    ] = False,
    stay: Annotated[
        bool,
        typer.Option(
            "--stay",
            help="Stay up until Ctrl-C: new conversations are worked on, and a miner of your own may join.",
        ),
    ] = False,
    web: Annotated[
        bool,
        typer.Option(
            "--web",
            help="Serve the explorer's pages from the start; the network stays until Ctrl-C.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a summary for programs on standard output.")
    ] = False,
) -> None:
    """Run a whole subnet on this machine: embedded chain, one validator, a few miners.

    Validator and miners annotate as on mainnet: by LLM_TYPE or ANNOTATOR of the
    environment or .env, by default with the embedded annotator. --truth and --miner set them apart;
    docs/annotators.md says how an ANNOTATOR is written.

    A run continues with the chain and the store of the last one, in the folder localnet of
    DATA_DIR: finished conversations stay finished, and new ones are worked on. One that has grown
    replaces the shorter one, as with cgp import. Only --fresh erases anything.

    Exit status 0 says that all given files were read, that every conversation was processed, and
    that weights were set and read back from the chain; 1 that something of this is missing, which
    is named; 2 that the command is wrong or no file has a conversation that can be read.
    """
    settings = Settings()
    folder = folder_in(settings.data_dir)
    try:
        chosen_miners = miners_of(miner or (), miners)
    except LocalnetError as error:
        fail(str(error))
    options = LocalnetOptions(
        folder=folder.path,
        records=_read(conversations, limit) if conversations else None,
        limit=limit,
        miners=chosen_miners,
        truth=truth,
        fresh=fresh,
        profile=PROFILES[profile],
        stay=stay or web,
    )
    if fresh and folder.is_occupied and not yes:
        _ask_to_erase(folder)
    private_folder(settings.data_dir)
    # Neurons log to files of their own; here only what a person must act on.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)

    report = _Report(options, as_json=as_json)
    if web:
        options = replace(options, web=report.pages(settings.api.port))
    summary = _run(options, report)
    report(summary)
    _end(summary)


def _end(summary: Summary) -> None:
    """End the command; status 1 if the run is not complete or a record could not be read."""
    if not summary.complete:
        raise typer.Exit(1)
    end(summary.imported.unread, successes=summary.imported.read)


def _read(paths: Sequence[Path], limit: int | None) -> list[Read]:
    """Read a run's records before anything is touched, up to ``limit`` conversations.

    Bad ones are named.
    """
    records: list[Read] = []
    conversations = 0
    with input_errors():
        for source, record in read_paths(paths):
            records.append((source, record))
            if record.conversation is None:
                show_skipped(record.error)
                continue
            conversations += 1
            if conversations == limit:
                break
    if not conversations:
        fail(f"{', '.join(map(str, paths))}: no conversation could be read")
    return records


def _ask_to_erase(folder: Folder) -> None:
    """Have a person confirm that earlier runs are erased; end the command where there is none."""
    target = f"{REMAINS} of earlier runs in {folder.path}"
    if not (sys.stdin.isatty() and messages.is_terminal):
        fail(f"--fresh would erase {target}", hint="say so with --fresh --yes")
    if not typer.confirm(f"Erase {target}?", err=True):
        fail("nothing was erased", status=1)


class _Report:
    """Prints the sum of the work, each time that it is done in a network that stays."""

    def __init__(self, options: LocalnetOptions, *, as_json: bool) -> None:
        self._options = options
        self._as_json = as_json
        self._address = ""
        self.last: Summary | None = None

    def pages(self, port: int) -> Web:
        """Return the wish for pages, whose address is printed and opened."""
        require_package("jinja2")
        return Web(port, self._on_open)

    def _on_open(self, address: str) -> None:
        self._address = address
        messages.print(f"Pages at [bold]{address}[/]", highlight=False)
        # On a server there is no browser, or one that would take the terminal.
        if messages.is_terminal and _has_screen():
            webbrowser.open(address)

    def __call__(self, summary: Summary) -> None:
        """Print a sum, and the first time the ways into a network that stays."""
        if self._as_json:
            write_json(summary.to_json(), indent=None if self._options.stay else 2)
            sys.stdout.flush()
        else:
            print_summary(summary, self._options.folder, in_browser=bool(self._address))
        if self._options.stay:
            self._print_ways_in()
        self.last = summary

    def _print_ways_in(self) -> None:
        if self.last is None:
            for line in _ways_in(self._options):
                messages.print(line, markup=False, highlight=False, soft_wrap=True)
        pages = f"Pages at [bold]{self._address}[/]; " if self._address else ""
        messages.print(f"{pages}Ctrl-C ends the network.", highlight=False)


def _ways_in(options: LocalnetOptions) -> Iterator[str]:
    """Yield the commands that bring work and a miner to a network that stays."""
    folder = Folder(options.folder.absolute())
    yield f"More conversations: DATA_DIR={shlex.quote(str(folder.path))} cgp import PATH"
    yield (
        "A miner of your own: python miner/miner.py --subtensor.network local"
        f" --subtensor.chain_file {shlex.quote(str(folder.chain))}"
        f" --wallet.path {shlex.quote(str(folder.wallets))} --wallet.name {OWN_WALLET} --wallet.hotkey default"
        " --axon.host 127.0.0.1 --axon.port 0 --annotator FILE.py:CLASS"
    )


def _has_screen() -> bool:
    """Tell whether a browser can show a window here."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in screens)


def _run(options: LocalnetOptions, report: _Report) -> Summary:
    try:
        with _watching(live=not options.stay) as observe:
            return asyncio.run(run_localnet(options, observe, report))
    except AnnotationError as error:
        fail_by(error, hint=error.remedy)
    except (LocalnetError, bt.BittensorError) as error:
        fail(str(error), hint=f"logs are in {options.folder / 'logs'}", status=1)
    except KeyboardInterrupt:
        messages.print("Stopped. The same command continues from here.")
        # Once its work is done, that is the way to leave a network that stays.
        if report.last is None:
            raise typer.Exit(130) from None
        _end(report.last)
        raise typer.Exit from None


@contextmanager
def _watching(*, live: bool) -> Iterator[Callable[[Progress], None]]:
    """Show progress: ``live`` bars on a terminal, a line for each step elsewhere."""
    if live and messages.is_terminal:
        with _bars() as observe:
            yield observe
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Bars(*columns, TimeElapsedColumn(), console=messages, transient=True) as bars:
        conversations = bars.add_task("conversations", total=None, note="")
        windows = bars.add_task("windows", total=None, note="")

        def observe(progress: Progress) -> None:
            _move(bars, conversations, progress.conversations_done, progress.conversations)
            # No total: windows are cut as conversations come, so one would read as nearly done.
            _move(bars, windows, progress.windows_done, 0)
            bars.update(conversations, note=progress.stage)
            answers = counted(progress.answers, "answer") if progress.answers else ""
            bars.update(windows, note=", ".join(filter(None, (answers, progress.trouble))))

        yield observe


def _move(bars: Bars, task: TaskID, count: int, total: int) -> None:
    bars.update(task, completed=count, total=total or None)


class _Lines:
    """Progress without a terminal: a line after a change, at most a few."""

    def __init__(self) -> None:
        self._shown: tuple[str, int, bool] | None = None

    def __call__(self, progress: Progress) -> None:
        state = (progress.stage, progress.conversations_done, bool(progress.trouble))
        if state == self._shown:
            return
        self._shown = state
        counts = (
            f": {progress.conversations_done}/{counted(progress.conversations, 'conversation')}, "
            f"{counted(progress.windows_done, 'window')}, "
            f"{counted(progress.answers, 'answer')}"
            if progress.conversations
            else ""
        )
        trouble = f" ({progress.trouble})" if progress.trouble else ""
        messages.print(escape(f"{progress.stage}{counts}{trouble}"), highlight=False)
