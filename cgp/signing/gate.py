"""The server's side: admission of requests, and the replies to the others.

The cheapest check comes first, so that a stranger costs a server little.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import bittensor as bt
from bittensor import http_auth
from starlette.requests import Request

from cgp.request_bodies import is_too_long
from cgp.signing.nonces import SharedNonces
from cgp.signing.rates import RateLimit
from cgp.signing.refusal import Refusal, read_body, too_large

BODY_SECONDS: Final = 10.0
"""Longest time for a caller to send its body; a nonce is not valid for longer than that either."""

FORGERIES_PER_MINUTE: Final = 120.0
"""Failed verifications (about 0.1 ms of CPU each) a minute in the name of one hotkey from one
address.
"""

_SIGNED_HEADERS = frozenset(
    name.lower()
    for name in (
        http_auth.HEADER_VERSION,
        http_auth.HEADER_HOTKEY,
        http_auth.HEADER_RECEIVER,
        http_auth.HEADER_NONCE,
        http_auth.HEADER_CRYPTO,
        http_auth.HEADER_SIGNATURE,
    )
)

# Newer SDKs pin the key type themselves; 11.3.0 believes the sender's header, so it is checked
# after.
_PIN: Final[Mapping[str, Any]] = (
    {"expected_crypto_type": bt.CRYPTO_SR25519}
    if "expected_crypto_type" in inspect.signature(http_auth.verify).parameters
    else {}
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that is proven to come from ``hotkey``, fresh and for this server."""

    hotkey: str
    nonce: int
    body: bytes


@dataclass
class RequestGate:
    """Lets signed requests of permitted callers in.

    ``hotkey`` is the server's own. ``permit`` raises ``Refusal`` (at once or when awaited) for a
    hotkey that may not call; it is asked before any cryptography. ``room`` raises ``Refusal``
    where no more work is taken now: a request refused in an overload costs no body and no
    signature. ``nonces`` remembers in memory the nonces that this process accepted; ``shared`` the
    nonces that any process of the receiver accepted, also before a restart. ``on_stale`` hears of
    requests that are signed as they should be, but at another time (the seconds that the caller's
    clock is ahead of ours): one of the two clocks is wrong.
    """

    hotkey: str
    permit: Callable[[str], Awaitable[None] | None]
    max_bytes: int
    rates: RateLimit
    nonces: http_auth.NonceStore = field(default_factory=http_auth.InMemoryNonceStore)
    shared: SharedNonces | None = None
    room: Callable[[], None] = lambda: None
    forgeries: RateLimit = field(default_factory=lambda: RateLimit(FORGERIES_PER_MINUTE))
    on_stale: Callable[[str, float], None] = lambda _hotkey, _seconds: None

    async def admit(self, request: Request) -> SignedRequest:
        """Return the verified request; the checks, in order.

        1. The announced size (413; none announced: 411; chunked: limited while it is read).
        2. The shape of the headers: one hotkey, no signed header twice (401).
        3. The hotkey may call, as ``permit`` decides (usually 403).
        4. The hotkey's rate (429), and room for more work, as ``room`` decides (usually 503).
        5. The body, within the limits of size (413) and time (408).
        6. Receiver, freshness, signature over raw body and wire path, replay, sr25519 (401; 429
           where too many in the name of this hotkey from this address failed).

        Raises:
            Refusal: with the status to answer.
        """
        self._check_size(request.headers)
        headers = _auth_headers(request)
        hotkey = headers[http_auth.HEADER_HOTKEY.lower()]
        if (asking := self.permit(hotkey)) is not None:
            await asking
        address = request.client.host if request.client else ""
        self._check_rates(hotkey)
        self.room()
        body = await read_body(request, self.max_bytes, BODY_SECONDS)
        try:
            caller = self._verify(request, headers, body)
        except Refusal as refusal:
            if not self._is_only_late(refusal, request, headers, body):
                self._refuse_forger(f"{hotkey} {address}")
            raise
        # Only after the signature is verified: a forger must not use up a caller's nonces.
        if self.shared is not None and not await self.shared.is_new(
            caller.hotkey_ss58, caller.nonce_ns
        ):
            error = http_auth.ReplayedRequest.__name__
            raise Refusal(401, error, "this nonce was already accepted from this hotkey")
        # Again, since others of the same caller may have passed while the body was read.
        self._check_rates(caller.hotkey_ss58)
        self.rates.count(caller.hotkey_ss58)
        return SignedRequest(caller.hotkey_ss58, caller.nonce_ns, body)

    def _check_size(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length")
        if length is None:
            if "transfer-encoding" not in headers:
                raise Refusal(411, "LengthRequired", "send a Content-Length")
            return
        if is_too_long(length, self.max_bytes):
            raise too_large(self.max_bytes)

    def _check_rates(self, hotkey: str) -> None:
        if wait := self.rates.wait(hotkey):
            raise Refusal(429, "TooManyRequests", "slow down", retry_after=wait)

    def _refuse_forger(self, pair: str) -> None:
        """Count a forgery in a hotkey's name from an address; hang up on too many.

        Raises:
            Refusal: 429. Only ever for a request that failed: a forger in the name of a hotkey,
                from its own address even, cannot have it refused. (Verifying costs less than the
                HTTP server's work until then, so refusing unseen would save little.)
        """
        wait = self.forgeries.wait(pair)
        self.forgeries.count(pair)
        if wait:
            refusal = Refusal(
                429,
                "TooManyForgeries",
                "too many requests of this hotkey from this address failed verification",
                retry_after=wait,
            )
            refusal.headers["Connection"] = "close"
            raise refusal from None

    def _is_only_late(
        self, refusal: Refusal, request: Request, headers: Mapping[str, str], body: bytes
    ) -> bool:
        """Tell if only the time of a request is wrong, and notify the listener."""
        if refusal.error != http_auth.StaleRequest.__name__:
            return False
        nonce = int(headers[http_auth.HEADER_NONCE.lower()])
        try:
            # With the sender's time as ours: only a request that the hotkey did sign may accuse a
            # clock.
            caller = http_auth.verify(
                headers,
                body,
                method=request.method,
                path=_target(request),
                self_hotkey_ss58=self.hotkey,
                now_ns=nonce,
                **_PIN,
            )
        except http_auth.AuthError:
            return False
        self.on_stale(caller.hotkey_ss58, (nonce - time.time_ns()) / 1e9)
        return True

    def _verify(
        self, request: Request, headers: Mapping[str, str], body: bytes
    ) -> http_auth.Caller:
        try:
            caller = http_auth.verify(
                headers,
                body,
                method=request.method,
                path=_target(request),
                self_hotkey_ss58=self.hotkey,
                nonce_store=self.nonces,
                **_PIN,
            )
        except http_auth.AuthError as error:
            raise Refusal(401, type(error).__name__, str(error)) from None
        if caller.crypto_type != bt.CRYPTO_SR25519:
            raise Refusal(401, "BadSignature", "hotkeys of this subnet sign with sr25519")
        return caller


def _auth_headers(request: Request) -> dict[str, str]:
    """Return the signed headers, lower-cased, each of them once.

    Of a header given twice, one library reads the first and another the last: the hotkey that is
    looked up would not be the hotkey that is verified.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        if name in _SIGNED_HEADERS:
            if name in headers:
                raise Refusal(401, "MalformedAuth", f"{name} is given twice")
            headers[name] = value
    if not headers.get(http_auth.HEADER_HOTKEY.lower()):
        raise Refusal(401, "MalformedAuth", f"missing {http_auth.HEADER_HOTKEY}")
    return headers


def _target(request: Request) -> str:
    """Return the request target in its wire form, as the caller signed it."""
    target: str = request.scope["raw_path"].decode("latin-1")
    if query := request.scope["query_string"]:
        target += "?" + query.decode("latin-1")
    return target
