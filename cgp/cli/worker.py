"""``cgp worker``: a chat worker."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import bittensor as bt
import typer
from bittensor.signing import Signer

from cgp.cli.console import fail
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.errors import CgpError
from cgp.telemetry import configure_logging


def worker(
    gateway: Annotated[
        str | None,
        typer.Option(help="Address of the gateway (default: WORKER_GATEWAY).", show_default=False),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            help="`extractive`, `openai`, `llama_cpp` or `retrieve` (default: WORKER_BACKEND).",
            show_default=False,
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="Address of the OpenAI-compatible server (default: WORKER_BASE_URL).",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model of `llama_cpp`: of `cgp models list`, or a file (default: WORKER_MODEL).",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="Name that people see (default: WORKER_NAME).", show_default=False),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Jobs at once (default: WORKER_SLOTS).", show_default=False
        ),
    ] = None,
    shared: Annotated[
        bool, typer.Option("--shared", help="Take jobs of other owners' keys too.")
    ] = False,
    signed: Annotated[
        bool, typer.Option("--signed", help="Enrol by the wallet's hotkey, not by an API key.")
    ] = False,
) -> None:
    """Lend this machine to a gateway: answer its jobs by a local server or by cited sentences.

    The worker dials out, so it may be behind NAT. It reads every prompt that it answers. Ctrl-C
    finishes the jobs at work; a second one ends at once.
    """
    settings = Settings()
    options = {
        "gateway": gateway,
        "backend": backend,
        "base_url": base_url,
        "model": model,
        "name": name,
        "slots": slots,
        "audience": "shared" if shared else None,
    }
    changes = {key: value for key, value in options.items() if value is not None}
    # Made anew and not copied, so that the flags are checked as the settings are.
    document = settings.worker.model_dump() | changes
    settings = settings.model_copy(update={"worker": type(settings.worker)(**document)})
    configure_logging(settings.log)
    try:
        keypair: Signer | None = None
        if signed:
            from cgp.chain import open_wallet

            keypair = open_wallet(settings.wallet).hotkey
        asyncio.run(_work(settings, keypair))
    except CgpError as error:
        fail_by(error, hint=error.remedy, status=1)
    except (ValueError, OSError, bt.BittensorError) as error:
        fail(str(error), status=1)


async def _work(settings: Settings, keypair: Signer | None) -> None:
    from cgp.chat.open_files import allow_open_files
    from cgp.chat.worker import make_backend, run_worker

    # A file for each job at the backend, and some for all else.
    allow_open_files(settings.worker.slots + 512)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        # The second signal: a person who sends it does not want to wait for jobs.
        if stopping.is_set():
            task.cancel()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    backend = await asyncio.to_thread(make_backend, settings)
    try:
        await run_worker(settings, backend, stopping, keypair=keypair)
    except asyncio.CancelledError:
        # Cancelled by a second Ctrl-C, which is an end as good as any.
        if not stopping.is_set():
            raise
    finally:
        await backend.close()
