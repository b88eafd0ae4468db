"""Connections that cannot be held open for nothing: bounds of headers, and a cap for each address.

uvicorn waits for ever for the first byte of a request, keeps headers of any length in memory, and
takes any number of connections from one address. ``guarded_protocol`` is its protocol with a
deadline and a length for the headers of each request, and a cap on the connections of one
address. (The deadline of a body is in ``cgp.signing.gate``.)
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS: Final = 10.0
"""Longest time for a caller to send the headers of a request."""

HEADER_BYTES: Final = 65_536
"""Most bytes of the headers of a request that are waited for."""

CONNECTIONS: Final = 4096
"""Connections at once, of all addresses together."""


@dataclass
class ConnectionCounts:
    """Open connections by address, and numbers of closed ones by reason."""

    open: Counter[str] = field(default_factory=Counter)
    too_many: int = 0
    too_slow: int = 0
    too_large: int = 0


class _GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with its bounds; ``guarded_protocol`` fills in the three."""

    per_address: int
    counts: ConnectionCounts
    header_seconds: float

    _peer = ""
    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as overridden
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self.counts.open[self._peer] += 1
        if self.counts.open[self._peer] > self.per_address:
            self.counts.too_many += 1
            # Aborted, not closed: an orderly end would wait for a peer that reads nothing.
            transport.abort()
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        self.counts.open[self._peer] -= 1
        if self.counts.open[self._peer] <= 0:
            del self.counts.open[self._peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        timer = self._timer
        super().data_received(data)
        # The same wait before and after: all of these bytes are headers that have no end yet.
        if timer is not None and timer is self._timer:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_BYTES:
                self.counts.too_large += 1
                self.transport.abort()

    def on_message_begin(self) -> None:
        # A further request on a kept connection: its headers have a deadline of their own.
        if self._timer is None:
            self._expect_headers()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._headers_came()
        super().on_headers_complete()

    def _expect_headers(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(self.header_seconds, self._too_slow)

    def _headers_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        self.counts.too_slow += 1
        self.transport.abort()


def guarded_protocol(
    per_address: int, counts: ConnectionCounts, *, header_seconds: float = HEADER_SECONDS
) -> type[HttpToolsProtocol]:
    """Return uvicorn's HTTP protocol with a cap on connections and a deadline for headers.

    ``per_address`` is the most connections of one peer; ``counts`` is kept up to date. A connection
    over the cap, or whose headers take longer or are larger, is closed without a word.
    """
    members = {"per_address": per_address, "counts": counts, "header_seconds": header_seconds}
    return type("Guarded", (_GuardedProtocol,), members)
