"""Logging for people at a terminal and for machines elsewhere.

Modules only ever call ``logging.getLogger(__name__)``; a process calls ``configure_logging``
once, at its start.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import TextIO

from cgp.config import LogSettings

# Libraries that say at Info level what our own lines say in the operator's words.
QUIET_LIBRARIES = (
    "aiohttp",
    "alembic",
    "anthropic",
    "asyncio",
    "bittensor",
    # It tells at Info level which processor's build it tries and has not; what fails is an error.
    "faiss",
    "httpcore",
    "httpx",
    "httpx2",
    "openai",
    "sqlalchemy",
    "urllib3",
    "uvicorn",
    "websockets",
)

_COLOURS = {
    logging.DEBUG: "\x1b[2m",
    logging.WARNING: "\x1b[33m",
    logging.ERROR: "\x1b[31m",
    logging.CRITICAL: "\x1b[1;31m",
}
_DIM, _RESET = "\x1b[2m", "\x1b[0m"

_PLAIN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class TextFormatter(logging.Formatter):
    """``12:30:59 INFO    miner.service: message``, in colour where the stream shows it."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__(datefmt="%H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback below it where there is one."""
        line = (
            f"{self.formatTime(record, self.datefmt)} {record.levelname:<7} "
            f"{record.name}: {_printable(record.getMessage())}"
        )
        if record.exc_info:
            lines = self.formatException(record.exc_info).split("\n")
            # The message of an error may quote a peer: indented, no line of it passes for another.
            line += "".join(f"\n  {_printable(line)}" for line in lines)
        if self._colour and (colour := _COLOURS.get(record.levelno)):
            return f"{colour}{line}{_RESET}"
        if self._colour:
            return f"{_DIM}{line[:8]}{_RESET}{line[8:]}"
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``message`` and the
    record's extras.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without line breaks."""
        fields = {key: v for key, v in record.__dict__.items() if key not in _PLAIN_FIELDS}
        fields |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


def configure_logging(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send the process's log to ``stream`` (standard error by default), replacing the earlier
    set-up.

    ``auto`` means text on a terminal, JSON lines otherwise. Colour needs a terminal, and
    ``NO_COLOR`` unset. Other libraries are heard from Warning level on.
    """
    stream = stream or sys.stderr
    terminal = stream.isatty()
    as_json = settings.format == "json" or (settings.format == "auto" and not terminal)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        JsonFormatter()
        if as_json
        else TextFormatter(colour=terminal and not os.environ.get("NO_COLOR"))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    # An operator who asks for errors only gets no warnings of libraries either.
    for name in QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _printable(message: str) -> str:
    """Return ``message`` with control characters escaped: a peer's text cannot forge a log line."""
    if message.isprintable():
        return message
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in message
    )
