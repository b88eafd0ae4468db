"""Our actor: its addresses, and the documents by which other servers know it. Pure."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import cgp
from cgp.mycelium.fediverse.documents import ACTIVITY_STREAMS, PUBLIC
from cgp.mycelium.fediverse.http_message import authority_of

CONTEXT: Final = ACTIVITY_STREAMS
SECURITY: Final = "https://w3id.org/security/v1"
NAME: Final = re.compile(r"[a-z0-9_]{1,30}")


@dataclass(frozen=True, slots=True)
class LocalActor:
    """An actor ``@name@host`` of this server.

    ``base_url`` is the server's address without a path, as others reach it. ``summary`` and
    ``public_pem`` are shown to everybody.
    """

    base_url: str
    name: str
    public_pem: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError(
                f"{self.base_url!r} is not an address of a server: it must be https://HOST, no path"
            )
        if not NAME.fullmatch(self.name):
            raise ValueError("an actor's name has 1 to 30 small letters, digits and underscores")

    @property
    def origin(self) -> str:
        """The server's address without a slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def id(self) -> str:
        """Address of the actor."""
        return f"{self.origin}/users/{self.name}"

    @property
    def key_id(self) -> str:
        """Address of the actor's key."""
        return f"{self.id}#main-key"

    @property
    def inbox(self) -> str:
        """Address that activities for the actor are posted to."""
        return f"{self.id}/inbox"

    @property
    def outbox(self) -> str:
        """Address of the actor's public posts."""
        return f"{self.id}/outbox"

    @property
    def followers(self) -> str:
        """Address of the collection of followers, also the audience of posts to them."""
        return f"{self.id}/followers"

    @property
    def handle(self) -> str:
        """Name with host, as people write it."""
        return f"@{self.name}@{authority_of(self.origin)}"

    def fresh_id(self, kind: str) -> str:
        """Return a new address of an activity or a post; it cannot be guessed."""
        return f"{self.id}/{kind}/{secrets.token_urlsafe(16)}"

    def document(self) -> Mapping[str, Any]:
        """Return the actor's own document."""
        return {
            "@context": [CONTEXT, SECURITY],
            "id": self.id,
            # A service is an actor without a person behind each post; clients mark it as a bot.
            "type": "Service",
            "preferredUsername": self.name,
            "name": self.name,
            "summary": self.summary,
            "url": self.id,
            "manuallyApprovesFollowers": False,
            "discoverable": True,
            "inbox": self.inbox,
            "outbox": self.outbox,
            "followers": self.followers,
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": {
                "id": self.key_id,
                "owner": self.id,
                "publicKeyPem": self.public_pem,
            },
        }

    def web_finger(self, resource: str) -> Mapping[str, Any] | None:
        """Return the answer to WebFinger (RFC 7033); None for another resource than the actor."""
        # Names of accounts have no case; addresses do.
        account = f"acct:{self.name}@{authority_of(self.origin)}"
        if resource.lower() != account.lower() and resource != self.id:
            return None
        return {
            "subject": account,
            "aliases": [self.id],
            "links": [
                {"rel": "self", "type": "application/activity+json", "href": self.id},
            ],
        }

    def node_info(self, posts: int) -> Mapping[str, Any]:
        """Return the server's description in NodeInfo 2.1; ``posts`` counts public ones."""
        return {
            "version": "2.1",
            "software": {
                "name": "conversation-genome",
                "version": cgp.__version__,
                "repository": "https://github.com/conversation-genome/conversation-genome",
            },
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {"users": {"total": 1}, "localPosts": posts},
            "metadata": {},
        }

    def node_info_links(self) -> Mapping[str, Any]:
        """Return the list of the server's descriptions."""
        return {
            "links": [
                {
                    "rel": "http://nodeinfo.diaspora.software/ns/schema/2.1",
                    "href": f"{self.origin}/nodeinfo/2.1",
                }
            ]
        }

    def collection(self, address: str, total: int, first: str = "") -> Mapping[str, Any]:
        """Return an ordered collection; its members are on pages from ``first`` on, or hidden."""
        document = {
            "@context": CONTEXT,
            "id": address,
            "type": "OrderedCollection",
            "totalItems": total,
        }
        return document | {"first": first} if first else document

    def note(
        self,
        content: str,
        at: datetime,
        *,
        to: Sequence[str] = (PUBLIC,),
        in_reply_to: str = "",
        mentions: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Return a new post. ``content`` is HTML; ``mentions`` maps handles to actors."""
        note = {
            "id": self.fresh_id("statuses"),
            "type": "Note",
            "attributedTo": self.id,
            "published": timestamp(at),
            "to": list(to),
            "cc": [self.followers] if PUBLIC in to else [],
            "content": content,
            "tag": [
                {"type": "Mention", "href": actor, "name": handle}
                for handle, actor in (mentions or {}).items()
            ],
        }
        return note | {"inReplyTo": in_reply_to} if in_reply_to else note

    def create(self, thing: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the activity that publishes a post, to the post's own audience."""
        return {
            "@context": CONTEXT,
            "id": f"{thing['id']}/activity",
            "type": "Create",
            "actor": self.id,
            "published": thing["published"],
            "to": thing["to"],
            "cc": thing.get("cc", []),
            "object": thing,
        }

    def follow(self, actor_id: str) -> Mapping[str, Any]:
        """Return the activity that asks to follow an actor."""
        return {
            "@context": CONTEXT,
            "id": self.fresh_id("follows"),
            "type": "Follow",
            "actor": self.id,
            "object": actor_id,
            "to": [actor_id],
        }

    def accept(self, follow: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the activity that accepts a follow, which it repeats in its essentials."""
        return {
            "@context": CONTEXT,
            "id": self.fresh_id("accepts"),
            "type": "Accept",
            "actor": self.id,
            "to": [follow["actor"]],
            "object": {
                "id": follow["id"],
                "type": "Follow",
                "actor": follow["actor"],
                "object": self.id,
            },
        }


def timestamp(at: datetime) -> str:
    """Return a time as ActivityStreams writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
