"""Access to the gateway: API keys with the scope ``chat`` or ``worker``, and their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from cgp.api.access import client_of
from cgp.api.keys import ApiKeys, Scope
from cgp.chat.errors import ChatError
from cgp.signing import RateLimit

LOCAL: Final = "local"
"""Owner of everything at a gateway that asks for no keys."""

# A key has 256 random bits; the limit keeps guesses from costing reads of the database.
_BAD_KEYS_PER_MINUTE = 30
_REQUESTS_PER_MINUTE = 6000


@dataclass(frozen=True, slots=True)
class Caller:
    """Author of a request: its key, and the owner that the key is for (the key's name).

    ``keeps`` is True where the chats of the key become conversations.
    """

    key: str
    owner: str
    keeps: bool = False


@dataclass
class Access:
    """Lets callers in. ``keys`` is None where no key is asked for: on loopback alone.

    ``keeps_local`` says for a gateway without keys whether its chats become conversations.
    """

    keys: ApiKeys | None
    keeps_local: bool = False
    bad_keys: RateLimit = field(default_factory=lambda: RateLimit(_BAD_KEYS_PER_MINUTE))
    rates: RateLimit = field(default_factory=lambda: RateLimit(_REQUESTS_PER_MINUTE))

    async def admit(self, request: Request, scope: Scope) -> Caller:
        """Return the author of a request.

        Raises:
            ChatError: 401 for no key or a wrong one, 403 without the scope, 429 for too many.
        """
        caller = (
            Caller(LOCAL, LOCAL, self.keeps_local)
            if self.keys is None
            else await self._key_holder(request, scope)
        )
        if wait := self.rates.wait(caller.key):
            raise ChatError(429, "too_many_requests", "slow down", retry_after=wait)
        self.rates.count(caller.key)
        return caller

    async def _key_holder(self, request: Request, scope: Scope) -> Caller:
        assert self.keys is not None
        client = client_of(request)
        if wait := self.bad_keys.wait(client):
            raise ChatError(429, "too_many_wrong_keys", "too many wrong keys", retry_after=wait)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        key = None
        if scheme.lower() == "bearer" and text:
            key = await asyncio.to_thread(self.keys.key_of, text.strip())
        if key is None:
            if text:
                self.bad_keys.count(client)
            message = "give an active API key: Authorization: Bearer cgp_... (cgp keys create)"
            raise ChatError(401, "invalid_api_key", message)
        if scope not in key.scopes:
            raise ChatError(403, "wrong_scope", f"this key lacks the scope {scope!r}")
        return Caller(key.id, key.name, keeps="keep" in key.scopes)


@dataclass
class DailyTokens:
    """Tokens of each key in this UTC day; a restart begins anew. ``now`` is epoch seconds."""

    limit: int
    now: Callable[[], float]
    _day: int = 0
    _tokens: dict[str, int] = field(default_factory=dict)

    def check(self, key: str) -> None:
        """Raise where a key has no tokens left today.

        Raises:
            ChatError: 429.
        """
        if self.limit and self._today().get(key, 0) >= self.limit:
            rest = 86_400 - self.now() % 86_400
            message = f"this key has used its {self.limit} tokens of today (UTC)"
            raise ChatError(429, "insufficient_quota", message, retry_after=rest)

    def count(self, key: str, tokens: int) -> None:
        """Count the tokens of an answer."""
        today = self._today()
        today[key] = today.get(key, 0) + tokens

    def _today(self) -> dict[str, int]:
        day = int(self.now() // 86_400)
        if day != self._day:
            self._day, self._tokens = day, {}
        return self._tokens
