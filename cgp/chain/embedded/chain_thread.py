"""The embedded chain's state on a thread of its own, with the errors of the SDK.

SQLite waits for the writes of other processes; on its thread it never holds up the event loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import bittensor as bt

from cgp.chain.embedded.chain_state import ChainState
from cgp.chain.embedded.ledger import StateDiscardedError
from cgp.chain.embedded.rejection import RejectedError, chain_error
from cgp.chain.errors import ChainSetupError

T = TypeVar("T")


class ChainThread:
    """Opens a chain file and runs functions of its state, one after another."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._open: tuple[ThreadPoolExecutor, ChainState] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._open is not None

    @property
    def state(self) -> ChainState:
        """The state; only its constants may be read outside the thread.

        Raises:
            bittensor.ConnectionNotReady: if the file is not open.
        """
        return self._parts()[1]

    async def open(self) -> None:
        """Open the file.

        Raises:
            ChainSetupError: if there is no chain in it.
        """
        if not self._path.is_file():
            raise ChainSetupError(
                f"there is no embedded chain at {self._path}; `cgp localnet` makes one and runs a "
                "network on it, or name another file with --subtensor.chain_file"
            )
        thread = ThreadPoolExecutor(1, thread_name_prefix="embedded-chain")
        try:
            state = await asyncio.get_running_loop().run_in_executor(
                thread, ChainState, self._path, self._now
            )
        except sqlite3.DatabaseError as error:
            thread.shutdown(wait=False)
            raise ChainSetupError(f"{self._path} is not an embedded chain: {error}") from error
        self._open = thread, state

    async def close(self) -> None:
        """Close the file. Idempotent."""
        if self._open is None:
            return
        thread, state = self._open
        self._open = None
        await asyncio.get_running_loop().run_in_executor(thread, state.close)
        thread.shutdown(wait=False)

    async def run(self, operation: Callable[..., T], *arguments: object) -> T:
        """Run a function on the thread and return its result.

        Raises:
            bittensor.ChainError: if the chain refuses it, or no longer has the state it asks for.
            bittensor.ConnectionNotReady: if the file is not open.
            bittensor.RpcConnectionError: if the file cannot be read or written.
        """
        thread, _ = self._parts()
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, operation, *arguments)
        except RejectedError as error:
            raise chain_error(error.name) from error
        except StateDiscardedError as error:
            raise bt.ChainError(str(error)) from error
        except sqlite3.OperationalError as error:
            raise bt.RpcConnectionError(f"the embedded chain {self._path}: {error}") from error

    def _parts(self) -> tuple[ThreadPoolExecutor, ChainState]:
        if self._open is None:
            raise bt.ConnectionNotReady("the embedded chain is not open; connect() first")
        return self._open
