"""Signals that stop a command which serves: it closes in good order, then says that it stopped."""

from __future__ import annotations

import asyncio
import signal

from cgp.cli.console import messages

CTRL_C_STATUS = 130
"""Exit status after Ctrl-C, as shells have it."""


def stop_signal() -> asyncio.Future[int]:
    """Return a future of the first SIGINT or SIGTERM; the running loop takes both from now on."""
    loop = asyncio.get_running_loop()
    first: asyncio.Future[int] = loop.create_future()

    def take(number: int) -> None:
        if not first.done():
            first.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, take, number)
    return first


def say_goodbye(number: int) -> None:
    """Say that a signal has stopped the command. Ctrl-C ends it with status 130.

    Raises:
        SystemExit: after Ctrl-C.
    """
    messages.print("Stopped.")
    if number == signal.SIGINT:
        raise SystemExit(CTRL_C_STATUS)
