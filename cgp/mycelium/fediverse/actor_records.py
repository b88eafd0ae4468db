"""Records of an actor's store: followers, posts, questions, deliveries, effects of an activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class WorkState(StrEnum):
    """States of deliveries, of follows and of questions, as they stand in the file."""

    WAITING = "waiting"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Follower:
    """An actor that follows ours, and the inbox to deliver to."""

    actor: str
    inbox: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An activity to deliver: the same bytes to each inbox, by ``expires`` (seconds since 1970)."""

    activity: str
    inboxes: Sequence[str]
    body: bytes
    expires: float


@dataclass(frozen=True, slots=True)
class Post:
    """A public post of ours: its id, the id of the activity that made it, and that one's JSON."""

    id: str
    activity: str
    document: str


@dataclass(frozen=True, slots=True)
class ActorQuestion:
    """A post of another author that ours answers once. ``text`` is plain, and is data."""

    post: str
    author: str
    inbox: str
    handle: str
    text: str


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """A delivery that is due. ``server`` is the inbox's; ``tries`` counts earlier ones."""

    number: int
    activity: str
    inbox: str
    server: str
    body: bytes
    tries: int


@dataclass(frozen=True, slots=True)
class Effects:
    """Consequences of an activity, written in the transaction that remembers the activity."""

    add_follower: Follower | None = None
    remove_follower: str = ""
    accept_follow: str = ""
    reject_follow: str = ""
    question: ActorQuestion | None = None
    forget_actor: str = ""
    outgoing: tuple[Outgoing, ...] = ()
