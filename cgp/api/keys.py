"""API keys: made once, shown once, kept as a hash, limited in what they allow, revocable.

A key is ``cgp_ID_SECRET``. Its secret has 256 random bits, so a plain SHA-256 of it cannot be
guessed back: the slow hashes that passwords need would only slow down every request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

import sqlalchemy as sa

from cgp.api.schema import api_keys, api_schema
from cgp.store import Store
from cgp.store.database import atomic, storable

Scope = Literal["import", "read", "chat", "worker", "keep"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

_FORM = re.compile(r"cgp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept: everything but its secret. Times are seconds since the epoch."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    def state(self, now: float) -> Literal["active", "expired", "revoked"]:
        """Return the state of the key at the time ``now``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class NewKey(NamedTuple):
    """Key that was just made, and its text, which cannot be had again."""

    key: ApiKey
    text: str


class ApiKeys(Store):
    """The store with the API's keys beside it, in the same database."""

    def create_key_table(self) -> None:
        """Make the table of keys where it is missing; needed once before any other call."""
        with self._writing() as connection:
            api_schema.create_all(connection)

    def create_key(
        self, name: str, scopes: Sequence[str], *, seconds: float | None = None
    ) -> NewKey:
        """Make a key that lasts for ``seconds`` (None: until revoked).

        Raises:
            ValueError: if there is no name or no scope, or an unknown one.
        """
        if not name.strip():
            raise ValueError("a key needs a name, to know it by when it is to be revoked")
        wrong = sorted(set(scopes) - set(SCOPES))
        if wrong or not scopes:
            raise ValueError(f"scopes are {', '.join(SCOPES)}, not {', '.join(wrong) or 'none'}")
        identifier, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = self._add_key(identifier, secret, name, scopes, seconds)
        return NewKey(key, f"cgp_{identifier}_{secret}")

    @atomic
    def _add_key(
        self,
        identifier: str,
        secret: str,
        name: str,
        scopes: Sequence[str],
        seconds: float | None,
    ) -> ApiKey:
        with self._writing() as connection:
            now = self._now(connection)
            expires_at = None if seconds is None else now + seconds
            sorted_scopes = tuple(sorted(set(scopes)))
            key = ApiKey(identifier, storable(name, 200), sorted_scopes, now, expires_at, None)
            connection.execute(
                sa.insert(api_keys).values(
                    id=key.id,
                    name=key.name,
                    secret_hash=_hash(secret),
                    scopes=" ".join(key.scopes),
                    created_at=key.created_at,
                    expires_at=key.expires_at,
                )
            )
        return key

    def keys(self) -> list[ApiKey]:
        """Return all keys, the oldest first."""
        query = sa.select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
        with self._reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    @atomic
    def revoke_key(self, identifier: str) -> bool:
        """Make a key useless from now on; False where there is no active key of this id."""
        c = api_keys.c
        with self._writing() as connection:
            update = (
                sa.update(api_keys)
                .where(c.id == identifier, c.revoked_at.is_(None))
                .values(revoked_at=self._now(connection))
            )
            return connection.execute(update).rowcount == 1

    def key_of(self, text: str) -> ApiKey | None:
        """Return the active key that ``text`` is, None where it is none."""
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        query = sa.select(api_keys).where(api_keys.c.id == match[1])
        with self._reading() as connection:
            row = connection.execute(query).first()
            now = self._now(connection)
        # Compared in constant time, so that timing tells nothing about the hash.
        if row is None or not hmac.compare_digest(row.secret_hash, _hash(match[2])):
            return None
        key = _key(row)
        return key if key.state(now) == "active" else None


def _hash(secret: str) -> str:
    # A plain hash is enough: the secret is random, so there is no list of likely ones to try.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        row.id, row.name, tuple(row.scopes.split()), row.created_at, row.expires_at, row.revoked_at
    )
