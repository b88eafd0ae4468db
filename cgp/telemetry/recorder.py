"""The recorder: measurements as lines of JSON, and as a run of Weights & Biases where that is
wanted.

Recording never blocks and never fails: records wait in a queue of bounded length for a thread of
their own, and are dropped, and counted, where that cannot keep up or the disk is full. The files
of lines are bounded too. Records hold numbers, uids and hotkeys; never a conversation's text, id
or a secret.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, Protocol, Self

from cgp.durable_files import open_private

logger = logging.getLogger(__name__)

FILE_BYTES: Final = 16 * 2**20
FILES: Final = 4
# Bounded: with a disk that hangs, records must not fill the memory.
QUEUE: Final = 10_000

_END = None


class Sink(Protocol):
    """Something that takes records, on the recorder's thread. Its errors are counted."""

    def take(self, record: Mapping[str, Any]) -> None:
        """Take one record."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class LinesSink:
    """Files of JSON lines in a folder: at most ``FILES`` of ``FILE_BYTES`` and one more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        # Opened by the first line: a full disk is not a reason not to start.
        self._handler = _Raising(
            file, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8", delay=True
        )

    def take(self, record: Mapping[str, Any]) -> None:
        """Write one line."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(record, separators=(",", ":"), allow_nan=False)
        # The line is an argument, so that a percent sign in it is not taken for a format.
        self._handler.emit(logging.makeLogRecord({"msg": "%s", "args": (line,)}))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


class _Raising(RotatingFileHandler):
    """The standard library's rotation, with errors raised, not printed."""

    def _open(self) -> Any:  # noqa: ANN401 - a text file, as overridden
        """Open a file that only its owner reads, also after a rotation."""
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=open_private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - as overridden
        raise  # noqa: PLE0704 - called by ``emit`` where an error is being handled


class Recorder:
    """Takes records from any thread. A context manager. ``clock`` gives seconds since the epoch."""

    def __init__(self, *sinks: Sink, clock: Callable[[], float] = time.time) -> None:
        self._sinks = sinks
        self._clock = clock
        self._queue: queue.Queue[Mapping[str, Any] | None] = queue.Queue(QUEUE)
        self._thread = threading.Thread(target=self._write, name="telemetry", daemon=True)
        self.dropped = 0
        """Number of records that were dropped."""
        self.error = ""
        """Why the last record could not be taken; empty where it was."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # A queue that stays full belongs to a sink that hangs, and stopping does not wait for it.
        with contextlib.suppress(queue.Full):
            self._queue.put(_END, timeout=1.0)
        # A sink that hangs must not keep a neuron from stopping: the thread is a daemon.
        self._thread.join(timeout=10.0)

    def record(self, kind: str, **numbers: object) -> None:
        """Record an event. Returns at once."""
        try:
            self._queue.put_nowait({"time": round(self._clock(), 3), "kind": kind, **numbers})
        except queue.Full:
            self.dropped += 1
            self.error = "records come faster than they can be written"

    def _write(self) -> None:
        while (record := self._queue.get()) is not _END:
            for sink in self._sinks:
                try:
                    sink.take(record)
                except Exception as error:  # noqa: BLE001 - a sink's failure is not a neuron's
                    self.dropped += 1
                    self.error = f"{type(error).__name__}: {error}"[:300]
                else:
                    self.error = ""
        for sink in self._sinks:
            with contextlib.suppress(Exception):
                sink.close()
