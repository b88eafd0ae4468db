"""Who comes in: signed requests of validators, API keys of importers, anyone for reading."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Depends, Request

from cgp.api.bodies import check_media_type, parse
from cgp.api.desk import Desk, TheDesk
from cgp.api.keys import ApiKey, Scope
from cgp.protocol.wire import WireModel
from cgp.signing import RateLimit, Refusal

M = TypeVar("M", bound=WireModel)


@dataclass(frozen=True, slots=True)
class Told(Generic[M]):
    """A request that a permitted validator signed, and what it says."""

    hotkey: str
    message: M


def signed(model: type[M]) -> Any:  # noqa: ANN401 - what FastAPI's Depends is typed as
    """Return the dependency that lets signed requests with a body of ``model`` in."""

    async def admitted(request: Request, desk: TheDesk) -> Told[M]:
        check_media_type(request)
        proven = await desk.gate.admit(request)
        return Told(proven.hotkey, await desk.reads(parse, model, proven.body))

    return Depends(admitted)


async def reader(request: Request, desk: TheDesk) -> None:
    """Let a reader in: anyone, at the rate of its address, or the holder of a key, at the key's.

    Raises:
        Refusal: 429 where it comes too often, 401 or 403 for a wrong key.
    """
    who = client_of(request)
    if "authorization" in request.headers:
        who = (await _key(request, desk, "read")).id
    _count(desk.reads_by, who)


async def importer(request: Request, desk: TheDesk) -> ApiKey:
    """Let the holder of a key with the scope ``import`` in.

    Raises:
        Refusal: 401 without a key, 403 for a key without the scope, 429 where it comes too often.
    """
    key = await _key(request, desk, "import")
    _count(desk.imports_by, key.id)
    return key


def client_of(request: Request) -> str:
    """Return what tells one caller from another: the address, of IPv6 its network of 64 bits.

    Whoever has an IPv6 address has 2^64 of them.
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
        if text:
            desk.bad_keys.count(client)
        refusal = Refusal(401, "NoKey", "Authorization: expected 'Bearer' and an active API key")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        raise refusal
    if scope not in key.scopes:
        raise Refusal(403, "WrongScope", f"Authorization: this key lacks the scope {scope!r}")
    return key


def _count(rates: RateLimit, who: str) -> None:
    if wait := rates.wait(who):
        raise Refusal(429, "TooManyRequests", "slow down", retry_after=wait)
    rates.count(who)
