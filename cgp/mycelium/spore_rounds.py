"""Rounds of the SPORE protocol: a member enters them, keeps in step, and closes them.

A closed round is never opened again: no update counts twice. A newcomer goes to the round where
most members are that were there before it, from the head that they name: it asks one of them for
the head and takes it only if it has that name. It ends its first round there with the head that
they name. So newcomers, however many, open no round of their own, and each knows the carriers of
its second one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from cgp.mycelium.history import (
    Live,
    better_claim,
    common_claim,
    countable,
    electors,
    is_apart,
    is_closable,
    parent_of,
    right_updates,
    rounds_of,
    supporters,
)
from cgp.mycelium.messages import Kind
from cgp.mycelium.spore_events import (
    Abstention,
    Action,
    Aggregate,
    AggregationDone,
    Ignore,
    Send,
    SendUpdate,
    Step,
    TakeHead,
    Train,
)
from cgp.mycelium.spore_state import Claim, NodeState, Phase
from cgp.mycelium.transports import LOBBY
from cgp.mycelium.updates import MAX_ROUND, Update

# Signs of life come once a beat, and some are late.
_LISTEN_BEATS: Final = 1.5
# Longest rounds without one that this node could close, before it looks for another group.
_MOST_IDLE: Final = 3.0


def open_round(state: NodeState, number: int, now: float) -> Step:
    """Begin a round. Round 0 is the time before the first one here: nothing is trained in it."""
    if number > MAX_ROUND:
        # No message can name a later round. The group is over, and its members look for another.
        over = replace(state, phase=Phase.PROBING, since=now, group="", round=0, failures=0)
        return over, [Ignore(state.group)]
    early = {node: update for node, update in state.early.items() if update.round >= number}
    state = replace(
        state,
        round=number,
        opened_at=now,
        deadline=now + state.policy.round,
        updates={node: update for node, update in early.items() if update.round == number},
        early={node: update for node, update in early.items() if update.round > number},
        beat_at=now,
        abstains=False,
        reconsider_at=math.inf,
        offer=None,
        is_tried=False,
    )
    actions: list[Action] = [sign_of_life(state)]
    if number > 0:
        actions.append(Train(state.group, number))
    return state, actions


def sign_of_life(state: NodeState) -> Send:
    """Return the message that this node is there, in which round, and if it sends no update."""
    members = int(state.abstains)
    return Send(state.group, Kind.ROUND, state.group, state.round, members=members)


def follow(state: NodeState, now: float) -> Step:
    """Go to the next round where this one is over, or to the round where most others are."""
    live = state.live(now)
    nodes = electors(state, live)
    if not state.round:
        return _enter(state, live, nodes, now)
    if state.patrons:
        return _follow_patrons(state, live, nodes, now)
    better = better_claim(state, nodes)
    if better is not None and now < state.deadline:
        return _go_to(state, better, nodes, now)
    is_ready = state.node in state.updates or state.abstains
    if is_ready and not is_apart(state, nodes) and is_closable(state, live, now):
        return _close(state, live, now)
    return _catch_up(state, nodes, now)


def _catch_up(state: NodeState, nodes: frozenset[str], now: float) -> Step:
    """Go to the round where most others are, if this node was left behind or told a wrong one."""
    claim = common_claim(state, nodes)
    if claim is None:
        return state, []
    is_over = now >= state.deadline
    is_late = claim.round > state.round + 1 or (claim.round > state.round and is_over)
    # More than half of the others are in earlier rounds.
    rounds = rounds_of(state, nodes)
    is_early = rounds[len(rounds) // 2] < state.round and is_over
    if is_late or (is_early and claim.round > _last_closed(state)):
        return _go_to(state, claim, nodes, now)
    return state, []


def reconsider(state: NodeState, now: float) -> Step:
    """Train again where the round stands still without the update that this node kept."""
    if not state.abstains or now < state.reconsider_at:
        return state, []
    again = replace(state, abstains=False, reconsider_at=math.inf)
    return again, [Train(state.group, state.round, is_needed=True)]


def is_stuck(state: NodeState, now: float) -> bool:
    """Tell if this node has been in a round for long, and most others are in other rounds."""
    patience = _MOST_IDLE * state.policy.round + state.policy.absent
    if now < state.opened_at + patience:
        return False
    rounds = [state.claim_of(node).round for node in state.live(now) - {state.node}]
    elsewhere = [number for number in rounds if number not in {0, state.round}]
    return 2 * len(elsewhere) > len(rounds) - rounds.count(0)


def _last_closed(state: NodeState) -> int:
    return state.closed_rounds.get(state.group, 0)


def _enter(state: NodeState, live: Live, nodes: frozenset[str], now: float) -> Step:
    """Open the round where most others are, or the next one here, after a while of listening."""
    claim = common_claim(state, nodes)
    if claim is not None:
        state = replace(state, seen_round=claim.round, heard_at=now)
    if now < state.entered + _LISTEN_BEATS * state.policy.beat:
        return state, []
    following = _last_closed(state) + 1
    if claim is None:
        return _begin(state, live, following, now)
    if claim.round >= following:
        return _go_to(state, claim, nodes, now)
    # A member goes on from its own head; one that knows no head of here waits for that round.
    return open_round(state, following, now) if state.carrier_rounds else (state, [])


def _begin(state: NodeState, live: Live, following: int, now: float) -> Step:
    """Open a round where no member is in one: the first, or that after members that are gone."""
    is_newcomer = not state.carrier_rounds
    is_told = state.seen_round > 0 or state.is_back
    # Members that are silent may come back: a process that was killed is started again.
    if is_newcomer and is_told and now < state.heard_at + state.policy.round:
        return state, []
    if is_newcomer and state.seen_round and not math.isinf(state.heard_at):
        # Without their head this node cannot go on with their group, and opens no other line in it.
        return leave(state, now)
    number = max(following, state.seen_round + 1)
    # Only the very first round of a group waits for members.
    if number > 1 or len(live) >= state.policy.least_members:
        return open_round(state, number, now)
    return state, []


def leave(state: NodeState, now: float) -> Step:
    """Look for another group, since this node cannot go on with its own."""
    actions: list[Action] = [
        Send(state.group, Kind.LEAVE, state.group, state.round),
        Ignore(state.group),
    ]
    refusals = {**state.refusals, state.group: now + state.policy.ask_again}
    state = replace(state, phase=Phase.PROBING, since=now, group="", round=0, refusals=refusals)
    return replace(state, failures=0), actions


def _follow_patrons(state: NodeState, live: Live, nodes: frozenset[str], now: float) -> Step:
    """Go with the members that were there before this newcomer; close a round as they did."""
    if state.patrons & live:
        state = replace(state, heard_at=now)
    elif now >= state.heard_at + state.policy.round:
        # They are gone. Those who came after them have their head, and know them if they come back.
        state = state.with_carriers(state.patrons, state.round - 1)
        return follow(replace(state, patrons=frozenset()), now)
    claim = common_claim(state, nodes)
    if claim is None or claim.round <= state.round:
        # Two that came back at once may each be the other's: then neither would close.
        if claim is not None and now >= state.deadline + state.policy.round:
            state = state.with_carriers(state.patrons, state.round - 1)
            return follow(replace(state, patrons=frozenset()), now)
        return state, []
    is_next = claim.round == state.round + 1 and claim.head
    right = right_updates(state)
    if is_next and not state.is_tried and len(right) >= state.policy.quorum:
        # The head that most newcomers make by themselves too: then none has to be sent.
        members = frozenset(live | right.keys())
        trial = Aggregate(state.group, state.round, right, members, claim.head)
        return replace(state, is_tried=True), [trial]
    return _go_to(state, claim, nodes, now)


def _go_to(state: NodeState, claim: Claim, nodes: frozenset[str], now: float) -> Step:
    """Open the round of a claim from its head, which is asked for where it is not here."""
    offer = state.offer
    if offer is not None:
        came = Claim(offer.round, offer.digest)
        backers = supporters(state, nodes, came)
        is_new = offer.round > _last_closed(state) and came.head != "".join(state.heads[:1])
        if is_new and 2 * len(backers) >= len(nodes):
            is_same_round = came.round == state.round
            state = _on_the_way(state, came, backers).with_head(came.head)
            if is_same_round:
                # Its update stands. It goes on as one who was not there before.
                return replace(state, offer=None), [TakeHead(offer), sign_of_life(state)]
            state, actions = open_round(state, came.round, now)
            return state, [TakeHead(offer), *actions]
    if claim.head in {"", *state.heads[:1]}:
        state = _on_the_way(state, claim, supporters(state, nodes, claim))
        return open_round(state, claim.round, now)
    return _ask_for_head(state, sorted(supporters(state, nodes, claim)), now)


def _on_the_way(state: NodeState, claim: Claim, backers: frozenset[str]) -> NodeState:
    """Return the state before the round of a claim, with the carriers of the last one.

    A node knows them if it was in it. Else it is a newcomer, and in a group's first round no member
    was there before.
    """
    right = right_updates(state)
    is_known = claim.round == state.round + 1 and len(right) >= state.policy.quorum
    if is_known:
        state = state.with_carriers(right.keys(), state.round)
    is_newcomer = not is_known and claim.round > 1
    return replace(state, patrons=(state.patrons or backers) if is_newcomer else frozenset())


def _ask_for_head(state: NodeState, nodes: list[str], now: float) -> Step:
    if now < state.asked_at + state.policy.beat:
        return state, []
    state = replace(state, asked_at=now, count=state.count + 1)
    node = nodes[int(state.chance("ask", state.count) * len(nodes))]
    return state, [Send(LOBBY, Kind.REQUEST_MOVE, state.group, state.round, to=node)]


def on_head(state: NodeState, update: Update, now: float) -> Step:
    """Take the head of the own group that came, if most others name it and this node needs it."""
    return follow(replace(state, offer=update), now)


def _close(state: NodeState, live: Live, now: float) -> Step:
    number, updates = state.round, countable(state)
    closing = Aggregate(state.group, number, updates, frozenset(live | updates.keys()))
    state, actions = open_round(_after_close(state), number + 1, now)
    return state, [closing, *actions]


def _after_close(state: NodeState) -> NodeState:
    right, number = right_updates(state), state.round
    units = {node: update.privacy_unit for node, update in right.items()}
    closed_rounds = {**state.closed_rounds, state.group: number}
    # It is the head of most that the round began from, where this node had another one.
    heads = (parent_of(state) or state.heads[0], *state.heads[1:]) if state.heads else ()
    state = replace(state, closed_rounds=closed_rounds, units=units, heads=heads)
    state = replace(state, patrons=frozenset())
    return state.with_carriers(right.keys(), number)


def on_aggregation(state: NodeState, event: AggregationDone, now: float) -> Step:
    """Keep the name of the group's next head; a newcomer that made it as well closes its round."""
    if event.group != state.group:
        return state, []
    if not event.is_taken:
        return follow(state, now)
    if event.round != state.round:
        return state.with_head(event.head), []
    return open_round(_after_close(state).with_head(event.head), event.round + 1, now)


def on_training(state: NodeState, update: Update, now: float) -> Step:
    """Send this node's update, unless its round is over."""
    if (update.group, update.round) != (state.group, state.round):
        return state, []
    state = replace(state, updates={**state.updates, state.node: update}, abstains=False)
    state, actions = follow(state, now)
    return state, [SendUpdate(update.group, update.round), *actions]


def on_abstention(state: NodeState, event: Abstention, now: float) -> Step:
    """Tell that this node sends no update in the round, so that no member waits for it."""
    if (event.group, event.round) != (state.group, state.round):
        return state, []
    reconsider_at = math.inf if event.is_final else max(now, state.deadline) + state.policy.round
    state = replace(state, abstains=True, reconsider_at=reconsider_at, beat_at=now)
    beat = sign_of_life(state)
    state, actions = follow(state, now)
    return state, [beat, *actions]
