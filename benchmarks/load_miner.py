"""A real miner whose annotator only waits: what is left is the cost of HTTP, signatures and JSON.

Usage: ``python benchmarks/load_miner.py SECONDS [flags of a miner]``, as ``miner_load.py`` does; the
annotator takes so many seconds for each window.
"""

from __future__ import annotations

import os

# As the miner's entry point sets them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import asyncio
import signal
import sys

import uvloop

from cgp.chain import open_chain, open_wallet
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.telemetry import configure_logging
from miner.miner import SWITCH_SECONDS
from miner.service import MinerService

TAGS = ("solar panels", "tariff", "grid", "energy company", "meter", "roof", "school", "surplus")


class IdleAnnotator:
    """Gives every window the same eight tags, after a while."""

    name = "idle/1"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return the tags."""
        del conversation, purpose
        if self._seconds > 0:
            await asyncio.sleep(self._seconds)
        return Metadata(tuple(map(Tag, TAGS[:max_tags])))

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


async def mine(settings: Settings, seconds: float) -> None:
    """Serve until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    wallet = open_wallet(settings.wallet)
    async with (
        open_chain(settings, wallet) as chain,
        MinerService(settings, wallet, chain, IdleAnnotator(seconds), default_embedder()),
    ):
        await stopping.wait()


if __name__ == "__main__":
    given = Settings.from_command_line(sys.argv[2:])
    configure_logging(given.log)
    sys.setswitchinterval(SWITCH_SECONDS)
    uvloop.run(mine(given, float(sys.argv[1])))
