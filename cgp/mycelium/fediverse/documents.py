"""JSON of others, read with suspicion: within limits of size and depth, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from cgp.mycelium.fediverse.errors import DocumentError
from cgp.mycelium.fediverse.http_message import origin_of
from cgp.mycelium.fediverse.signing_key import PublicKey

MAX_BYTES: Final = 256 * 1024
"""Most bytes of a document: an actor has a few KiB, an update of a model up to 10."""

MAX_DEPTH: Final = 16
"""Most levels of lists and objects within each other: an honest activity has five."""

MAX_ID: Final = 2048

ACTIVITY_JSON: Final = "application/activity+json"
ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
LD_JSON: Final = f'application/ld+json; profile="{ACTIVITY_STREAMS}"'
ACCEPT: Final = f"{ACTIVITY_JSON}, {LD_JSON}"
PUBLIC: Final = f"{ACTIVITY_STREAMS}#Public"

Document = Mapping[str, Any]
_NAME: Final = re.compile(r"[\w.-]{1,200}", re.ASCII)


def read_document(data: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Return a JSON object.

    Raises:
        DocumentError: if it is too large, too deep or no JSON object.
    """
    if len(data) > max_bytes:
        raise DocumentError(f"a document has at most {max_bytes} bytes")
    try:
        document = from_json(data, allow_inf_nan=False, cache_strings=False)
    except ValueError:
        # The parser's message quotes the document, which does not belong in our log.
        raise DocumentError("the document is not JSON") from None
    if not isinstance(document, dict):
        raise DocumentError("the document must be a JSON object")
    _require_shallow(document)
    return document


def _require_shallow(document: object) -> None:
    # Level by level, since a recursion would end at the depth that is looked for.
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise DocumentError(f"a document has at most {MAX_DEPTH} levels")


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def text_field(document: Document, name: str, *, limit: int = MAX_ID) -> str:
    """Return a field that is a text of 1 to ``limit`` characters.

    Raises:
        DocumentError: if it is missing or another.
    """
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise DocumentError(f"{name}: must be a text of 1 to {limit} characters")
    return value


def kind_of(document: Document) -> str:
    """Return the type of a document, empty where it has none or several."""
    kind = document.get("type")
    return kind if isinstance(kind, str) else ""


def is_same_origin(address: str, other: str) -> bool:
    """Tell if two addresses are of one server; a malformed one is of none."""
    try:
        return origin_of(address) == origin_of(other)
    except ValueError:
        return False


def id_field(document: Document, name: str) -> str:
    """Return the address of a field that is an address, or an object with an ``id``.

    Raises:
        DocumentError: if it is neither.
    """
    value = document.get(name)
    if isinstance(value, dict):
        return text_field(value, "id")
    return text_field(document, name)


def object_field(document: Document, name: str) -> Document:
    """Return a field that is an object.

    Raises:
        DocumentError: if it is another.
    """
    value = document.get(name)
    if not isinstance(value, dict):
        raise DocumentError(f"{name}: must be an object")
    return value


def texts_field(document: Document, name: str, *, limit: int = 256) -> tuple[str, ...]:
    """Return the texts of a field that is a text or a list; others in it are left out.

    Raises:
        DocumentError: if there are more than ``limit``.
    """
    value = document.get(name)
    values = value if isinstance(value, list) else [value]
    if len(values) > limit:
        raise DocumentError(f"{name}: has at most {limit} values")
    return tuple(text for text in values if isinstance(text, str) and len(text) <= MAX_ID)


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """An actor of another server, as far as it is needed here."""

    id: str
    inbox: str
    shared_inbox: str
    name: str
    is_bot: bool
    keys: tuple[PublicKey, ...]

    def key(self, key_id: str) -> PublicKey | None:
        """Return the actor's own key of this address, None where it has none."""
        return next((key for key in self.keys if key.key_id == key_id), None)


def actor_of(document: Document) -> RemoteActor:
    """Return the actor that a document describes.

    Its inbox and its keys must be of the actor's own server: otherwise it could direct our
    deliveries at a third party.

    Raises:
        DocumentError: if it describes none.
    """
    actor_id, inbox = text_field(document, "id"), text_field(document, "inbox")
    if not is_same_origin(inbox, actor_id):
        raise DocumentError("inbox: must be on the actor's own server")
    endpoints = document.get("endpoints")
    shared_inbox = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    if not isinstance(shared_inbox, str) or not is_same_origin(shared_inbox, actor_id):
        shared_inbox = inbox
    name = document.get("preferredUsername")
    return RemoteActor(
        actor_id,
        inbox,
        shared_inbox,
        # It stands in our answers as part of a mention.
        name if isinstance(name, str) and _NAME.fullmatch(name) else "",
        kind_of(document) in {"Service", "Application"},
        tuple(_keys(document, actor_id)),
    )


def _keys(document: Document, actor_id: str) -> Iterator[PublicKey]:
    value = document.get("publicKey")
    for entry in (value if isinstance(value, list) else [value])[:8]:
        if isinstance(entry, dict) and entry.get("owner") == actor_id:
            key = PublicKey(
                text_field(entry, "id"), actor_id, text_field(entry, "publicKeyPem", limit=4096)
            )
            if is_same_origin(key.key_id, actor_id):
                yield key
