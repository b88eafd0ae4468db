"""The check of a request from another server: signed, fresh, whole, and by the actor it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cgp.mycelium.fediverse import cavage, rfc9421
from cgp.mycelium.fediverse.documents import RemoteActor
from cgp.mycelium.fediverse.errors import FediverseError, SignatureError
from cgp.mycelium.fediverse.fetching import utc_now
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.key_directory import KeyDirectory
from cgp.mycelium.fediverse.signatures import Claim, require_signature


def claim_in(message: HttpMessage, now: datetime) -> Claim:
    """Return the signature of a request in the form that it has, checked as far as without a key.

    Raises:
        SignatureError: if there is none, or it fails a check.
    """
    if "signature" not in message.headers:
        raise SignatureError("the request is not signed")
    if "signature-input" in message.headers:
        return rfc9421.claim_of(message, now)
    return cavage.claim_of(message, now)


class Verifier:
    """Finds out which actor signed a request. ``clock`` gives the time."""

    def __init__(self, directory: KeyDirectory, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._directory = directory
        self._clock = clock

    async def signer_of(self, message: HttpMessage) -> RemoteActor:
        """Return the actor whose key signed a request.

        Raises:
            SignatureError: if no signature holds, or its key cannot be fetched.
        """
        claim = claim_in(message, self._clock())
        try:
            owner = await self._directory.owner_of(claim.key_id)
            try:
                require_signature(claim, owner.key)
            except SignatureError:
                # The owner may have changed the key since it was fetched.
                owner = await self._directory.owner_of(claim.key_id, anew=True)
                require_signature(claim, owner.key)
        except SignatureError:
            raise
        except FediverseError as error:
            raise SignatureError(f"the key cannot be fetched: {error}") from error
        return owner.actor
