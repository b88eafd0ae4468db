"""Connections to a NATS server that last until the server refuses their user."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cgp.jobs.errors import JobsExtraError, NatsServerError
from cgp.jobs.users import public_key_of

if TYPE_CHECKING:
    from nats.aio.client import Client

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 5
# The library says int and takes a fraction too.
_RECONNECT_SECONDS: Any = 0.2
# A connection behind NAT can die without a word; two pings without an answer end it.
_PING_SECONDS = 5
_REFUSAL_SECONDS = 0.1
_REFUSAL = "authorization violation"


def without_password(url: str) -> str:
    """Return addresses as a message or a log may show them: without users and passwords."""
    return re.sub(r"//[^/,]*@", "//", url)


def _check(url: str) -> None:
    """Refuse what is no address: the library fails over it without naming it."""
    for address in url.split(","):
        try:
            # The library takes an address without "nats://" too.
            parts = urlsplit(address.strip() if "://" in address else f"nats://{address.strip()}")
            is_address = bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address:
            raise NatsServerError(
                f"{without_password(address.strip())!r} is no address of a NATS server: one is "
                "written as nats://127.0.0.1:4222"
            )


async def settle(client: Client, seconds: int = 10) -> None:
    """Wait until the server has taken all that was sent.

    Raises:
        nats.errors.Error: if it has not within ``seconds``, or the connection is lost.
    """
    # The library's ping overtakes what still waits to be written; a second ping comes after it.
    await client.flush(seconds)
    await client.flush(seconds)


class Connection:
    """A connection as one user. Once open, it connects again by itself until it is refused.

    ``on_reconnect`` is called after each new connection. ``refusal`` is set when the server no
    longer knows the user; then the connection is closed.
    """

    def __init__(self, client: Client, public_key: str) -> None:
        self.client = client
        self.public_key = public_key
        self.on_reconnect: Callable[[], Awaitable[None]] | None = None
        self.refusal = asyncio.Event()
        self._is_open = False
        self._last_fault = ""
        self._vain_tries = 0
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        seed: str,
        *,
        name: str,
        seconds: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> Connection:
        """Return a connection to ``url`` as the user of ``seed``, made within ``seconds``.

        ``url`` may be several addresses of one cluster, with commas. ``tls`` says which
        certificates are trusted (None: the system's, or those of SSL_CERT_FILE). A refusal is tried
        again until then: the server may be about to hear of a new user.

        Raises:
            NatsServerError: if ``url`` is no address, or the server cannot be reached, does not let
                this user in, or is another machine that does not encrypt.
            JobsExtraError: if the client library is missing.
        """
        try:
            from nats.errors import Error

            from cgp.jobs.encrypted_client import EncryptedClient
        except ImportError:
            raise JobsExtraError("chat needs the package nats-py, of the extra chat") from None
        _check(url)
        reason = "no answer"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    connection = cls(EncryptedClient(), public_key_of(seed))
                    try:
                        await connection.dial(url, seed, name, tls)
                    except (Error, OSError, ValueError) as error:
                        reason = str(error) or type(error).__name__
                        await asyncio.sleep(_REFUSAL_SECONDS)
                    else:
                        return connection
                    finally:
                        reason = connection.last_fault or reason
                        if not connection.client.is_connected:
                            await connection.close()
        raise NatsServerError(f"{without_password(url)} as {public_key_of(seed)}: {reason}")

    @property
    def last_fault(self) -> str:
        """Text of the last fault; it names subjects and addresses, and holds no text of jobs."""
        return self._last_fault

    async def dial(self, url: str, seed: str, name: str, tls: ssl.SSLContext | None = None) -> None:
        """Connect. Tries until a server takes or refuses the user."""
        await self.client.connect(
            [address.strip() for address in url.split(",")],
            name=name,
            nkeys_seed_str=seed,
            tls=tls,
            connect_timeout=_CONNECT_SECONDS,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_SECONDS,
            ping_interval=_PING_SECONDS,
            error_cb=self._report,
            disconnected_cb=self._report_loss,
            reconnected_cb=self._begin_anew,
        )
        self._is_open = True

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._closing is not None:
            await asyncio.wait([self._closing])
        else:
            await self._close_now()

    async def _close_now(self) -> None:
        # The server may have cut the line already.
        with contextlib.suppress(OSError):
            await self.client.close()

    async def _report(self, error: Exception) -> None:
        self._last_fault = str(error) or type(error).__name__
        if not self._is_open:
            if _REFUSAL in self._last_fault.lower():
                # Out of the library's endless tries: the next one would be refused as well.
                raise error
            return
        is_refusal = _REFUSAL in self._last_fault.lower()
        if not self.client.is_connected:
            self._vain_tries += 1
        # The library tries five times a second: of vain tries the log gets the first, the second,
        # the fourth, the eighth and so on.
        if is_refusal or self._vain_tries.bit_count() <= 1:
            logger.warning("NATS: %s", self._last_fault)
        if is_refusal and self._closing is None:
            self.refusal.set()
            self._closing = asyncio.create_task(self._close_now())

    async def _report_loss(self) -> None:
        if self._is_open and not self.client.is_closed:
            logger.warning("NATS: the connection is lost; it is made again")

    async def _begin_anew(self) -> None:
        self._vain_tries = 0
        if self.on_reconnect is not None:
            await self.on_reconnect()
