"""The explorer beside a local network: ``cgp serve`` and ``cgp index`` as child processes."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cgp.localnet.processes import LocalnetError, NeuronProcess
from cgp.localnet.setup import Folder

START_SECONDS = 60.0
_POLL_SECONDS = 0.2
_READS_PER_MINUTE = 6000
"""Requests from the one person at this machine; a public server allows a tenth."""

_CGP = (sys.executable, "-c", "from cgp.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Web:
    """The wish for pages beside the network, on ``port`` of this machine.

    ``on_open`` is called with their address once they are there.
    """

    port: int
    on_open: Callable[[str], None]


@asynccontextmanager
async def serving_pages(
    folder: Folder, environment: Mapping[str, str], web: Web, health_port: int
) -> AsyncIterator[None]:
    """Serve the pages over a network's folder while the block runs.

    Raises:
        LocalnetError: if they do not start.
    """
    # The address is printed, so another one than the usual does no harm.
    port = _free_port_from(web.port)
    process = await NeuronProcess.start_command(
        "pages",
        [*_CGP, "serve", "--read-only", "--web", "--host", "127.0.0.1", "--port", str(port)],
        {
            **environment,
            "DATA_DIR": str(folder.path),
            "API_READS_PER_MINUTE": str(_READS_PER_MINUTE),
            "EXPLORER_HEALTH_URL": f"http://127.0.0.1:{health_port}/healthz",
        },
        folder.log("pages"),
    )
    try:
        await _until_served(process, port)
        web.on_open(f"http://127.0.0.1:{port}")
        yield
    finally:
        process.ask_to_stop()
        await process.stop()


async def make_index(folder: Folder, environment: Mapping[str, str]) -> None:
    """Index the network's conversations, for the map, search, tags, participants and sources.

    Raises:
        LocalnetError: if that fails, with the end of its log.
    """
    # A process of its own: annotating would hold up this one, which watches the neurons.
    process = await NeuronProcess.start_command(
        "index",
        [*_CGP, "index"],
        {**environment, "DATA_DIR": str(folder.path)},
        folder.log("index"),
    )
    # An interrupt ends the index too; the next run makes what is missing.
    try:
        if status := await process.wait():
            raise LocalnetError(
                f"the index was not made (status {status}); the end of {process.log}:\n"
                f"{process.log_tail()}"
            )
    finally:
        process.ask_to_stop()
        await process.stop()


async def _until_served(process: NeuronProcess, port: int) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                # A server that cannot start says why in its log, and that is raised here.
                process.check()
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                writer.close()
                await writer.wait_closed()
                return
    except TimeoutError:
        raise LocalnetError(
            f"the pages were not served within {START_SECONDS:.0f} s; see {process.log}"
        ) from None


def _free_port_from(port: int) -> int:
    """Return ``port``, or a free one where it is taken: by another network's pages, perhaps."""
    for candidate in (port, 0):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Of this machine alone, as the pages are.
            try:
                free.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            number: int = free.getsockname()[1]
            return number
    raise LocalnetError("this machine has no free port for the pages")
