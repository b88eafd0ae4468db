"""Events of the SPORE protocol, and the actions that a node's state asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cgp.mycelium.errors import Fault
from cgp.mycelium.messages import Kind, NodeMessage, RefusalReason
from cgp.mycelium.spore_state import NodeState
from cgp.mycelium.updates import Update


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


@dataclass(frozen=True, slots=True)
class TrainingDone:
    """The node trained for the open round; ``update`` is signed and stored."""

    update: Update


@dataclass(frozen=True, slots=True)
class AggregationDone:
    """The group's next head was made of a round's updates.

    It is not taken where it is not the one that was expected.
    """

    group: str
    round: int
    head: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Abstention:
    """The node sends no update in this round, and its budget of privacy stays as it is.

    ``is_final`` says that nothing is left of the budget: it can send none, needed or not.
    """

    group: str
    round: int
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """The node wants to move to a group that it measured."""

    group: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The node is about to end for good."""


Event: TypeAlias = (
    Tick | TrainingDone | AggregationDone | Abstention | Wish | Quit | NodeMessage | Update
)


@dataclass(frozen=True, slots=True)
class Listen:
    """Receive a group's messages."""

    topic: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Receive a group's messages no longer."""

    topic: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message; the shell adds time, place, head and loss, and signs."""

    topic: str
    kind: Kind
    group: str
    round: int = 0
    nonce: str = ""
    to: str = ""
    members: int = 0
    reason: RefusalReason = RefusalReason.NONE


@dataclass(frozen=True, slots=True)
class SendUpdate:
    """Send this node's update of the open round, the first time or again."""

    topic: str
    round: int


@dataclass(frozen=True, slots=True)
class Train:
    """Train from the group's head for a round that has begun.

    With ``is_needed`` the round stands still without this node's update.
    """

    group: str
    round: int
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Make the group's next head of the updates of a round that is closed.

    With ``expected_head`` it is taken, and the round closed, only if it is the head of that name.
    """

    group: str
    round: int
    updates: Mapping[str, Update]
    members: frozenset[str]
    expected_head: str = ""


@dataclass(frozen=True, slots=True)
class TakeHead:
    """Go on from a head of the own group that came from a member; its name was checked."""

    update: Update


@dataclass(frozen=True, slots=True)
class HandOver:
    """Send this node's head to a node that asked for it."""

    to: str


@dataclass(frozen=True, slots=True)
class HeadArrival:
    """A head came that this node asked for."""

    update: Update


@dataclass(frozen=True, slots=True)
class Name:
    """A node did wrong; its message is left out."""

    node: str
    fault: Fault


Action: TypeAlias = (
    Listen
    | Ignore
    | Send
    | SendUpdate
    | Train
    | Aggregate
    | TakeHead
    | HandOver
    | HeadArrival
    | Name
)
Step: TypeAlias = tuple[NodeState, list[Action]]
