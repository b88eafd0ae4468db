"""The meaning of an activity that came to our actor's inbox. Pure.

The sender is verified before. An activity counts for its own author alone: it may not speak of
another's follow, nor bring another's post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cgp.mycelium.fediverse.actor_records import ActorQuestion, Effects, Follower, Outgoing
from cgp.mycelium.fediverse.documents import (
    Document,
    RemoteActor,
    id_field,
    is_same_origin,
    kind_of,
    object_field,
    text_field,
    texts_field,
)
from cgp.mycelium.fediverse.errors import DocumentError
from cgp.mycelium.fediverse.http_message import authority_of
from cgp.mycelium.fediverse.local_actor import LocalActor
from cgp.mycelium.fediverse.message_objects import MESSAGE, message_in
from cgp.mycelium.fediverse.outgoing import as_bytes
from cgp.mycelium.fediverse.post_text import MAX_POST, plain_text
from cgp.mycelium.fediverse.skills import wants_answer
from cgp.mycelium.transports import Delivery

ACCEPT_SECONDS: Final = 2 * 86_400.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """An activity that came: its id, its consequences, and the node's message in it, if any."""

    activity: str
    effects: Effects
    message: Delivery | None = None


def arrival_of(
    document: Document, sender: RemoteActor, actor: LocalActor, tags: Sequence[str], now: float
) -> Arrival:
    """Return the meaning of an activity that ``sender`` signed.

    ``tags`` are hashtags (small letters, no ``#``) by which a post asks our actor. ``now`` is in
    seconds since 1970. An activity of another kind than those that concern us has no effects.

    Raises:
        DocumentError: if the activity is malformed, or speaks for another actor than its sender.
    """
    activity = _own_id(document, "actor", sender)
    kind = kind_of(document)
    if kind == "Follow":
        return Arrival(activity, _follow(document, activity, sender, actor, now))
    if kind == "Undo":
        return Arrival(activity, _undo(document, sender, actor))
    if kind in {"Accept", "Reject"}:
        return Arrival(activity, _reply_to_follow(document, sender, actor))
    if goodbye_in(document) == sender.id:
        return Arrival(activity, Effects(forget_actor=sender.id))
    if kind == "Create":
        return _create(document, activity, sender, actor, tags)
    return Arrival(activity, Effects())


def goodbye_in(document: Document) -> str:
    """Return the actor that an activity says is deleted, as its own sender; empty for any other."""
    if kind_of(document) != "Delete":
        return ""
    try:
        actor = id_field(document, "actor")
        return actor if id_field(document, "object") == actor else ""
    except DocumentError:
        return ""


def _follow(
    document: Document, activity: str, sender: RemoteActor, actor: LocalActor, now: float
) -> Effects:
    if id_field(document, "object") != actor.id:
        raise DocumentError("object: there is no such actor here")
    accept = actor.accept({"id": activity, "actor": sender.id})
    outgoing = Outgoing(str(accept["id"]), (sender.inbox,), as_bytes(accept), now + ACCEPT_SECONDS)
    return Effects(add_follower=Follower(sender.id, sender.shared_inbox), outgoing=(outgoing,))


def _undo(document: Document, sender: RemoteActor, actor: LocalActor) -> Effects:
    follow = document.get("object")
    if not isinstance(follow, dict) or follow.get("type") != "Follow":
        return Effects()
    if id_field(follow, "actor") != sender.id or id_field(follow, "object") != actor.id:
        raise DocumentError("object: only one's own follow of our actor can be undone")
    return Effects(remove_follower=sender.id)


def _reply_to_follow(document: Document, sender: RemoteActor, actor: LocalActor) -> Effects:
    follow = document.get("object")
    # Some servers repeat our follow, others name it by its id, which begins with our actor's.
    if isinstance(follow, dict):
        is_ours = id_field(follow, "actor") == actor.id
    else:
        is_ours = text_field(document, "object").startswith(f"{actor.id}/follows/")
    if not is_ours:
        raise DocumentError("object: it is not a follow of our actor")
    if document["type"] == "Accept":
        return Effects(accept_follow=sender.id)
    return Effects(reject_follow=sender.id)


def _create(
    document: Document, activity: str, sender: RemoteActor, actor: LocalActor, tags: Sequence[str]
) -> Arrival:
    thing = object_field(document, "object")
    post = _own_id(thing, "attributedTo", sender)
    kind = kind_of(thing)
    if kind == MESSAGE:
        return Arrival(activity, Effects(), message_in(thing))
    is_mention = _is_mention(thing, actor)
    # Two bots that answer each other would never end.
    if kind != "Note" or sender.is_bot or not (is_mention or _has_tag(thing, tags)):
        return Arrival(activity, Effects())
    content = thing.get("content")
    if not isinstance(content, str) or len(content) > MAX_POST:
        raise DocumentError(f"content: must be a text of at most {MAX_POST} characters")
    text = plain_text(content)
    if not wants_answer(text, is_mention=is_mention, is_reply=bool(thing.get("inReplyTo"))):
        return Arrival(activity, Effects())
    handle = f"@{sender.name}@{authority_of(sender.id)}"
    question = ActorQuestion(post, sender.id, sender.inbox, handle, text)
    return Arrival(activity, Effects(question=question))


def _own_id(document: Document, author: str, sender: RemoteActor) -> str:
    """Return the id of an activity or a post whose field ``author`` must name its sender."""
    if id_field(document, author) != sender.id:
        raise DocumentError(f"{author}: must be the actor whose key signed the request")
    address = text_field(document, "id")
    if not is_same_origin(address, sender.id):
        raise DocumentError("id: must be on the sender's own server")
    return address


def _is_mention(note: Document, actor: LocalActor) -> bool:
    return (
        actor.id in texts_field(note, "to")
        or actor.id in texts_field(note, "cc")
        or any(mark.get("href") == actor.id for mark in _marks(note, "Mention"))
    )


def _has_tag(note: Document, tags: Sequence[str]) -> bool:
    names = (str(mark.get("name")).lower().removeprefix("#") for mark in _marks(note, "Hashtag"))
    return any(name in tags for name in names)


def _marks(note: Document, kind: str) -> list[Document]:
    marks = note.get("tag")
    entries = (marks if isinstance(marks, list) else [marks])[:64]
    return [mark for mark in entries if isinstance(mark, dict) and mark.get("type") == kind]
