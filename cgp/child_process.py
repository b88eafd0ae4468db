"""Child processes that end with their parent, even where the parent is killed (on Linux)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import IO, Final

# Runs in the child and becomes the command: the kernel sends SIGTERM when the parent ends
# (prctl(2), PR_SET_PDEATHSIG is 1). A parent that has ended before is seen by its number. Python
# ignores two signals, and a program that it becomes would go on to: the command begins with the
# defaults. A Ctrl-C that came while the child was still of its parent's group waits to be heard
# (see ``start_apart``): to ignore it for a moment drops it.
_BIND_AND_RUN: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
for ignored in signal.SIGPIPE, signal.SIGXFSZ:
    signal.signal(ignored, signal.SIG_DFL)
if signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    if handler is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
try:
    os.execvp(sys.argv[2], sys.argv[2:])
except OSError as error:
    sys.exit(f"{sys.argv[2]}: {error.strerror}")
"""


def ending_with_parent(program: str, *arguments: str) -> tuple[str, ...]:
    """Return a command that becomes ``program`` and ends with this process (on Linux).

    To be run by this process itself, from a thread that lives as long: the kernel takes the end of
    that thread for the parent's. A ``preexec_fn`` would do the same between fork and exec, but
    in a copy of a process with threads: where another thread loads a library at that moment, the
    copy waits for a lock that nobody gives up, and this process waits for the copy.
    """
    if sys.platform != "linux":
        return (program, *arguments)
    # -I and -S: nothing of the user's own is imported, and the start takes 20 ms.
    return (sys.executable, "-I", "-S", "-c", _BIND_AND_RUN, str(os.getpid()), program, *arguments)


async def start_apart(*command: str, log: IO[bytes]) -> asyncio.subprocess.Process:
    """Start a command that writes to ``log``, ends with this process, and hears no Ctrl-C.

    A terminal interrupts the whole process group. A child of another group goes on meanwhile, and
    this process ends it when those that need it are closed.
    """
    with _interrupts_waiting():
        return await asyncio.create_subprocess_exec(
            *ending_with_parent(*command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )


@contextlib.contextmanager
def _interrupts_waiting() -> Iterator[None]:
    """Let Ctrl-C wait while a child is born: until it has its own group, the terminal's reaches it.

    The child begins with the same mask, and takes it off itself. This thread hears it afterwards,
    and the program's other threads hear it meanwhile.
    """
    if sys.platform != "linux":
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        # Not the mask from before: two children may be born at once.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


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
