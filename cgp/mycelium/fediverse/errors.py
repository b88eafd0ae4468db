"""Errors of the fediverse's rooms: each is one peer's or one request's, and says the remedy."""

from __future__ import annotations

from cgp.mycelium.errors import MyceliumError


class FediverseError(
    MyceliumError, RuntimeError, code="fediverse.failed", remedy="see docs/fediverse.md"
):
    """Base of the errors of this room."""


class SignatureError(
    FediverseError,
    code="fediverse.signature",
    remedy="sign the request anew, with the actor's own key and the time of now",
):
    """A request is not signed, or its signature does not hold."""


class UnsafeAddressError(
    FediverseError,
    code="fediverse.unsafe_address",
    remedy="only public addresses over https are fetched; FEDIVERSE_ALLOW_LOOPBACK=true is for tests",
):
    """An address leads into this machine or a private network, or is not an https address."""


class FetchError(
    FediverseError, code="fediverse.fetch", remedy="it is tried again by itself; see the message"
):
    """A peer cannot be reached, or answers with an error. ``status`` is its HTTP status, or 0.

    ``retry_after`` is the number of seconds that it asks to wait, or 0.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class DocumentError(
    FediverseError, code="fediverse.document", remedy="the peer must send the document described"
):
    """A document of a peer is too large, too deep, no JSON, or lacks a field."""


class NoRoomError(
    FediverseError, code="fediverse.no_room", remedy="unfollow accounts there, or ask its operator"
):
    """The actor cannot remember more of what others want it to."""


class CatalogueFileError(
    FediverseError,
    code="fediverse.catalogue",
    remedy="let FEDIVERSE_CATALOGUE name a CSV file with a header line and a column `title`",
):
    """A catalogue for recommendations cannot be read."""


class AccountError(
    FediverseError,
    code="fediverse.account",
    remedy="set MASTODON_INSTANCE_URL and MASTODON_API_KEY (Preferences, Development, your app)",
):
    """The account on an instance cannot be used."""
