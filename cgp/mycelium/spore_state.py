"""State of a node in the SPORE protocol: its knowledge of its group, and of other groups."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeVar

from cgp.mycelium.errors import Fault
from cgp.mycelium.messages import NodeMessage
from cgp.mycelium.updates import Update

_NOT_LIVE: Final = 0.0
# Longer than a message counts: an old one of a forgotten member is refused by its age.
_FORGET_MEMBER: Final = 120.0
_MAX_GROUPS: Final = 64
# Entries of nodes that left are kept for a while, so that their old messages stay old.
_TIMES_A_MEMBER: Final = 4
# Rounds and heads that are kept of a member, and of this node: a head on its way may be as old.
_MOST_CLAIMS: Final = 4

T = TypeVar("T")


class Phase(StrEnum):
    """Place of a node in the protocol."""

    PROBING = "probing"
    """It has no group and listens for one."""
    JOINING = "joining"
    """It asked to join a group and waits; it may still be a member of another."""
    MEMBER = "member"
    OVER = "over"
    """It said farewell; nothing more comes of it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Times in seconds, and numbers of members.

    ``round`` is the most time of a round, ``every`` the least (nodes train every so often),
    ``beat`` the time between two signs of life, ``absent`` the silence after which a member is
    gone. A group that refused is asked again after ``ask_again``; one that was silent is asked by
    then at the latest. A first round waits for ``least_members``. A round is closed with ``quorum``
    updates at least, and more than half of the live members'.
    """

    beat: float = 1.0
    absent: float = 4.0
    announce: float = 1.0
    forget_group: float = 6.0
    found_after: float = 2.0
    join_wait: float = 2.0
    ask_again: float = 30.0
    round: float = 5.0
    every: float = 0.0
    least_members: int = 2
    quorum: int = 2
    most_members: int = 64
    welcome: frozenset[str] | None = None
    """Addresses that may be members; None lets everybody in."""


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group as its last announcement tells it. ``members`` is a claim."""

    name: str
    members: int
    announcer: str
    at: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A member's word of itself: its round, the head that this began from, and if it sends none.

    Round 0 is the time before it has opened one.
    """

    round: int
    head: str = ""
    is_silent: bool = False


@dataclass(frozen=True)
class NodeState:
    """Everything that a node knows of the protocol; times are seconds on the caller's clock.

    ``sightings`` maps members (this node too) to the time of their last sign of life, ``claims`` to
    their words of themselves, the latest first, ``last_times`` to the ``time_ms`` of their last
    message. ``updates`` are the open round's, ``early`` later ones. ``heads`` names
    the heads of this node's group as it had them, the latest first (digests).

    ``carrier_rounds`` maps the nodes whose updates this one saw in its group to the last such
    round. ``patrons`` are the members that were there before a newcomer, until its first round
    there is over. ``units`` are the units of privacy of the last round's updates. ``is_back`` says
    that it was a member before a restart. ``seen_round`` is the round where a node that listens
    heard most others, at ``heard_at``. ``offer`` is a head that came and that it did not take yet;
    ``is_tried`` says that a newcomer has made a round's head by itself.

    ``closed_rounds`` maps groups to the last round that was closed in them. A node that
    ``abstains`` sends no update in the open round and still closes it; at ``reconsider_at`` it
    trains again. ``entered`` is the time when it entered its group, ``opened_at`` that when it last
    began a round. ``refusals`` maps groups that did not let it in to the time when they are asked
    again, and ``failures`` counts the requests in a row that brought nothing.
    """

    node: str
    seed: int
    policy: Policy = field(default_factory=Policy)
    phase: Phase = Phase.PROBING
    since: float = 0.0
    entered: float = 0.0
    group: str = ""
    round: int = 0
    deadline: float = 0.0
    target: str = ""
    nonce: str = ""
    count: int = 0
    beat_at: float = _NOT_LIVE
    announced_at: float = _NOT_LIVE
    sightings: Mapping[str, float] = field(default_factory=dict)
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)
    last_times: Mapping[str, int] = field(default_factory=dict)
    updates: Mapping[str, Update] = field(default_factory=dict)
    early: Mapping[str, Update] = field(default_factory=dict)
    abstains: bool = False
    reconsider_at: float = math.inf
    opened_at: float = 0.0
    heads: tuple[str, ...] = ()
    carrier_rounds: Mapping[str, int] = field(default_factory=dict)
    patrons: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    is_back: bool = False
    seen_round: int = 0
    heard_at: float = 0.0
    asked_at: float = _NOT_LIVE
    offer: Update | None = None
    is_tried: bool = False
    groups: Mapping[str, KnownGroup] = field(default_factory=dict)
    closed_rounds: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, float] = field(default_factory=dict)
    failures: int = 0

    def live(self, now: float) -> frozenset[str]:
        """Return the members that gave a sign of life lately, this node always."""
        oldest = now - self.policy.absent
        return frozenset(n for n, at in self.sightings.items() if at >= oldest) | {self.node}

    def without_old(self, now: float) -> NodeState:
        """Return the state without groups, refusals and members that are long past."""
        seen = now - self.policy.forget_group
        gone = {node for node, at in self.sightings.items() if at < now - _FORGET_MEMBER}
        return replace(
            self,
            groups={name: group for name, group in self.groups.items() if group.at >= seen},
            refusals={name: until for name, until in self.refusals.items() if until > now},
            sightings=_without(self.sightings, gone),
            claims=_without(self.claims, gone),
            last_times=_without(self.last_times, gone),
        )

    def without_member(self, node: str) -> NodeState:
        """Return the state after a member's farewell; the time of its last message is kept."""
        gone = {node}
        return replace(
            self,
            sightings=_without(self.sightings, gone),
            claims=_without(self.claims, gone),
            carrier_rounds=_without(self.carrier_rounds, gone),
            patrons=self.patrons - gone,
        )

    def with_claim(self, node: str, claim: Claim, now: float) -> NodeState:
        """Return the state after a sign of life."""
        earlier = tuple(old for old in self.claims.get(node, ()) if old != claim)
        claims = {**self.claims, node: (claim, *earlier)[:_MOST_CLAIMS]}
        # One that begins anew is a newcomer itself: it was not there before.
        patrons = self.patrons if claim.round else self.patrons - {node}
        sightings = {**self.sightings, node: now}
        return replace(self, sightings=sightings, claims=claims, patrons=patrons)

    def with_head(self, head: str) -> NodeState:
        """Return the state with another head of the group."""
        return replace(self, heads=(head, *self.heads)[:_MOST_CLAIMS])

    def with_carriers(self, nodes: AbstractSet[str], number: int) -> NodeState:
        """Return the state after a round with right updates of these nodes."""
        latest = {**self.carrier_rounds, **dict.fromkeys(nodes, number)}
        names = sorted(latest, key=lambda node: (-latest[node], node))
        names = names[: _TIMES_A_MEMBER * self.policy.most_members]
        return replace(self, carrier_rounds={node: latest[node] for node in names})

    def has_room_for(self, node: str, now: float) -> bool:
        """Tell if a node is a live member, or the group has room for one more.

        Updates that are there already keep their places: strangers may come and go in a round.
        """
        places = self.live(now) | self.updates.keys() | self.early.keys()
        return node in places or len(places) < self.policy.most_members

    def open_groups(self) -> list[KnownGroup]:
        """Return the other groups that this node did not ask in vain lately."""
        closed = self.refusals.keys() | {self.group}
        return [group for name, group in self.groups.items() if name not in closed]

    def choice(self, groups: Sequence[KnownGroup]) -> str:
        """Return the group to ask: the largest, so that nodes come together; else one by chance.

        Sizes are claims. After a request in vain they are not believed: an invented group must not
        stand before the real ones for ever.
        """
        ordered = sorted(groups, key=lambda group: (-group.members, group.name))
        pick = int(self.chance("choice", self.count) * len(ordered)) if self.failures else 0
        return ordered[pick].name

    def with_announcement(self, message: NodeMessage, now: float) -> NodeState:
        """Return the state that knows an announced group."""
        entry = KnownGroup(message.group, message.members, message.node, now)
        # A node is a member of one group: one that invents many has one place.
        others = {n: group for n, group in self.groups.items() if group.announcer != message.node}
        groups = {**others, message.group: entry}
        # A flood of invented groups pushes out the oldest; membership does not hang on this table.
        while len(groups) > _MAX_GROUPS:
            groups.pop(min(groups, key=lambda name: groups[name].at))
        return replace(self, groups=groups)

    def claim_of(self, node: str) -> Claim:
        """Return a node's last word of itself; the round 0 of one that said nothing."""
        return self.claims[node][0] if node in self.claims else Claim(0)

    def times_with(self, message: NodeMessage) -> Mapping[str, int]:
        """Return the times of members' last messages with one more; the oldest of too many go."""
        times = {**self.last_times, message.node: message.time_ms}
        while len(times) > _TIMES_A_MEMBER * self.policy.most_members:
            times.pop(min(times.keys() - {message.node}, key=lambda node: times[node]))
        return times

    def is_welcome(self, node: str) -> bool:
        """Tell if a node may be a member."""
        return self.policy.welcome is None or node in self.policy.welcome

    def fault_of(self, update: Update) -> Fault | None:
        """Return the wrong that its author did with an update, None if there is none."""
        # The first message of a new member may be its update, and a silent member may be slow: only
        # one that left is none any more.
        is_new = update.node not in self.last_times
        if not self.is_welcome(update.node) or not (is_new or update.node in self.sightings):
            return Fault.NOT_A_MEMBER
        # One round behind is lateness, and who says to be elsewhere is; else more is wrong.
        if self.round and not self.is_near(update) and not self._is_elsewhere(update):
            return Fault.WRONG_ROUND
        shelf = self.updates if update.round == self.round else self.early
        earlier = shelf.get(update.node)
        if (
            earlier is not None
            and earlier.round == update.round
            and earlier.digest != update.digest
        ):
            return Fault.SECOND_UPDATE
        return None

    def is_near(self, update: Update) -> bool:
        """Tell if an update is of the open round, of the one before or of the next one.

        A node that listens has none open: all are near.
        """
        return not self.round or abs(update.round - self.round) <= 1

    def _is_elsewhere(self, update: Update) -> bool:
        rounds = {claim.round for claim in self.claims.get(update.node, ())}
        return any(abs(update.round - number) <= 1 for number in rounds)

    def chance(self, *words: object) -> float:
        """Return a number from 0 to 1 that hangs on the seed, the node and the words alone."""
        text = "/".join(map(str, (self.seed, self.node, *words)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / (1 << 48)


def _without(table: Mapping[str, T], names: AbstractSet[str]) -> Mapping[str, T]:
    return {name: value for name, value in table.items() if name not in names}
