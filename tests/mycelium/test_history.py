"""Whose word counts in a group: those a node saw carry rounds, whatever others claim."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.mycelium.aggregation import AggregationRule, average
from cgp.mycelium.history import budgets, carriers, countable, right_updates
from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.own_update import is_release_idle
from cgp.mycelium.privacy import SHARED
from cgp.mycelium.spore import start, step
from cgp.mycelium.spore_events import (
    Abstention,
    Aggregate,
    AggregationDone,
    HandOver,
    Name,
    Send,
    TakeHead,
    Tick,
    Train,
    TrainingDone,
)
from cgp.mycelium.spore_state import NodeState, Phase, Policy
from cgp.mycelium.updates import UpdateKind, digest_of_head
from cgp.tagmodel.head import INPUTS
from tests.mycelium.kit import head, update

HEAD, NEXT, LIE = (digest_of_head(head(seed)) for seed in (1, 2, 3))
GROUP, NOW = "harbour", 100.0


def member(count=3, strangers=0, number=5, **changes):
    """Return node-00 in an open round, with members that carried the last one, and strangers."""
    names = [f"node-{n:02d}" for n in range(count)]
    others = [f"stranger-{n:02d}" for n in range(strangers)]
    fields = {
        "phase": Phase.MEMBER, "group": GROUP, "round": number, "heads": (HEAD,),
        "opened_at": NOW, "deadline": NOW + 5.0, "beat_at": NOW, "announced_at": NOW,
        "sightings": dict.fromkeys(names + others, NOW),
        "carrier_rounds": dict.fromkeys(names, number - 1),
        "closed_rounds": {GROUP: number - 1},
    }  # fmt: skip
    return NodeState("node-00", 0, Policy(), **fields | changes)


def beat(node, number, name=HEAD, time_ms=1, **changes):
    message = NodeMessage(Kind.ROUND, GROUP, number, time_ms, "0" * 16, head=name, node=node)
    return replace(message, **changes)


def sent(node, parent=HEAD, number=5, seed=0):
    return replace(update(group=GROUP, round=number, parent=parent, head=head(seed)), node=node)


def give(state, *events, now=NOW):
    actions = []
    for event in events:
        state, more = step(state, event, now)
        actions += more
    return state, actions


@pytest.mark.parametrize("strangers", [1, 40])
def test_a_member_follows_no_line_of_those_whom_it_did_not_see_carry_a_round(strangers):
    # Prepare: strangers show a line of a million rounds, and send the head of it.
    state = member(strangers=strangers)
    lies = [beat(f"stranger-{n:02d}", 10**6, LIE) for n in range(strangers)]
    lie = update(group=GROUP, round=10**6, head=head(3), kind=UpdateKind.MOVE, to="node-00")
    beats = [beat(f"node-{n:02d}", 5) for n in (1, 2)]

    # Execute: long after the deadline too, while the members are there.
    state, actions = give(state, *beats, *lies, replace(lie, node="stranger-00"))
    for later in (5.0, 10.0):
        again = [replace(each, time_ms=int(later * 10)) for each in beats + lies]
        state, more = give(state, *again, Tick(), now=NOW + later)
        actions += more

    # Assert
    assert (state.round, state.heads) == (5, (HEAD,))
    assert not any(isinstance(action, TakeHead | Train) for action in actions)
    assert not any(isinstance(a, Send) and a.kind is Kind.REQUEST_MOVE for a in actions)


def newcomer(*events):
    """Return a node that was let into the group a while ago."""
    state = start("node-09", 0, Policy(), 90.0).with_head(LIE)
    announce = NodeMessage(Kind.ANNOUNCE, GROUP, 5, 1, "0" * 16, members=3, node="node-01")
    state, _ = give(state, announce, now=90.0)
    state, (_, request) = give(state, Tick(), now=90.0)
    accept = NodeMessage(
        Kind.ACCEPT, GROUP, 5, 2, request.nonce, to="node-09", head=HEAD, node="node-01"
    )
    state, _ = give(state, accept, now=90.1)
    return give(state, *events, now=93.0)


def test_a_newcomer_takes_the_head_that_most_name_who_were_there_and_trains_from_it():
    # Prepare: two members and a liar; other newcomers are in no round.
    beats = [beat("node-01", 5, time_ms=3), beat("node-02", 5), beat("liar", 5, LIE[::-1])]
    beats += [beat(f"new-{n}", 0, LIE) for n in range(20)]

    # Execute
    state, actions = newcomer(*beats, Tick())

    # Assert: it opens nothing, and asks one that named the head.
    assert state.round == 0
    (ask,) = [a for a in actions if isinstance(a, Send) and a.kind is Kind.REQUEST_MOVE]
    assert ask.to in {"node-01", "node-02"}
    lie = update(group=GROUP, round=5, head=head(4), kind=UpdateKind.MOVE, to="node-09")
    state, actions = give(state, replace(lie, node="liar"), now=93.1)
    assert not any(isinstance(action, TakeHead | Train) for action in actions)
    right = replace(lie, head=head(1), node="node-02")
    state, actions = give(state, right, now=93.2)
    assert [a for a in actions if isinstance(a, TakeHead | Train)] == [
        TakeHead(right),
        Train(GROUP, 5),
    ]
    assert state.heads[0] == HEAD

    # It closes that round with the head which they name then, and not before.
    state, actions = give(
        state, TrainingDone(sent("node-09", seed=9)),
        *[sent(f"node-0{n}", seed=n) for n in (1, 2, 3)], Tick(), now=94.0,
    )  # fmt: skip
    assert not any(isinstance(action, Aggregate) for action in actions)
    later = [beat(node, 6, NEXT, time_ms=9) for node in ("node-01", "node-02")]
    state, actions = give(state, *later, now=94.1)
    (trial,) = [action for action in actions if isinstance(action, Aggregate)]
    assert (trial.expected_head, trial.round) == (NEXT, 5)
    made, actions = give(state, AggregationDone(GROUP, 5, NEXT, is_taken=True), now=94.9)
    assert (made.round, made.closed_rounds) == (6, {GROUP: 5})
    assert carriers(made) == {"node-01", "node-02", "node-03", "node-09"}
    other, actions = give(state, AggregationDone(GROUP, 5, LIE, is_taken=False), now=96.0)
    assert (other.round, other.closed_rounds) == (5, {})
    assert any(isinstance(a, Send) and a.kind is Kind.REQUEST_MOVE for a in actions)


def test_a_newcomer_whose_group_is_silent_opens_no_round_there_and_leaves():
    state, _ = newcomer(beat("node-01", 5, time_ms=3))
    actions = []
    for time in range(94, 106):
        state, more = give(state, Tick(), now=float(time))
        actions += more
    assert not any(isinstance(action, Train) for action in actions)
    assert (state.phase, state.group) == (Phase.PROBING, "")
    # After a farewell nobody comes back: those who are left go on with the next round.
    state, _ = newcomer(beat("node-01", 5, time_ms=3))
    leave = beat("node-01", 5, time_ms=4, kind=Kind.LEAVE)
    state, actions = give(state, leave, Tick(), now=94.0)
    assert Train(GROUP, 6) in actions


@given(
    old=st.integers(1, 12), silent=st.integers(0, 11), right=st.integers(0, 30),
    wrong=st.integers(0, 30),
)  # fmt: skip
def test_newcomers_are_a_third_of_a_round_at_most_and_never_choose_its_head(
    old, silent, right, wrong
):
    # Prepare
    senders = max(1, old - silent)
    names = [f"node-{n:02d}" for n in range(senders)]
    from_head = [f"right-{n:02d}" for n in range(right)]
    updates = {node: sent(node) for node in names + from_head}
    updates |= {f"wrong-{n:02d}": sent(f"wrong-{n:02d}", parent=LIE) for n in range(wrong)}
    state = member(old, updates=updates)

    # Execute
    counted = countable(state)

    # Assert
    newcomers = counted.keys() - set(names)
    assert set(names) <= counted.keys()
    assert {each.parent for each in counted.values()} == {HEAD}
    assert len(newcomers) == min(right, max(2 - senders, senders // 2))
    # Whoever sent a right one is a member in the next round.
    assert right_updates(state).keys() == set(names + from_head)


def test_members_of_a_round_without_a_common_head_all_count_and_newcomers_as_before():
    updates = {f"node-{n:02d}": sent(f"node-{n:02d}", parent=str(n) * 64) for n in range(3)}
    assert countable(member(updates=updates)).keys() == updates.keys()


@pytest.mark.parametrize(
    ("count", "namers", "is_asked"), [(2, 1, False), (3, 1, False), (3, 2, True), (9, 3, False)]
)
def test_a_member_gives_its_head_up_for_that_of_more_members_and_not_for_one_s(
    count, namers, is_asked
):
    # Prepare: some members name another head of the open round; the others name this one's.
    beats = [beat(f"node-{n:02d}", 5, LIE if n <= namers else HEAD) for n in range(1, count)]

    # Execute
    state, actions = give(member(count), *reversed(beats), now=NOW + 1.5)

    # Assert
    asked = {a.to for a in actions if isinstance(a, Send) and a.kind is Kind.REQUEST_MOVE}
    assert bool(asked) is is_asked
    assert asked <= {f"node-{n:02d}" for n in range(1, 1 + namers)}
    assert state.heads == (HEAD,)


def test_a_member_that_sends_nothing_is_not_waited_for_and_its_group_goes_on():
    # Prepare: two sent theirs; the third says that it sends none.
    own, other = sent("node-00"), sent("node-01", seed=1)
    state, actions = give(member(), TrainingDone(own), other)
    assert not any(isinstance(action, Aggregate) for action in actions)

    # Execute
    state, actions = give(state, beat("node-02", 5, members=1))

    # Assert: of another round it would say nothing.
    (closing,) = [action for action in actions if isinstance(action, Aggregate)]
    assert closing.updates.keys() == {"node-00", "node-01"}
    assert state.round == 6
    waiting, _ = give(member(), TrainingDone(own), other, beat("node-02", 4, members=1))
    assert waiting.round == 5


def test_a_node_that_keeps_its_update_says_so_and_sends_it_where_the_round_stands_still():
    # Prepare
    state, actions = give(member(), Abstention(GROUP, 5, is_final=False))
    assert [a.members for a in actions if isinstance(a, Send) and a.kind is Kind.ROUND] == [1]

    # Execute
    state, before = give(state, Tick(), now=NOW + 5.0)
    state, after = give(state, Tick(), now=NOW + 10.5)

    # Assert: one whose budget is spent is not asked again.
    assert not any(isinstance(action, Train) for action in before)
    assert Train(GROUP, 5, is_needed=True) in after
    spent, _ = give(member(), Abstention(GROUP, 5))
    assert not any(isinstance(a, Train) for a in give(spent, Tick(), now=NOW + 60.0)[1])


def test_who_says_to_be_in_another_round_is_not_accused_of_its_updates():
    state, _ = give(member(strangers=1), beat("stranger-00", 50))
    assert give(state, sent("stranger-00", number=50))[1] == []
    named = Name("stranger-00", "wrong_round")
    assert named in give(state, sent("stranger-00", number=90))[1]


def test_a_newcomer_hands_over_nothing_as_its_group_s_head_but_is_asked_like_all():
    ask = NodeMessage(Kind.REQUEST_MOVE, GROUP, 0, 9, "0" * 16, to="node-00", node="node-01")
    assert give(member(), ask)[1] == [HandOver("node-01")]


@given(
    under=st.integers(1, 10), others=st.integers(0, 20), seed=st.integers(0, 99),
    rule=st.sampled_from(AggregationRule),
)  # fmt: skip
def test_a_release_is_kept_only_where_the_rule_would_leave_it_out(under, others, seed, rule):
    # Prepare: nodes under a budget move the number far to one side; the others leave it alone.
    random = np.random.default_rng(seed)
    heads = np.ones((under + others, INPUTS + 1))
    heads[:under, SHARED] += random.uniform(1.0, 9.0, size=under)
    weights, center = np.ones(len(heads)), np.ones(INPUTS + 1)

    # Execute
    number = average(heads, weights, center, rule)[SHARED]
    is_idle = is_release_idle(2, under, others, rule)

    # Assert
    assert is_idle == (rule in {AggregationRule.TRIMMED, AggregationRule.MEDIAN} and number == 1.0)
    assert not is_release_idle(1, under, others, rule)


def test_a_node_knows_by_the_last_round_who_else_is_under_a_budget():
    units = {"node-00": "node", "node-01": "none", "node-02": "node", "gone": "none"}
    state = member(4, units=units)
    assert budgets(state, state.live(NOW)) == (2, 1)
    # One that sends nothing is under a budget too.
    state, _ = give(state, beat("node-03", 5, members=1))
    assert budgets(state, state.live(NOW)) == (3, 1)
    # A newcomer knows it of the updates that came.
    new = member(updates={"node-01": sent("node-01")})
    assert budgets(new, new.live(NOW)) == (1, 1)
