"""A third of attackers cannot move a group's head far, and those that can be told apart are named."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cgp.mycelium.aggregation import TRIM, AggregationRule, aggregate, combine, shares_of
from cgp.mycelium.comparison import unusual
from cgp.mycelium.directions import usual_directions, without_usual
from cgp.mycelium.errors import Fault
from cgp.mycelium.privacy import SHARED, SURENESS, PrivacyPlan
from cgp.mycelium.training import GROUP_NUMBERS
from cgp.tagmodel import Head
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS
from tests.mycelium.kit import update

GROUP = Head(np.zeros(INPUTS + 1, dtype=np.float32))
NODES = 32
ATTACKERS = 9  # 28 %, the most that is below 30 % of 32


def changes(count, seed=0):
    """Return honest changes: a common direction, and each node's own part."""
    random = np.random.default_rng(seed)
    common = random.normal(size=INPUTS + 1) * 0.05
    return common, common + random.normal(size=(count, INPUTS + 1)) * 0.05


def updates(rows, **changes):
    return {
        f"node-{n:02d}": update(head=row.astype(np.float32), weight=10, **changes)
        for n, row in enumerate(rows)
    }


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(3, 12).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=n, max_size=n
        )
    )
)
def test_rules_are_the_formulas(rows):
    # Sums of opposite numbers, and the smallest there are, come out zero in one order and not in
    # another.
    close = partial(np.testing.assert_allclose, atol=1e-9)
    table = np.array(rows)
    weights = np.arange(1.0, len(rows) + 1)
    cut = int(TRIM * len(rows))
    ordered = np.sort(table, axis=0)
    close(
        combine(table, weights, AggregationRule.TRIMMED),
        ordered[cut : len(rows) - cut].mean(axis=0),
    )
    close(combine(table, weights, AggregationRule.MEDIAN), np.median(table, axis=0))
    shares = np.minimum(weights, 2 * np.median(weights))
    close(
        combine(table, weights, AggregationRule.MEAN),
        (shares[:, None] * table).sum(axis=0) / shares.sum(),
    )
    clip = combine(table, weights, AggregationRule.CLIPPED)
    assert np.linalg.norm(clip) <= np.median(np.linalg.norm(table, axis=1)) * (1 + 1e-9) + 1e-9


def test_a_weight_counts_for_two_medians_at_most():
    shares = shares_of(np.array([10.0, 10.0, 10.0, 1e9]))
    np.testing.assert_allclose(shares, [0.2, 0.2, 0.2, 0.4])


def test_the_order_of_updates_changes_nothing():
    _, rows = changes(6)
    together = updates(rows)
    backwards = dict(reversed(together.items()))
    one, other = aggregate(together, GROUP), aggregate(backwards, GROUP)
    np.testing.assert_array_equal(one.head.weights, other.head.weights)
    assert one.nodes == other.nodes


ATTACKS = {
    "sign_flip": lambda common, rows, random: -10 * rows,
    "gaussian": lambda common, rows, random: random.normal(size=rows.shape),
    "same": lambda common, rows, random: (
        np.tile(-common, (len(rows), 1)) + random.normal(size=rows.shape) * 1e-3
    ),
    "small_colluding": lambda common, rows, random: (
        rows.mean(axis=0) - 1.2 * rows.std(axis=0) + random.normal(size=rows.shape) * 0.01
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("rule", [AggregationRule.TRIMMED, AggregationRule.MEDIAN])
def test_attackers_hardly_move_the_head_and_are_named(attack, rule):
    # Prepare
    random = np.random.default_rng(1)
    common, rows = changes(NODES)
    clean = aggregate(updates(rows), GROUP, rule)
    rows = rows.copy()
    rows[:ATTACKERS] = ATTACKS[attack](common, rows[:ATTACKERS], random)

    # Execute
    result = aggregate(updates(rows), GROUP, rule)

    # Assert
    wrong = {f"node-{n:02d}" for n in range(ATTACKERS)}
    assert clean.faults == {}
    assert set(result.faults) == wrong
    assert set(result.faults.values()) <= {Fault.OUTLIER, Fault.APART}
    error = np.linalg.norm(result.head.weights - common)
    assert error < 1.3 * np.linalg.norm(clean.head.weights - common)


def test_what_lies_along_the_directions_of_any_talk_is_left_aside_and_nothing_else():
    # Prepare: one change along the directions, and one of all numbers that they do not touch.
    directions = usual_directions()
    np.testing.assert_allclose(directions.T @ directions, np.eye(directions.shape[1]), atol=1e-9)
    change = np.zeros((2, INPUTS + 1))
    change[0, GROUP_NUMBERS] = directions @ np.arange(1.0, directions.shape[1] + 1)
    change[1] = 1.0
    change[1, GROUP_NUMBERS] = 0.0

    # Execute and assert: what lies along them goes, what else a head moves stays.
    rest = without_usual(change)
    np.testing.assert_allclose(rest[0], 0.0, atol=1e-9)
    np.testing.assert_array_equal(rest[1], change[1])


@pytest.mark.parametrize("is_usual", [True, False])
def test_a_minority_with_one_kind_of_talk_is_not_apart_and_one_that_pulls_beside_any_talk_is(
    is_usual,
):
    # Prepare: heads that spread four times as far along the directions of any talk as beside them.
    random = np.random.default_rng(18)
    directions = usual_directions()
    count = directions.shape[1]
    features = random.normal(size=(NODES, len(GROUP_NUMBERS)))
    features += 4.0 * random.normal(size=(NODES, count)) @ directions.T
    along = directions @ np.ones(count)
    beside = np.ones(len(GROUP_NUMBERS))
    beside -= directions @ directions.T @ beside
    pull = along / np.linalg.norm(along) if is_usual else beside / np.linalg.norm(beside)
    features[:ATTACKERS] += 8.0 * pull
    rows = np.tile(GROUP.weights.astype(np.float64), (NODES, 1))
    rows[:, GROUP_NUMBERS] += 0.01 * features

    # Execute
    faults = aggregate(updates(rows), GROUP).faults

    # Assert
    attackers = {f"node-{n:02d}": Fault.APART for n in range(ATTACKERS)}
    assert faults == ({} if is_usual else attackers)


def test_few_updates_are_not_compared_with_each_other():
    _, rows = changes(3)
    assert aggregate(updates(rows), GROUP).faults == {}
    equal = np.tile(rows[0], (8, 1))
    assert aggregate(updates(equal), GROUP).faults == {}


def test_the_noise_of_a_budget_names_nobody():
    # Prepare: forty nodes that share their change with Laplace noise, whose tails are long.
    plan, random = PrivacyPlan(2.0, 1, 1.0), np.random.default_rng(11)
    rows = [plan.release(GROUP, GROUP, random) for _ in range(40)]

    # Execute
    result = aggregate(updates(rows, privacy_unit="node"), GROUP)

    # Assert: all count, and the trimmed mean is far nearer to the truth than a node is.
    assert not result.faults
    assert len(result.nodes) == 40
    error = abs(float(result.head.weights[SHARED] - GROUP.weights[SHARED]))
    assert error < plan.scale / 2
    line = [SHARED, INPUTS]
    assert np.array_equal(np.delete(result.head.weights, line), np.delete(GROUP.weights, line))


@pytest.mark.parametrize("under_budget", [5, 30])
def test_nodes_with_a_budget_and_nodes_without_one_do_not_accuse_each_other(under_budget):
    # Prepare: in a later round those without a budget move the features alone.
    plan, random = PrivacyPlan(2.0, 1, 1.0), np.random.default_rng(13)
    noisy = np.stack([plan.release(GROUP, GROUP, random) for _ in range(under_budget)])
    features = np.zeros((40 - under_budget, INPUTS + 1))
    features[:, GROUP_NUMBERS] = random.normal(size=(len(features), len(GROUP_NUMBERS)))
    plain = GROUP.weights + features
    mixed = {
        **updates(noisy, privacy_unit="node"),
        **{f"open-{name}": each for name, each in updates(plain).items()},
    }

    # Execute and assert
    assert aggregate(mixed, GROUP).faults == {}


def test_a_minority_under_a_budget_is_not_apart_for_leaving_what_the_others_learn():
    # Prepare: twenty nodes learn the same features in a later round, and ten have a budget.
    plan, random = PrivacyPlan(8.0, 3, 0.5), np.random.default_rng(19)
    still = np.stack([plan.release(GROUP, GROUP, random) for _ in range(10)])
    learners = np.tile(GROUP.weights.astype(np.float64), (20, 1))
    learners[:, GROUP_NUMBERS] += 1.0 + random.normal(size=(20, len(GROUP_NUMBERS)))
    noisy = updates(still, privacy_unit="node")
    mixed = noisy | {f"open-{name}": each for name, each in updates(learners).items()}

    # Execute and assert: who moves the features against the others under that name is still named.
    assert aggregate(mixed, GROUP).faults == {}
    against = {**mixed, **{
        name: replace(each, head=np.where(
            np.isin(np.arange(INPUTS + 1), GROUP_NUMBERS), np.float32(-0.01), each.head
        )) for name, each in list(noisy.items())[:9]
    }}  # fmt: skip
    assert set(aggregate(against, GROUP).faults) == set(list(noisy)[:9])


@pytest.mark.parametrize("under_budget", [2, 5, 10, 19])
def test_in_a_first_round_nodes_with_a_budget_do_not_make_the_others_outliers(under_budget):
    # Prepare: those without a budget move two numbers, which are not compared for the others.
    plan, random = PrivacyPlan(2.0, 1, 1.0), np.random.default_rng(17)
    noisy = np.stack([plan.release(GROUP, GROUP, random) for _ in range(under_budget)])
    plain = np.tile(GROUP.weights.astype(np.float64), (20, 1))
    plain[:, SURENESS] += random.uniform(0.5, 1.5, size=(20, 2))
    mixed = {
        **updates(noisy, privacy_unit="node"),
        **{f"open-{name}": each for name, each in updates(plain).items()},
    }

    # Execute and assert
    assert aggregate(mixed, GROUP).faults == {}


def test_a_newcomer_who_trained_from_another_head_is_left_out_of_its_first_round_and_not_accused():
    # Prepare: the group's base score counts more than the release's, and its updates leave that.
    random = np.random.default_rng(16)
    rows = np.tile(GROUP.weights.astype(np.float64), (9, 1))
    rows[:, GROUP_NUMBERS] += 0.01 * random.normal(size=(9, len(GROUP_NUMBERS)))
    rows[0, SURENESS] -= 1.0
    old = updates(rows)
    newcomer = {"node-00": replace(old["node-00"], parent="a" * 64)}

    # Execute
    result = aggregate(old | newcomer, GROUP)

    # Assert: with the group's parent the same head would be an outlier.
    assert result.faults == {}
    assert result.nodes == tuple(sorted(set(old) - {"node-00"}))
    assert set(aggregate(old, GROUP).faults) == {"node-00"}
    # Where no head is the parent of most, nobody is a newcomer.
    apart = {node: replace(each, parent=digit * 64) for (node, each), digit in zip(
        list(old.items())[1:5], "abcd", strict=True)}  # fmt: skip
    assert len(aggregate(apart, GROUP).nodes) == 4


def test_in_a_first_round_a_head_that_moves_what_nobody_else_moves_is_named():
    # Prepare: a first round moves two numbers; two attackers move a phrase as well.
    random = np.random.default_rng(14)
    rows = np.tile(GROUP.weights.astype(np.float64), (12, 1))
    rows[:, SURENESS] += random.normal(size=(12, 2))
    rows[:2, INPUTS - ENCODER_DIMENSION : INPUTS] += 1.0

    # Execute
    result = aggregate(updates(rows), GROUP)

    # Assert
    assert result.faults == {"node-00": Fault.OUTLIER, "node-01": Fault.OUTLIER}


@pytest.mark.parametrize(("spreads", "is_named"), [(6.0, False), (60.0, True)])
def test_in_a_first_round_of_two_numbers_only_one_that_is_very_far_is_named(spreads, is_named):
    # Prepare: eleven heads around one place, and one as many median distances away.
    rows = np.tile(GROUP.weights.astype(np.float64), (12, 1))
    turns = np.linspace(0.0, 2 * np.pi, 11, endpoint=False)
    rows[1:, SURENESS] += np.stack([np.cos(turns), np.sin(turns)], axis=1)
    rows[0, SURENESS] += spreads / np.sqrt(2)

    # Execute and assert
    assert set(aggregate(updates(rows), GROUP).faults) == ({"node-00"} if is_named else set())


@pytest.mark.parametrize("rule", list(AggregationRule))
def test_no_rule_lets_a_third_of_the_nodes_teach_a_phrase(rule):
    rows = np.tile(GROUP.weights.astype(np.float64), (9, 1))
    rows[:, GROUP_NUMBERS] += np.random.default_rng(15).normal(size=(9, len(GROUP_NUMBERS)))
    rows[:3, INPUTS - ENCODER_DIMENSION : INPUTS] += 1e-3
    head = aggregate(updates(rows), GROUP, rule).head.weights
    np.testing.assert_array_equal(
        head[INPUTS - ENCODER_DIMENSION : INPUTS],
        GROUP.weights[INPUTS - ENCODER_DIMENSION : INPUTS],
    )
    assert (head[list(GROUP_NUMBERS)] != GROUP.weights[list(GROUP_NUMBERS)]).all()


def test_attackers_move_a_group_under_a_budget_no_further_than_its_honest_nodes_go():
    # Prepare: heads of attackers differ in every number, and hugely in the shared one.
    plan, random = PrivacyPlan(8.0, 1, 1.0), np.random.default_rng(12)
    honest = np.stack([plan.release(GROUP, GROUP, random) for _ in range(NODES - ATTACKERS)])
    attackers = random.normal(size=(ATTACKERS, INPUTS + 1))
    attackers[:, SHARED] = 500.0

    # Execute
    result = aggregate(updates([*honest, *attackers]), GROUP)

    # Assert
    line = [SHARED, INPUTS]
    assert np.array_equal(np.delete(result.head.weights, line), np.delete(GROUP.weights, line))
    for number in line:
        assert honest[:, number].min() <= result.head.weights[number] <= honest[:, number].max()


def test_a_round_without_updates_is_refused():
    with pytest.raises(ValueError, match="without updates"):
        aggregate({}, GROUP)


NUMBER = st.sampled_from([0.0, 1e-45, -1e-3, 1.0, -1.0, 1000.0, -1000.0])


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12).flatmap(lambda n: hnp.arrays(np.float64, (n, 6), elements=NUMBER)))
def test_any_heads_can_be_compared_and_most_always_count(heads):
    nodes = [f"node-{number:02d}" for number in range(len(heads))]
    whole = np.zeros((len(heads), INPUTS + 1))
    whole[:, [*SURENESS, 1, 2, 3, -2]] = heads
    faults = unusual(nodes, whole)
    assert set(faults) <= set(nodes)
    assert 2 * len(faults) <= len(nodes)
