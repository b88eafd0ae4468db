"""A group's history as one node saw it: whose word counts, and whose updates do.

No third party vouches for a history, and keys cost nothing. So a member believes the nodes alone
whose signed updates it counted itself, however many others say something else. A newcomer saw
nothing: it takes the word of most members that were there before it, for a round and for the head
that this began from. Where most of them lie it is misled, and still uses no head that is worse on
its own held-out windows.

In a round the members that carried the last one decide whose updates count. The newcomers' are a
third of all at most, so that the trimmed mean stays between the values of the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from cgp.mycelium.spore_state import Claim, NodeState
from cgp.mycelium.updates import Update

Live = AbstractSet[str]


def electors(state: NodeState, live: Live) -> frozenset[str]:
    """Return the other live members in a round whose word a node takes."""
    names = state.carrier_rounds.keys() or state.patrons or live
    names = (live & names) - {state.node}
    return frozenset(node for node in names if state.claim_of(node).round)


def rounds_of(state: NodeState, nodes: Iterable[str]) -> list[int]:
    """Return the rounds that nodes named last, in order."""
    return sorted(state.claim_of(node).round for node in nodes)


def common_claim(state: NodeState, nodes: AbstractSet[str]) -> Claim | None:
    """Return the round where half of the nodes are at least, and the head that most name there.

    A few liars cannot pull it up. None of no nodes.
    """
    if not nodes:
        return None
    rounds = rounds_of(state, nodes)
    # A newcomer asks for what the other half says too: of two nodes it follows the one ahead.
    number = rounds[(len(rounds) - (0 if state.patrons else 1)) // 2]
    claims = [state.claim_of(node) for node in nodes]
    heads = Counter(claim.head for claim in claims if claim.round == number)
    return Claim(number, max(heads, key=lambda head: (heads[head], head)))


def supporters(state: NodeState, nodes: AbstractSet[str], claim: Claim) -> frozenset[str]:
    """Return the nodes that named a round and its head, lately or now."""
    return frozenset(
        node
        for node in nodes
        if any((c.round, c.head) == (claim.round, claim.head) for c in state.claims.get(node, ()))
    )


def better_claim(state: NodeState, nodes: AbstractSet[str]) -> Claim | None:
    """Return the head of the open round that half of the nodes name, and more than this one's.

    Of two that as many name the one with the later name is better, for all alike. None without one.
    """
    if not state.heads or not nodes:
        return None
    votes = Counter({state.heads[0]: 1})
    for node in nodes:
        heads = {claim.head for claim in state.claims[node] if claim.round == state.round}
        # A node that had two of one round took the other one's word for the later.
        votes.update([next(c.head for c in state.claims[node] if c.head in heads)] if heads else [])
    best = max(votes, key=lambda head: (votes[head], head))
    # One other alone replaces no head: of two members both updates count, and heads meet by that.
    is_enough = votes[best] > 1 and 2 * votes[best] >= len(nodes)
    return Claim(state.round, best) if is_enough and best not in {"", state.heads[0]} else None


def is_apart(state: NodeState, nodes: AbstractSet[str]) -> bool:
    """Tell if most of the nodes had one head where this one had others, or are further behind.

    A round that it closed then would be one that most of its group do not see.
    """
    rounds = rounds_of(state, nodes)
    if rounds and rounds[len(rounds) // 2] < state.round - 1:
        return True
    own_heads, votes = {*state.heads, ""}, Counter[str]()
    for node in nodes:
        heads = {claim.head for claim in state.claims[node]}
        votes.update(heads if own_heads.isdisjoint(heads) else ())
    return 2 * max(votes.values(), default=0) > len(nodes) + 1


def carriers(state: NodeState) -> frozenset[str]:
    """Return the nodes that carried the round before the open one, none where that is not known."""
    last = state.round - 1
    return frozenset(node for node, number in state.carrier_rounds.items() if number == last)


def countable(state: NodeState) -> Mapping[str, Update]:
    """Return the updates that count in the open round.

    Carriers' updates do if they began from the head which most carriers began from, all where there
    is no such head. Of others as many may as are a third of all, by chance, if they began from it
    too. In a group's first round all count.
    """
    old = carriers(state)
    right = right_updates(state)
    senders = old & right.keys()
    newcomers = sorted(right.keys() - old, key=lambda node: _lot(node, state))
    room = max(state.policy.quorum - len(senders), len(senders) // 2) if old else len(newcomers)
    return {node: right[node] for node in [*sorted(senders), *newcomers[:room]]}


def right_updates(state: NodeState) -> Mapping[str, Update]:
    """Return the updates of the open round that began from its head; all where it has none."""
    parent = parent_of(state)
    if parent is None:
        return state.updates
    return {node: update for node, update in state.updates.items() if update.parent == parent}


def parent_of(state: NodeState) -> str | None:
    """Return the name of the head that the open round began from.

    It is the one that most carriers began from whose updates came, or most nodes where no carrier
    of the last round is known. None if there is no such head: then all updates count, or there
    would be no next one.
    """
    old = carriers(state)
    senders = state.updates.keys() & old if old else state.updates.keys()
    if not senders:
        # No carrier sends, since all keep their budgets. The head is still theirs.
        return state.heads[0] if state.heads else None
    parents = Counter(state.updates[node].parent for node in senders)
    parent, count = max(parents.items(), key=lambda item: item[1])
    return parent if 2 * count > parents.total() else None


def _lot(node: str, state: NodeState) -> str:
    return hashlib.sha256(f"{state.group}/{state.round}/{node}".encode()).hexdigest()


def is_closable(state: NodeState, live: Live, now: float) -> bool:
    """Tell if the open round is complete, or over with the updates of more than half.

    It waits for the carriers of the last round, and for newcomers on their way to this one.
    """
    old = carriers(state)
    elders = (live & old) | {state.node} if old else live
    voices = {node for node in elders if not _is_silent(state, node)}
    if now >= state.deadline:
        is_over = not voices or 2 * len(voices & state.updates.keys()) > len(voices)
    else:
        is_time = now >= state.deadline - state.policy.round + state.policy.every
        is_over = is_time and voices - {state.node} <= state.updates.keys()
        is_over = is_over and not any(
            _is_coming(state, node) for node in live - elders - state.updates.keys()
        )
    return is_over and len(countable(state)) >= state.policy.quorum


def _is_silent(state: NodeState, node: str) -> bool:
    if node == state.node:
        return state.abstains
    claim = state.claim_of(node)
    return claim.is_silent and claim.round == state.round


def _is_coming(state: NodeState, node: str) -> bool:
    """Tell if a newcomer has this round's head, or had one of the last before it."""
    claim = state.claim_of(node)
    if not claim.round or claim.round > state.round or _is_silent(state, node):
        return False
    # Where this node's own head is not that of most, theirs is the round's.
    names = {parent_of(state)} if claim.round == state.round else {*state.heads}
    return claim.head in {"", *names}


def budgets(state: NodeState, live: Live) -> tuple[int, int]:
    """Return how many live members are under a budget of privacy, this one too, and how many not.

    The last round's updates say it, or this round's before one is closed here, and members that
    send none.
    """
    units = state.units or {node: update.privacy_unit for node, update in state.updates.items()}
    under = {node for node in live if units.get(node, "none") != "none"} | {state.node}
    under |= {node for node in live - under if state.claim_of(node).is_silent}
    return len(under), len((live & units.keys()) - under)
