"""The SPORE protocol, version 1, as a pure state machine: ``step(state, event, now)``.

A node probes the lobby, joins a group or founds one, and goes through rounds with it. In a round
each member trains, sends its update, and closes the round when the updates of all live members are
there, or at the deadline with a quorum. No member leads: each closes by itself, and the rule of
aggregation is the same for all.

A node leaves its group only after another one let it in, and an idle node founds a group after a
while of its own (by its seed), or after a few groups that it asked in vain. So all nodes may move
at once and none waits for ever. One that enters a group listens first, and goes on as
``cgp.mycelium.spore_rounds`` says.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cgp.backoff import pause_after
from cgp.mycelium.errors import Fault
from cgp.mycelium.history import electors
from cgp.mycelium.messages import Kind, NodeMessage, RefusalReason
from cgp.mycelium.spore_events import (
    Abstention,
    Action,
    AggregationDone,
    Event,
    HandOver,
    HeadArrival,
    Ignore,
    Listen,
    Name,
    Quit,
    Send,
    SendUpdate,
    Step,
    Tick,
    TrainingDone,
    Wish,
)
from cgp.mycelium.spore_rounds import (
    follow,
    is_stuck,
    leave,
    on_abstention,
    on_aggregation,
    on_head,
    on_training,
    open_round,
    reconsider,
    sign_of_life,
)
from cgp.mycelium.spore_state import Claim, NodeState, Phase, Policy
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import Update, UpdateKind

# Groups that are asked in vain before a node founds one: they may be invented.
_MOST_ASKS: Final = 3


def start(node: str, seed: int, policy: Policy, now: float) -> NodeState:
    """Return the state of a node that knows nothing yet."""
    return NodeState(node, seed, policy, since=now)


def resume(
    state: NodeState,
    group: str,
    now: float,
    carrier_rounds: Mapping[str, int] | None = None,
    seen_round: int = 0,
) -> Step:
    """Return the state of a node that was a member of ``group`` before it ended.

    ``state.closed_rounds`` says which rounds it closed before: they stay closed. ``carrier_rounds``
    maps the nodes whose updates it counted there to the last such round; ``seen_round`` is the last
    one that it was in.
    """
    state, actions = _become_member(state, group, now)
    state = replace(
        state, is_back=True, carrier_rounds=dict(carrier_rounds or {}), seen_round=seen_round
    )
    return state, [Listen(group), *actions]


def step(state: NodeState, event: Event, now: float) -> Step:  # noqa: PLR0911 - one for each event
    """Return the state after an event, and the actions that it asks for, in order.

    Messages come checked: signed, of this schema, and young. Their content may still be a lie.
    """
    if state.phase is Phase.OVER:
        return state, []
    match event:
        case Tick():
            return _tick(state, now)
        case TrainingDone(update):
            return on_training(state, update, now)
        case AggregationDone():
            return on_aggregation(state, event, now)
        case Abstention():
            return on_abstention(state, event, now)
        case Wish(group):
            return _ask(state, group, now)
        case Quit():
            return _quit(state, now)
        case NodeMessage():
            return _hear(state, event, now)
        case Update():
            return _take(state, event, now)


def _tick(state: NodeState, now: float) -> Step:
    state = state.without_old(now)
    if state.phase is Phase.PROBING:
        return _probe(state, now)
    if state.phase is Phase.JOINING and now >= state.since + state.policy.join_wait:
        return _give_up_joining(state, now)
    if not state.group:
        return state, []
    if state.phase is Phase.MEMBER and is_stuck(state, now):
        return leave(state, now)
    state, actions = _keep(state, now)
    for part in (reconsider, follow, _merge):
        state, further = part(state, now)
        actions += further
    return state, actions


def _probe(state: NodeState, now: float) -> Step:
    groups = state.open_groups()
    if groups and state.failures < _MOST_ASKS:
        return _ask(state, state.choice(groups), now)
    wait = state.policy.found_after * (1.0 + state.chance("found", state.count))
    if now < state.since + wait:
        return state, []
    name = f"group-{int(state.chance('name', state.count, now) * (1 << 48)):012x}"
    state = replace(state, count=state.count + 1)
    state, actions = _become_member(state, name, now)
    return state, [Listen(name), *actions]


def _ask(state: NodeState, group: str, now: float) -> Step:
    if group in {state.group, ""} or state.phase is Phase.JOINING:
        return state, []
    count = state.count + 1
    nonce = f"{int(state.chance('nonce', count, now) * (1 << 48)):016x}"
    state = replace(state, phase=Phase.JOINING, since=now, target=group, nonce=nonce, count=count)
    ask = Send(group, Kind.REQUEST_JOIN, group, nonce=nonce)
    return state, [Listen(group), ask]


def _give_up_joining(state: NodeState, now: float, *, refused: bool = False) -> Step:
    """Go on as before: as a member of the old group, or probing."""
    target, policy = state.target, state.policy
    # A silent group may only have lost the request: its pause grows with the failures.
    pause = pause_after(state.failures, first=policy.join_wait, longest=policy.ask_again)
    refusals = {**state.refusals, target: now + (policy.ask_again if refused else pause)}
    phase = Phase.MEMBER if state.group else Phase.PROBING
    state = replace(state, phase=phase, since=now, target="", nonce="", refusals=refusals)
    return replace(state, failures=state.failures + 1), [Ignore(target)]


def _become_member(state: NodeState, group: str, now: float) -> Step:
    """Enter a group: listen, before a round is opened."""
    state = replace(
        state,
        phase=Phase.MEMBER,
        since=now,
        entered=now,
        group=group,
        target="",
        nonce="",
        sightings={state.node: now},
        claims={},
        last_times={},
        updates={},
        early={},
        carrier_rounds={},
        patrons=frozenset(),
        units={},
        is_back=False,
        seen_round=0,
        heard_at=now,
    )
    return open_round(state, 0, now)


def _keep(state: NodeState, now: float) -> Step:
    """Tell that this node is there, and (one live member does) that the group is."""
    actions: list[Action] = []
    if now >= state.beat_at + state.policy.beat:
        state = replace(state, beat_at=now, sightings={**state.sightings, state.node: now})
        actions.append(sign_of_life(state))
        # Messages get lost: a member that lacks this node's update gets it again, the last round's
        # too where a member is still in it.
        behind = [each[0].round for each in state.claims.values()]
        if any(0 < number < state.round for number in behind):
            actions.append(SendUpdate(state.group, state.round - 1))
        if state.node in state.updates:
            actions.append(SendUpdate(state.group, state.round))
    live = state.live(now)
    # Another one each round: a member that keeps silent cannot hide its group. Members whose views
    # differ may both announce, which does no harm.
    is_herald = state.node == min(live, key=lambda node: _mix(node, str(state.round)))
    if is_herald and now >= state.announced_at + state.policy.announce:
        state = replace(state, announced_at=now)
        actions.append(Send(LOBBY, Kind.ANNOUNCE, state.group, state.round, members=len(live)))
    return state, actions


def _merge(state: NodeState, now: float) -> Step:
    """Join another group where this one has no other member left, or too few to begin."""
    size = len(state.live(now))
    is_waiting = not state.round and not state.carrier_rounds and size < state.policy.least_members
    if state.phase is not Phase.MEMBER or not (size == 1 or is_waiting):
        return state, []
    # Of two groups of one size the one with the later name gives way: not both.
    better = [
        group
        for group in state.open_groups()
        if group.members > size or (group.members == size and group.name < state.group)
    ]
    return _ask(state, state.choice(better), now) if better else (state, [])


def _quit(state: NodeState, now: float) -> Step:
    actions: list[Action] = []
    if state.group:
        is_last = len(state.live(now)) == 1
        actions.append(Send(state.group, Kind.LEAVE, state.group, state.round))
        if is_last:
            actions.append(Send(LOBBY, Kind.RETIRE, state.group, state.round))
    return replace(state, phase=Phase.OVER), actions


def _hear(state: NodeState, message: NodeMessage, now: float) -> Step:  # noqa: PLR0911 - one a kind
    if message.node == state.node:
        return state, []
    match message.kind:
        case Kind.ANNOUNCE:
            return state.with_announcement(message, now), []
        case Kind.RETIRE:
            entry = state.groups.get(message.group)
            # Only the node that announced a group takes it back.
            if entry is not None and entry.announcer == message.node:
                rest = {n: g for n, g in state.groups.items() if n != message.group}
                state = replace(state, groups=rest)
            return state, []
        case Kind.ACCEPT if message.to == state.node:
            return _on_acceptance(state, message, now)
        case Kind.REJECT if message.to == state.node:
            return _on_refusal(state, message, now)
        case Kind.REQUEST_MOVE if message.to == state.node:
            return state, [HandOver(message.node)]
    if message.group != state.group or not state.group:
        return state, []
    return _hear_member(state, message, now)


def _on_acceptance(state: NodeState, message: NodeMessage, now: float) -> Step:
    is_mine = state.phase is Phase.JOINING and message.nonce == state.nonce
    if not is_mine or message.group != state.target or not state.is_welcome(message.node):
        return state, []
    actions: list[Action] = []
    # Only now, when the new group has let this node in, does it leave the old one.
    if state.group:
        actions += [
            Send(state.group, Kind.LEAVE, state.group, state.round),
            Ignore(state.group),
        ]
    state, further = _become_member(replace(state, failures=0), message.group, now)
    return state.with_claim(message.node, _claim_of(message), now), actions + further


def _on_refusal(state: NodeState, message: NodeMessage, now: float) -> Step:
    if state.phase is not Phase.JOINING or message.nonce != state.nonce:
        return state, []
    return _give_up_joining(state, now, refused=True)


def _hear_member(state: NodeState, message: NodeMessage, now: float) -> Step:
    """Take a message of the own group."""
    node = message.node
    if message.kind is Kind.REQUEST_JOIN:
        return _answer_request(state, message, now)
    if message.kind not in {Kind.ROUND, Kind.LEAVE}:
        return state, []  # between two other nodes, such as a stranger's request for a head
    if not state.is_welcome(node):
        return state, [Name(node, Fault.NOT_A_MEMBER)]
    # A message that was sent before the last one is a replay, or too late to matter.
    is_old = message.time_ms <= state.last_times.get(node, -1)
    if is_old or not state.has_room_for(node, now):
        return state, []
    state = replace(state, last_times=state.times_with(message))
    if message.kind is Kind.LEAVE:
        return follow(_without_member(state, node, now), now)
    return follow(state.with_claim(node, _claim_of(message), now), now)


def _claim_of(message: NodeMessage) -> Claim:
    # An acceptance tells the number of members; a sign of life, if its node sends no update.
    is_silent = message.kind is Kind.ROUND and message.members > 0
    return Claim(message.round, message.head, is_silent)


def _without_member(state: NodeState, node: str, now: float) -> NodeState:
    state = state.without_member(node)
    is_newcomer = not state.carrier_rounds and not (state.round and state.patrons)
    if not is_newcomer or electors(state, state.live(now)):
        return state
    # Who said farewell does not come back: a newcomer need not wait for it.
    return replace(state, heard_at=-math.inf)


def _answer_request(state: NodeState, message: NodeMessage, now: float) -> Step:
    """Let a node in, or refuse it; one of the live members does, by the request's number."""
    live = state.live(now)
    # A newcomer may not know yet where the group is.
    in_rounds = {node for node in live if state.claim_of(node).round}
    in_rounds |= {state.node} if state.round else set()
    able = (in_rounds or live) - {message.node} or {state.node}
    answering = min(able, key=lambda node: _mix(node, message.nonce))
    if answering != state.node:
        return state, []
    answer = Send(
        state.group, Kind.ACCEPT, state.group, state.round, message.nonce, message.node, len(live)
    )
    if not state.is_welcome(message.node):
        answer = replace(answer, kind=Kind.REJECT, reason=RefusalReason.NOT_WELCOME)
    elif not state.has_room_for(message.node, now):
        answer = replace(answer, kind=Kind.REJECT, reason=RefusalReason.FULL)
    return state, [answer]


def _mix(node: str, nonce: str) -> str:
    return hashlib.sha256(f"{nonce}/{node}".encode()).hexdigest()


def _take(state: NodeState, update: Update, now: float) -> Step:
    node = update.node
    if node == state.node:
        return state, []
    if update.kind is not UpdateKind.UPDATE:
        return _take_head(state, update, now)
    # Of another group: it was carried here by anybody, or comes late after a move.
    if update.group != state.group or not state.has_room_for(node, now):
        return state, []
    fault = state.fault_of(update)
    if fault is not None:
        # One that its author made before the last sign of life may have been sent again by anybody.
        is_replay = update.time_ms < state.last_times.get(node, -1)
        is_named = fault is Fault.SECOND_UPDATE or not is_replay
        return state, [Name(node, fault)] if is_named else []
    # A signed update is a sign of life too.
    state = replace(state, sightings={**state.sightings, node: now})
    if update.round == state.round:
        return follow(replace(state, updates={**state.updates, node: update}), now)
    # A member may send the last round's again: the later one is kept.
    latest = max(state.round, state.early[node].round if node in state.early else 0)
    if update.round > latest and state.is_near(update):
        state = replace(state, early={**state.early, node: update})
    # One that comes just too late was carried too: who counts is alike for all members.
    if update.round == state.round - 1 and update.parent in state.heads[1:2]:
        state = state.with_carriers({node}, update.round)
    return state, []


def _take_head(state: NodeState, update: Update, now: float) -> Step:
    """Take a head that was sent to this node: its own group's, or another one's."""
    if update.to != state.node:
        return state, []
    if update.kind is UpdateKind.MOVE and update.group == state.group:
        return on_head(state, update, now)
    return state, [HeadArrival(update)]
