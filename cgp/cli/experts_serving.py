"""``cgp experts serve``, ``node`` and ``trial``: the ledger over HTTP, and machines that keep
experts.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cgp.cli.console import fail, messages, output
from cgp.cli.experts_folder import Folder, opened_ledger, own_hotkey, registered_hotkeys
from cgp.config import Settings
from cgp.extras import require_package
from cgp.telemetry import configure_logging

if TYPE_CHECKING:
    from cgp.experts.ledger import Ledger


def serve(
    folder: Folder = None,
    host: Annotated[
        str | None, typer.Option(help="Address to bind (default: GATEWAY_HOST).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to bind (default: GATEWAY_PORT)."),
    ] = None,
    no_keys: Annotated[
        bool,
        typer.Option("--no-keys", help="Ask for no API key; only on this machine's own address."),
    ] = False,
    any_signer: Annotated[
        bool, typer.Option("--any-signer", help="Take experts of any hotkey: for trying.")
    ] = False,
) -> None:
    """Serve the ledger over HTTP, with the chat's gateway, to which nodes dial in."""
    # First: the pages that it serves need another extra, which this one brings along.
    require_package("nats")
    from cgp.experts.serving import serve_experts

    settings = Settings()
    changes = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
    settings = settings.model_copy(update={"gateway": settings.gateway.model_copy(update=changes)})
    configure_logging(settings.log)
    registered = (lambda _: True) if any_signer else registered_hotkeys(settings)
    with opened_ledger(folder) as ledger:
        asyncio.run(serve_experts(settings, ledger, registered, asks_for_keys=not no_keys))


def node(
    expert: Annotated[
        list[str] | None, typer.Option(help="LAYER.EXPERT to keep (default: all that stand).")
    ] = None,
    folder: Folder = None,
    gateway: Annotated[
        str | None, typer.Option(help="Address of the gateway (default: WORKER_GATEWAY).")
    ] = None,
    name: Annotated[str, typer.Option(help="Name that people see.")] = "experts",
    signed: Annotated[
        bool, typer.Option("--signed", help="Enrol by the wallet's hotkey, not by an API key.")
    ] = False,
) -> None:
    """Serve experts of the ledger to a gateway, until Ctrl-C; it dials out, so NAT is no
    obstacle.
    """
    from cgp.chat.worker import run_worker
    from cgp.experts.nodes import ExpertNode

    settings = Settings()
    changes = {"name": name, "slots": 8} | ({"gateway": gateway} if gateway else {})
    document = settings.worker.model_dump() | changes
    settings = settings.model_copy(update={"worker": type(settings.worker)(**document)})
    configure_logging(settings.log)
    key = own_hotkey(settings) if signed else None

    async def work(ledger: Ledger) -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await run_worker(settings, ExpertNode(ledger, expert), stopping, keypair=key)

    with opened_ledger(folder) as ledger:
        for missing in sorted(set(expert or ()) - ledger.heads().keys()):
            messages.print(
                f"--expert {missing} does not stand here (cgp experts list --heads): served once it does",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
        asyncio.run(work(ledger))


def trial(
    folder: Annotated[
        Path | None, typer.Option(help="Empty folder to work in (default: a temporary one).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the made-up windows.")] = 1,
) -> None:
    """Try the whole way on made-up windows: three experts, verdicts, rewards, three nodes.

    What is accepted here says nothing about real conversations.
    """
    require_package("nats")
    from cgp.experts.nodes import Place
    from cgp.experts.trial import run_trial

    if folder is not None and folder.exists() and (folder.is_file() or any(folder.iterdir())):
        fail(f"--folder {folder} is not an empty folder: name a new one, or leave it out")
    with tempfile.TemporaryDirectory(prefix="experts-") as temporary:
        work = run_trial(folder or Path(temporary), output.print, seed)
        report = asyncio.run(work)
    output.print("\n[bold]Summary[/]")
    for entry in report.entries:
        output.print(f"{entry.name:16} {entry.in_words}")
    output.print(f"rewards          {report.rewards_in_words}")
    for step, place in report.answers.items():
        where = "a node" if place == Place.NODE else "this machine's own copy"
        output.print(f"{step:16} answered by {where}")
    output.print(f"fsck             {len(report.faults)} faults")
    output.print(
        "All windows were made up, so this says nothing about real conversations. With windows of your"
        " own: docs/experts.md, Ten minutes."
    )
    if report.faults:
        raise typer.Exit(1)
