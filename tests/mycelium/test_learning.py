"""A node trains on its own windows near its group's head, takes only what helps it, and evolves."""

import math
import sqlite3
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata, Tag
from cgp.mining import MinedWindow
from cgp.mycelium.aggregation import AggregationRule, aggregate
from cgp.mycelium.choice import LASTING, Comparison, is_acceptable, is_clearly_better
from cgp.mycelium.evolution import OFFSPRING, Generation, evolve, first_generation, mutate
from cgp.mycelium.learner import Learner
from cgp.mycelium.memory import NodeMemory, rows_of
from cgp.mycelium.own_update import RoundStart, own_update
from cgp.mycelium.own_windows import Label, own_windows, windows_of_returns
from cgp.mycelium.privacy import SHARED, PrivacyPlan
from cgp.mycelium.training import (
    GROUP_NUMBERS,
    TrainingSettings,
    loss,
    train,
    train_shared,
    train_update,
)
from cgp.mycelium.updates import Update
from cgp.mycelium.wire import MICRO
from cgp.privacy import RedactionPolicy
from cgp.store import Store
from cgp.tagmodel import Head
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS
from cgp.windows import WindowPlan
from tests.experts.world import head as world_head
from tests.experts.world import table as world_table
from tests.mycelium.kit import own_key, update
from tests.mycelium.world import RELEASE as COMMUNITY_RELEASE
from tests.mycelium.world import table as community_table

RELEASE = world_head()


@pytest.fixture(scope="module")
def tables():
    return world_table(1, windows=120, strength=3.0).split(0.25, 0)


def test_what_a_node_has_alone_is_no_worse_than_the_release_and_than_its_usual_training(tables):
    learner = Learner(*tables, RELEASE, TrainingSettings())
    released, alone = learner.losses_alone()
    assert released == learner.loss(RELEASE)
    assert alone <= min(released, learner.loss(learner.train(RELEASE)))
    assert replace(learner, held_out=None).losses_alone() is None


def test_training_lowers_the_loss_on_windows_that_it_did_not_see(tables):
    learn, _ = tables
    trained = train(learn, RELEASE, RELEASE, TrainingSettings())
    again = train(learn, RELEASE, RELEASE, TrainingSettings())
    elsewhere = world_table(2, windows=60, strength=3.0)
    assert loss(trained, elsewhere) < loss(RELEASE, elsewhere)
    np.testing.assert_array_equal(trained.weights, again.weights)


def test_under_a_budget_the_shared_number_is_trained_alone_beside_the_bias(tables):
    # Prepare: windows in which the base's score tells what is wanted, better than the head thinks.
    learn, _ = tables
    inputs = learn.inputs.copy()
    inputs[:, SHARED] = 4.0 * learn.credit - 2.0 + 0.01 * inputs[:, 1]
    learn = replace(learn, inputs=inputs)
    weights = np.float32(0.1) * RELEASE.weights

    # Execute
    trained = train_shared(learn, Head(weights))

    # Assert
    moved = np.flatnonzero(trained.weights != weights)
    assert set(moved) == {SHARED, INPUTS}
    assert trained.weights[SHARED] > weights[SHARED]
    assert loss(trained, learn) < loss(Head(weights), learn)


@pytest.mark.parametrize("members", [1, 4])
def test_the_pull_is_the_proximal_term_of_fedprox(tables, members):
    # Prepare: the objective as the paper writes it, with a member's part of the anchor beside it.
    learn, _ = tables
    group = Head((RELEASE.weights + np.float32(0.01)).astype(np.float32))
    settings = TrainingSettings(pull=0.2, anchor=80.0, iterations=300)
    anchored = np.ones(INPUTS + 1)
    anchored[[SHARED, INPUTS]] = 0.0

    def objective(weights):
        margins = learn.rows @ weights[:-1] + weights[-1]
        data = learn.weights * (np.logaddexp(0.0, margins) - learn.credit * margins)
        prox = 0.2 * len(learn) * ((weights - group.weights) ** 2).sum()
        anchor = 80.0 / members * (anchored * (weights - RELEASE.weights) ** 2).sum()
        return data.sum() + (prox + anchor) / 2

    # Execute
    result = train(learn, group, RELEASE, settings, members=members).weights.astype(np.float64)

    # Assert: along no number the slope differs from 0.
    step = 1e-4
    for number in (SHARED, 1, 2, 20, INPUTS - 1, INPUTS):
        move = step * np.eye(INPUTS + 1)[number]
        slope = (objective(result + move) - objective(result - move)) / (2 * step)
        assert abs(slope) < 2e-2


@given(st.integers(1, 9), st.integers(1, 32))
@settings(max_examples=10)
def test_a_group_learns_how_sure_it_is_first_and_then_the_features_never_a_phrase(number, members):
    learn = world_table(7, windows=6, strength=3.0)
    begin = Head((RELEASE.weights + np.float32(0.01)).astype(np.float32))
    numbers = {"number": number, "members": members}
    sent = train_update(learn, begin, RELEASE, TrainingSettings(), **numbers)
    moved = set(np.flatnonzero(sent.weights != begin.weights))
    if number == 1:
        assert moved <= {SHARED, INPUTS}
    else:
        assert moved <= set(GROUP_NUMBERS)
        assert not moved & {SHARED, INPUTS, *range(INPUTS - ENCODER_DIMENSION, INPUTS)}
    assert moved


def test_evolved_settings_serve_the_own_head_and_not_the_one_that_is_sent():
    # Prepare: settings with which a step is some sixty times as long.
    learn = world_table(7, windows=6, strength=3.0)
    plain = Learner(learn, None, RELEASE, TrainingSettings())
    evolved = plain.with_settings(TrainingSettings(pull=0.5, anchor=1.0, iterations=200))

    # Execute
    sent, own = plain.heads_of_round(RELEASE, 2, 8, is_open=True)
    evolved_sent, evolved_own = evolved.heads_of_round(RELEASE, 2, 8, is_open=True)

    # Assert
    np.testing.assert_array_equal(evolved_sent.weights, sent.weights)
    distance = np.linalg.norm(own.weights - RELEASE.weights)
    assert np.linalg.norm(evolved_own.weights - RELEASE.weights) > 2 * distance


@pytest.mark.parametrize(
    ("number", "plan", "trained_with"),
    [
        (1, None, {"pull": 1.0}),
        (2, None, {"pull": 30.0, "anchor": 300.0, "iterations": 30.0, "margin": 0.02}),
        (2, PrivacyPlan(8.0, 1, 0.5), {"pull": 1.0}),
    ],
)
def test_an_update_says_what_its_head_was_trained_with(number, plan, trained_with):
    # Prepare: a node that has evolved other settings.
    evolved = TrainingSettings(pull=0.5, anchor=1.0, iterations=200)
    node = Learner(world_table(7, windows=6, strength=3.0), None, RELEASE, evolved)
    begin, random = RoundStart("harbour", number, RELEASE), np.random.default_rng(1)
    head, _ = node.heads_of_round(RELEASE, number, 1, is_open=plan is None)

    # Execute
    sent = own_update(begin, head, node, plan, random=random, time_ms=1)

    # Assert: it reads as updates do, and whoever trains so from the release has the same head.
    assert {name: value / MICRO for name, value in sent.settings.items()} == trained_with
    assert Update.read(sent.sign(own_key("Ada"))).settings == sent.settings
    if trained_with.keys() > {"pull"}:
        again = node.with_settings(TrainingSettings(**trained_with)).train_update(RELEASE, 2, 1)
        np.testing.assert_array_equal(sent.head, again.weights)


def rounds_of(learners, rounds, rule=AggregationRule.TRIMMED):
    """Return the head of a group of these nodes after some rounds."""
    group = learners[0].release
    for number in range(1, rounds + 1):
        updates = {
            f"{place:02d}": update(head=each.train_update(group, number, len(learners)).weights)
            for place, each in enumerate(learners)
        }
        group = aggregate(updates, group, rule).head
    return group


def test_a_group_of_nodes_with_few_windows_learns_what_one_with_all_of_them_would():
    # Prepare: eight nodes of two windows each, which alone say little.
    whole_table, elsewhere = community_table(5, windows=16), community_table(99, windows=200)
    pairs = [whole_table.part([place, place + 1]) for place in range(0, 16, 2)]
    one, *nodes = [
        Learner(each, None, COMMUNITY_RELEASE, TrainingSettings()) for each in (whole_table, *pairs)
    ]

    # Execute
    group = loss(rounds_of(nodes, 20, AggregationRule.MEAN), elsewhere)
    alone = [loss(rounds_of([node], 20), elsewhere) for node in nodes]
    whole = loss(rounds_of([one], 20), elsewhere)

    # Assert
    begin = loss(COMMUNITY_RELEASE, elsewhere)
    assert begin - group > 0.9 * (begin - whole) > 0.0
    assert begin - np.median(alone) < 0.7 * (begin - group)


def test_a_stronger_pull_stays_nearer_to_the_group(tables):
    learn, _ = tables
    distances = [
        np.linalg.norm(train(learn, RELEASE, RELEASE, TrainingSettings(pull=p)).weights - RELEASE.weights)
        for p in (0.1, 3.0, 100.0)
    ]  # fmt: skip
    assert distances == sorted(distances, reverse=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pull": -1.0}, {"pull": math.nan}, {"pull": 2000, "anchor": 0}, {"anchor": 1000.1},
        {"anchor": -0.1}, {"anchor": math.inf}, {"iterations": 0}, {"iterations": 301},
        {"iterations": math.nan}, {"margin": 1}, {"margin": -0.01}, {"pull": 0, "anchor": 0},
    ],
)  # fmt: skip
def test_settings_out_of_bounds_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} .*(not|both)"):
        TrainingSettings(**wrong)


@given(
    pull=st.floats(0, 1000), anchor=st.floats(1e-9, 1000), iterations=st.floats(1, 300),
    margin=st.floats(0, 0.99),
)  # fmt: skip
def test_settings_within_their_bounds_are_taken(**within):
    assert set(TrainingSettings(**within).to_wire()) == set(within)


def test_a_head_is_taken_only_if_the_held_out_loss_does_not_worsen():
    assert is_acceptable(0.5, 0.5)
    assert not is_acceptable(0.5001, 0.5)
    assert not is_acceptable(math.nan, 0.5)


def held_out(mean):
    """Return losses of two windows around a mean."""
    return np.array([mean - 0.2, mean + 0.2])


def test_a_node_moves_after_two_looks_in_a_row_at_a_clearly_better_group():
    comparison = Comparison()
    looks = [
        ({"b": 0.97, "c": 0.99}, None),  # b leads once
        ({"b": 0.99}, None),  # and not again
        ({"b": 0.97, "c": 0.90}, None),
        ({"b": 0.97, "c": 0.90}, "c"),  # both lead twice: the better one
        ({"b": 0.5, "c": math.nan}, None),  # and counting begins anew
    ]
    for means, expected in looks:
        others = {group: held_out(mean) for group, mean in means.items()}
        comparison, group = comparison.after(held_out(1.0), others, margin=0.02)
        assert group == expected


def test_a_lead_that_lasts_moves_a_node_whose_few_windows_make_nothing_clear():
    own, there = np.array([1.0, 1.0, 1.0]), np.array([0.5, 1.2, 1.1])
    assert not is_clearly_better(there, own, margin=0.02)
    comparison = Comparison()
    for look in range(LASTING):
        comparison, group = comparison.after(own, {"b": there}, margin=0.02)
        assert (group == "b") == (look == LASTING - 1)
    # A look without the lead begins the count anew.
    for _ in range(LASTING - 1):
        comparison, group = comparison.after(own, {"b": there}, margin=0.02)
    comparison, _ = comparison.after(own, {"b": own}, margin=0.02)
    _, group = comparison.after(own, {"b": there}, margin=0.02)
    assert group is None


@pytest.mark.parametrize(
    ("gains", "clear"),
    [
        ([0.03, 0.03, 0.03], True),
        ([0.01, 0.01, 0.01], False),  # less than the margin
        ([0.5, -0.2, -0.1], False),  # one window alone
        ([0.5, 0.2, -0.1], True),
        ([0.9], False),  # a single window
        ([math.nan, 0.5, 0.5], False),
    ],
)
def test_a_gain_is_clear_beyond_the_margin_and_one_standard_error(gains, clear):
    own = np.ones(len(gains))
    assert is_clearly_better(own - np.array(gains), own, margin=0.02) == clear


@given(st.integers(0, 1000))
def test_mutations_stay_within_bounds(seed):
    random = np.random.default_rng(seed)
    settings = TrainingSettings()
    for _ in range(30):
        settings = mutate(settings, random)


def test_evolution_keeps_the_best_and_never_gets_worse():
    # Prepare: the best pull is 50.
    def fitness(settings):
        return abs(math.log(settings.pull / 50))

    lineage = [first_generation(TrainingSettings())]
    calls = []

    # Execute
    for number in range(40):
        random = np.random.default_rng(number)
        lineage.append(evolve(lineage, lambda s: calls.append(s) or fitness(s), random))

    # Assert
    losses = [generation.loss for generation in lineage]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.3
    assert len(calls) == 40 * (1 + OFFSPRING)
    assert all(g.is_new == (g.settings != p.settings) for p, g in pairwise(lineage))
    # A fitness that cannot be measured changes nothing.
    assert not evolve(lineage, lambda _: math.nan, np.random.default_rng(0)).is_new


async def test_settings_of_another_training_are_not_taken_up_again(tmp_path):
    """A pull of 3 was usual before; today a node with it stands out in each round."""
    path = tmp_path / "memory.sqlite"
    memory = NodeMemory(path)
    for number in (1, 2, 3):
        await memory.keep_generation(Generation(number, TrainingSettings(pull=3.0), 0.5, True))
    assert [each.number for each in (await memory.read()).generations] == [1, 2, 3]
    await memory.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE generations SET document = json_remove(document, '$.training')")
    connection.close()

    memory = NodeMemory(path)
    assert (await memory.read()).generations == ()
    first = Generation(1, TrainingSettings(), math.inf, False)
    await memory.keep_generation(first)
    assert (await memory.read()).generations == (first,)
    await memory.close()
    assert len(rows_of(path, "SELECT * FROM generations")) == 1


def talk(name="talk", turns=40):
    lines = ["We paint the harbour wall next week.", "The lantern needs oil, Ada.",
             "Who pays for the harbour wall?", "My goat ate the map."]  # fmt: skip
    return Conversation(
        name, "test", (Participant("Ada"), Participant("Ben")),
        tuple(Turn(n % 2, lines[n % (3 if n != 5 else 4)] if n != 5 else lines[3]) for n in range(turns)),
        language="en",
    )  # fmt: skip


def test_without_labels_a_phrase_is_wanted_where_the_talk_comes_back_to_it():
    windows = windows_of_returns(talk(), WindowPlan(characters=500))
    assert len(windows) > 1
    for window in windows:
        texts = {tag.text for tag in window.tags}
        assert "harbour wall" in texts
        assert "goat" not in texts
    # One window is read as two halves; one turn says nothing.
    assert len(windows_of_returns(talk(turns=6), WindowPlan())) == 2
    assert windows_of_returns(talk(turns=1), WindowPlan()) == []


def test_labels_come_from_the_truth_then_from_verified_metadata_then_from_the_talk(tmp_path):
    # Prepare
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    conversations = [talk("a"), talk("b", 38), talk("c", 36)]
    store.add_conversations(conversations)
    stored = Verified(store, conversations[1].id)

    # Execute
    with_metadata = own_windows(stored, policy=RedactionPolicy())
    plain = own_windows(store, policy=RedactionPolicy())
    store.close()

    # Assert
    assert set(plain.labels) == {Label.RETURNS}
    assert with_metadata.labels[Label.VERIFIED] == 1
    (window,) = [w for w in with_metadata.windows if w.origin == conversations[1].id]
    assert [tag.text for tag in window.tags] == ["lantern oil"]


class Verified:
    """A store in which one conversation is finished; all else is the real one's."""

    def __init__(self, store, identifier):
        self._store = store
        self._identifier = identifier

    def __getattr__(self, name):
        return getattr(self._store, name)

    def mined_windows(self, conversation_id, after=-1, limit=None):
        if conversation_id != self._identifier:
            return self._store.mined_windows(conversation_id)
        tags = (Tag("lantern oil", 1.0), Tag("noise", 0.1))
        return [MinedWindow(0, None, 0, 0, 20, Metadata(tags, ()))]
