"""Child processes that end with their parent, even where the parent is killed (on Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG = 1


def _ask_kernel() -> None:
    """Have the kernel send SIGTERM to this process when its parent ends (see prctl(2))."""
    # None: the C library that the process has loaded already.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


END_WITH_PARENT: Final[Callable[[], None] | None] = _ask_kernel if sys.platform == "linux" else None
"""Function for ``preexec_fn`` of a child; None where the system has no such means."""


async def end(process: asyncio.subprocess.Process, patience: float) -> None:
    """Ask a process to end, and kill it if that takes more than ``patience`` seconds."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
