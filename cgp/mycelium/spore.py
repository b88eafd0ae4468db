"""The SPORE protocol, version 1, as a pure state machine: ``step(state, event, now)``.

A node probes the lobby, joins a group or founds one, and goes through rounds with it. In a round
each member trains, sends its update, and closes the round when the updates of all live members are
there, or at the deadline with a quorum. No member leads: each closes by itself, and the rule of
aggregation is the same for all.

A node leaves its group only after another one let it in, and an idle node founds a group after a
while of its own (by its seed), or after a few groups that it asked in vain. So all nodes may move
at once and none waits for ever. One that enters a group listens first, and goes to the round where
most members say that they are. A closed round is never opened again: no update counts twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from cgp.backoff import pause_after
from cgp.mycelium.errors import Fault
from cgp.mycelium.messages import Kind, NodeMessage, RefusalReason
from cgp.mycelium.spore_state import (
    Abstention,
    Action,
    Aggregate,
    Event,
    HandOver,
    HeadArrival,
    Ignore,
    Listen,
    Name,
    NodeState,
    Phase,
    Policy,
    Quit,
    Send,
    SendUpdate,
    Step,
    Tick,
    Train,
    TrainingDone,
    Wish,
)
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import MAX_ROUND, Update, UpdateKind

# Groups that are asked in vain before a node founds one: they may be invented.
_MOST_ASKS: Final = 3
# Signs of life come once a beat, and some are late.
_LISTEN_BEATS: Final = 1.5


def start(node: str, seed: int, policy: Policy, now: float) -> NodeState:
    """Return the state of a node that knows nothing yet."""
    return NodeState(node, seed, policy, since=now)


def resume(state: NodeState, group: str, now: float) -> Step:
    """Return the state of a node that was a member of ``group`` before it ended.

    ``state.closed_rounds`` says which rounds it closed before: they stay closed.
    """
    state, actions = _become_member(state, group, now)
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
            return _on_training(state, update, now)
        case Abstention():
            return _follow(replace(state, abstains=True), now)
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
    state, actions = _keep(state, now)
    state, further = _follow(state, now)
    actions += further
    state, further = _merge(state, now)
    return state, actions + further


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
        rounds={},
        last_times={},
        updates={},
        early={},
    )
    return _open(state, 0, now)


def _open(state: NodeState, number: int, now: float) -> Step:
    """Begin a round. Round 0 is the time before the first one here: nothing is trained in it."""
    if number > MAX_ROUND:
        # No message can name a later round. The group is over, and its members look for another.
        over = replace(state, phase=Phase.PROBING, since=now, group="", round=0, failures=0)
        return over, [Ignore(state.group)]
    updates = state.early if number == state.round + 1 else {}
    state = replace(
        state,
        round=number,
        deadline=now + state.policy.round,
        updates={node: update for node, update in updates.items() if update.round == number},
        early={},
        beat_at=now,
    )
    actions: list[Action] = [_sign_of_life(state)]
    if number > 0:
        actions.append(Train(state.group, number))
    return state, actions


def _sign_of_life(state: NodeState) -> Send:
    return Send(state.group, Kind.ROUND, state.group, state.round)


def _keep(state: NodeState, now: float) -> Step:
    """Tell that this node is there, and (one live member does) that the group is."""
    actions: list[Action] = []
    if now >= state.beat_at + state.policy.beat:
        state = replace(state, beat_at=now, sightings={**state.sightings, state.node: now})
        actions.append(_sign_of_life(state))
        # Messages get lost: a member that lacks this node's update gets it again, the last round's
        # too where a member is still in it.
        if any(number < state.round for number in state.rounds.values()) and state.round > 1:
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


def _follow(state: NodeState, now: float) -> Step:
    """Go to the next round where this one is over, or to the round where most others are."""
    live = state.live(now)
    if state.round == 0:
        return _enter_rounds(state, live, now)
    if state.node in state.updates or state.abstains:
        heads = {node for node in state.updates if node in live}
        is_complete = live - {state.node} <= heads and len(heads) >= state.policy.quorum
        is_quorum = len(heads) >= max(state.policy.quorum, len(live) // 2 + 1)
        is_time = now >= state.deadline - state.policy.round + state.policy.every
        if (is_complete and is_time) or (now >= state.deadline and is_quorum):
            return _close(state, live, now)
    peers = state.rounds_of_others(live)
    if not peers:
        return state, []
    # Half of the others at least are in this round or beyond; a few liars cannot pull it up.
    common = peers[(len(peers) - 1) // 2]
    is_over = now >= state.deadline
    is_late = common > state.round + 1 or (common > state.round and is_over)
    # More than half of the others are in earlier rounds: this node was told a wrong one.
    is_early = peers[len(peers) // 2] < state.round and is_over
    if is_late or (is_early and common > max(0, state.closed_rounds.get(state.group, 0))):
        return _open(state, common, now)
    return state, []


def _enter_rounds(state: NodeState, live: frozenset[str], now: float) -> Step:
    """Open the round where most others are, or the next one here, after a while of listening."""
    if now < state.entered + _LISTEN_BEATS * state.policy.beat:
        return state, []
    peers = state.rounds_of_others(live)
    common = peers[(len(peers) - 1) // 2] if peers else 0
    following = state.closed_rounds.get(state.group, 0) + 1
    # Only the very first round of a group waits for members.
    if common or following > 1 or len(live) >= state.policy.least_members:
        return _open(state, max(common, following), now)
    return state, []


def _close(state: NodeState, live: frozenset[str], now: float) -> Step:
    number = state.round
    closing = Aggregate(state.group, number, state.updates, live | state.updates.keys())
    state = replace(state, closed_rounds={**state.closed_rounds, state.group: number})
    state, actions = _open(state, number + 1, now)
    return state, [closing, *actions]


def _merge(state: NodeState, now: float) -> Step:
    """Join another group where this one has no other member left."""
    if state.phase is not Phase.MEMBER or len(state.live(now)) > 1:
        return state, []
    # Of two groups of one member each the one with the later name gives way: not both.
    better = [
        group for group in state.open_groups() if group.members > 1 or group.name < state.group
    ]
    return _ask(state, state.choice(better), now) if better else (state, [])


def _on_training(state: NodeState, update: Update, now: float) -> Step:
    if (update.group, update.round) != (state.group, state.round):
        return state, []  # the round is over; the work comes too late
    state = replace(state, updates={**state.updates, state.node: update})
    state, actions = _follow(state, now)
    return state, [SendUpdate(update.group, update.round), *actions]


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
    state = replace(
        state,
        sightings={**state.sightings, message.node: now},
        rounds={message.node: message.round},
    )
    return state, actions + further


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
        return _follow(state.without_member(node), now)
    state = replace(
        state,
        sightings={**state.sightings, node: now},
        rounds={**state.rounds, node: message.round},
    )
    return _follow(state, now)


def _answer_request(state: NodeState, message: NodeMessage, now: float) -> Step:
    """Let a node in, or refuse it; one of the live members does, by the request's number."""
    live = state.live(now)
    answering = min(live - {message.node}, key=lambda node: _mix(node, message.nonce))
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
        return state, [HeadArrival(update)] if update.to == state.node else []
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
        state = replace(state, updates={**state.updates, node: update})
        return _follow(state, now)
    if update.round == state.round + 1:
        state = replace(state, early={**state.early, node: update})
    return state, []
