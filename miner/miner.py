"""The miner process: ``python miner/miner.py --netuid 18 --subtensor.network local --wallet.name
...``.

It runs until SIGTERM or SIGINT, then finishes the tasks in work and exits with status 0. It exits
with status 1, saying what to do, when it cannot start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# A window's arrays are small: threads within them cost several times what they save, and the miner
# annotates several windows at once anyway. Read when numpy and the tokenizer load, so set before.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

if __name__ == "__main__":
    # Run as a script, Python puts this folder first on the path, where `import miner` finds this
    # file.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from cgp.own_environment import use_own_environment

    use_own_environment(__file__)

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import bittensor as bt
import uvloop

from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.chain import open_chain, open_wallet
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.errors import CgpError
from cgp.extras import how_to_install
from cgp.settings_reference import say_env_file
from cgp.telemetry import configure_logging
from miner.app import RoutesOf
from miner.service import MinerService
from miner.startup import StartupError

logger = logging.getLogger("miner")


SWITCH_SECONDS: Final = 0.001
"""Time that a thread keeps the interpreter while others wait (Python's own: 5 ms). Annotators work
in threads: with several of them, the event loop would wait for each in turn before it answers
anybody.
"""


async def mine(settings: Settings, wallet: bt.Wallet) -> None:
    """Serve until SIGTERM or SIGINT cancels the task (a second one stops at once).

    Raises:
        StartupError, AnnotationError, bittensor.BittensorError: if the miner cannot start.
    """
    task = asyncio.current_task()
    assert task is not None
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, _stop, task)
    embedder = await asyncio.to_thread(default_embedder)
    async with (
        open_chain(settings, wallet) as chain,
        open_annotator(settings) as annotator,
        _chat_routes(settings, wallet) as routes,
        MinerService(settings, wallet, chain, annotator, embedder, routes_of=routes),
    ):
        await asyncio.Event().wait()


@asynccontextmanager
async def _chat_routes(settings: Settings, wallet: bt.Wallet) -> AsyncIterator[RoutesOf]:
    """Yield the routes of chat where ``--miner.chat`` asks for it, none elsewhere.

    Raises:
        StartupError: if chat's packages or its index are missing.
    """
    if settings.miner.chat == "off":
        yield lambda _metagraph, _nonces: ()
        return
    # The one place of a miner that knows the room on top; without chat it is not loaded.
    try:
        from cgp.chat.direct import DirectChat, DirectPlan
        from cgp.chat.worker import make_backend
    except ImportError as error:
        message = f"--miner.chat needs the package {error.name}: {how_to_install('chat')}"
        raise StartupError(message) from error
    plan = DirectPlan(
        wallet.hotkey.ss58_address,
        settings.miner.chat == "own",
        settings.worker.slots,
        settings.gateway.max_tokens,
    )
    try:
        backend = await asyncio.to_thread(make_backend, settings)
    except CgpError as error:
        raise StartupError(str(error)) from error
    try:
        yield lambda metagraph, nonces: DirectChat(plan, backend, metagraph, nonces).routes()
    finally:
        await backend.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a miner with flags (``sys.argv`` by default), the environment and ``.env``; see
    ``--help``.
    """
    settings = Settings.from_command_line(arguments)
    configure_logging(settings.log)
    sys.setswitchinterval(SWITCH_SECONDS)
    say_env_file(logger)
    try:
        uvloop.run(mine(settings, open_wallet(settings.wallet)))
    except asyncio.CancelledError:
        logger.info("Stopped")
    except (StartupError, AnnotationError, bt.BittensorError) as error:
        logger.critical("Cannot start: %s", error)
        return 1
    return 0


def _stop(task: asyncio.Task[object]) -> None:
    logger.info("Stopping: finishing what is in flight")
    task.cancel()


if __name__ == "__main__":
    sys.exit(main())
