"""Access to the API: signed requests of validators, API keys of importers, reading for all."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Depends, Request

from cgp.api.bodies import check_media_type, parse
from cgp.api.desk import AppState, Desk
from cgp.api.keys import ApiKey, Scope
from cgp.protocol.wire import WireModel
from cgp.signing import RateLimit, Refusal

M = TypeVar("M", bound=WireModel)


@dataclass(frozen=True, slots=True)
class SignedBody(Generic[M]):
    """A request's message, signed by a permitted validator."""

    hotkey: str
    message: M


def signed(model: type[M]) -> Any:  # noqa: ANN401 - what FastAPI's Depends is typed as
    """Return the dependency that lets signed requests with a body of ``model`` in."""

    async def admit(request: Request, desk: AppState) -> SignedBody[M]:
        check_media_type(request)
        signed_request = await desk.gate.admit(request)
        return SignedBody(
            signed_request.hotkey, await desk.reads(parse, model, signed_request.body)
        )

    return Depends(admit)


async def reader(request: Request, desk: AppState) -> None:
    """Let a reader in: anyone, at the rate of its address, or the holder of a key, at the key's.

    Raises:
        Refusal: 429 where it comes too often, 401 or 403 for a wrong key.
    """
    caller = client_of(request)
    if "authorization" in request.headers:
        caller = (await _key(request, desk, "read")).id
    _count(desk.reads_by, caller)


async def importer(request: Request, desk: AppState) -> ApiKey:
    """Let the holder of a key with the scope ``import`` in.

    Raises:
        Refusal: 401 without a key, 403 for a key without the scope, 429 where it comes too often.
    """
    key = await _key(request, desk, "import")
    _count(desk.imports_by, key.id)
    return key


def client_of(request: Request) -> str:
    """Return the identity of a caller: its IPv4 address, or its IPv6 network of 64 bits.

    A caller with one IPv6 address usually has all 2^64 of its network.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


async def _key(request: Request, desk: Desk, scope: Scope) -> ApiKey:
    client = client_of(request)
    if wait := desk.bad_keys.wait(client):
        raise Refusal(429, "TooManyRequests", "too many wrong API keys", retry_after=wait)
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    key = None
    if scheme.lower() == "bearer":
        key = await desk.reads(desk.store.key_of, text.strip())
    if key is None:
        # Guessing is limited by address; a request without any key costs nothing.
        if text:
            desk.bad_keys.count(client)
        refusal = Refusal(401, "NoKey", "Authorization: expected 'Bearer' and an active API key")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        raise refusal
    if scope not in key.scopes:
        raise Refusal(403, "WrongScope", f"Authorization: this key lacks the scope {scope!r}")
    return key


def _count(rates: RateLimit, caller: str) -> None:
    if wait := rates.wait(caller):
        raise Refusal(429, "TooManyRequests", "slow down", retry_after=wait)
    rates.count(caller)
