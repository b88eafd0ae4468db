"""The budget of privacy holds to the millionth, refuses beyond it, and no text is ever sent."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cgp.mycelium.memory import NodeMemory
from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.payload_scan import PayloadScan, PrivateTextError
from cgp.mycelium.privacy import (
    SHARED,
    TURNING_POINT,
    BudgetSpentError,
    Cost,
    PrivacyPlan,
    epsilon_of,
    rho_of,
)
from cgp.mycelium.wire import MICRO
from cgp.tagmodel import Head
from cgp.tagmodel.head import INPUTS
from tests.mycelium.kit import head, hotkey, update

# By SQLite's numbers: each commit waits for the disk.
SYNCHRONOUS_FULL = 2
TEXT = "The ferry to the island leaves at noon, and the captain drinks his coffee black."


@settings(max_examples=25, deadline=None)
@given(rho=st.floats(1e-4, 20.0), delta=st.sampled_from([1e-5, 1e-6, 1e-3]))
def test_epsilon_is_the_one_at_which_a_gaussian_mechanism_has_this_delta(rho, delta):
    epsilon = epsilon_of(rho, delta)
    mu = math.sqrt(2 * rho)
    achieved = norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(
        -mu / 2 - epsilon / mu
    )
    if epsilon:
        assert achieved == pytest.approx(delta, rel=1e-3)
    else:
        assert achieved <= delta
    # The well-known bound of zCDP is above it.
    assert epsilon <= rho + 2 * math.sqrt(rho * math.log(1 / delta)) + 1e-9


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 2.0, 8.0, 50.0])
def test_rho_of_an_epsilon_gives_the_epsilon_back(epsilon):
    assert epsilon_of(rho_of(epsilon)) == pytest.approx(epsilon, rel=1e-9)


@pytest.mark.parametrize(("releases", "is_laplace"), [(1, True), (3, True), (60, False)])
def test_noise_has_the_size_that_its_cost_asks_for(releases, is_laplace):
    # Prepare: the definitions, with a sensitivity of 2 clip.
    plan = PrivacyPlan(epsilon=2.0, releases=releases, clip=0.5)
    assert plan.is_laplace == is_laplace
    cost = plan.cost
    if is_laplace:
        assert 2 * 0.5 / plan.scale == pytest.approx(cost.epsilon_micro / MICRO)
        spread = math.sqrt(2) * plan.scale
    else:
        assert (2 * 0.5) ** 2 / (2 * plan.sigma**2) == pytest.approx(cost.rho_micro / MICRO)
        spread = plan.sigma
    group, mine = Head(head(1)), Head(head(2))

    # Execute
    random = np.random.default_rng(3)
    sent = [float(plan.release(mine, group, random)[SHARED]) for _ in range(20_000)]

    # Assert: around the clipped change, with this spread.
    changes = np.array(sent) - float(group.weights[SHARED])
    wish = float(mine.weights[SHARED]) - float(group.weights[SHARED])
    assert changes.mean() == pytest.approx(np.clip(wish, -0.5, 0.5), abs=5 * spread / 141)
    assert changes.std() == pytest.approx(spread, rel=0.05)


@settings(max_examples=60, deadline=None)
@given(
    seeds=st.tuples(*[st.integers(0, 2**32 - 1)] * 4),
    clip=st.floats(1e-3, 3.0),
    releases=st.sampled_from([1, 60]),
)
def test_what_is_sent_lies_on_a_line_through_the_group_s_head_and_is_clipped_before_the_noise(
    seeds, clip, releases
):
    # Prepare
    plan = PrivacyPlan(8.0, releases, clip)
    group, *heads = (Head(head(seed)) for seed in seeds[:3])

    # Execute: two nodes with the same noise.
    sent = [plan.release(mine, group, np.random.default_rng(seeds[3])) for mine in heads]

    # Assert: weight and bias move together, and without the noise by the clipped change.
    for weights in sent:
        others = np.delete(weights, [SHARED, INPUTS])
        assert np.array_equal(others, np.delete(group.weights, [SHARED, INPUTS]))
        moves = (weights.astype(np.float64) - group.weights)[[SHARED, INPUTS]]
        assert moves[1] == pytest.approx(-TURNING_POINT * moves[0], abs=1e-5, rel=1e-5)
    wishes = [float(mine.weights[SHARED]) - float(group.weights[SHARED]) for mine in heads]
    first, second = (min(clip, max(-clip, wish)) for wish in wishes)
    difference = float(sent[0][SHARED]) - float(sent[1][SHARED])
    rounding = 2e-6 + 1e-6 * float(np.abs(np.array(sent)[:, SHARED]).max())
    assert difference == pytest.approx(first - second, abs=rounding)


def test_discrete_laplace_noise_is_as_likely_one_step_further_as_epsilon_allows():
    # Prepare: a clip of a thousand steps, so that a step is a two-thousandth of the sensitivity.
    plan, zero = PrivacyPlan(8.0, 1, 1e-3), Head(head(1) * 0)
    random = np.random.default_rng(5)

    # Execute
    steps = np.array([plan.release(zero, zero, random)[SHARED] for _ in range(50_000)]) * MICRO

    # Assert: the share at or beyond k steps falls by exp(-epsilon k / 2000).
    for distance in (100, 250, 500):
        least = (np.round(steps) >= distance).mean()
        ratio = math.exp(-8.0 / 2000)
        expected = ratio**distance / (1 + ratio)
        assert least == pytest.approx(expected, abs=5 * math.sqrt(expected / 50_000))


@settings(max_examples=25, deadline=None)
@given(epsilon=st.floats(0.2, 20.0), releases=st.integers(1, 200))
def test_the_budget_takes_all_its_releases_and_not_one_more(epsilon, releases):
    plan, spent = PrivacyPlan(epsilon, releases, clip=1.0), Cost()
    assert plan.releases_left(spent) == releases
    for _ in range(releases):
        plan.require_room(spent)
        spent += plan.cost
    assert spent.epsilon() <= epsilon * (1 + 1e-9)
    # Of what rounding leaves over no release can be paid, unless it is a whole one.
    if (spent + plan.cost).epsilon() > epsilon:
        with pytest.raises(BudgetSpentError):
            plan.require_room(spent)
        assert plan.releases_left(spent) == 0


def test_what_is_left_of_a_million_releases_is_not_counted_one_by_one():
    plan = PrivacyPlan(epsilon=100.0, releases=1_000_000, clip=0.5)
    assert not plan.is_laplace
    assert plan.releases_left(Cost()) == 1_000_000
    assert plan.releases_left(Cost(rho_micro=999_990 * plan.cost.rho_micro)) >= 10
    assert plan.releases_left(Cost(rho_micro=10**9)) == 0


@settings(max_examples=25, deadline=None)
@given(
    epsilon=st.floats(0.5, 20.0), rho=st.floats(0.0, 2.0), other=st.floats(0.0, 10.0),
    releases=st.sampled_from([1, 3, 60]),
)  # fmt: skip
def test_both_kinds_of_noise_draw_on_one_budget(epsilon, rho, other, releases):
    plan = PrivacyPlan(epsilon, releases, clip=1.0)
    spent = Cost(round(rho * MICRO), round(other * MICRO))
    try:
        plan.require_room(spent)
    except BudgetSpentError:
        # Refused only where it does not fit, but for the rounding to millionths.
        assert (spent + plan.cost).epsilon() > epsilon - 1e-4
    else:
        assert (spent + plan.cost).epsilon() <= epsilon * (1 + 1e-9)


@pytest.mark.parametrize(
    "spent", [Cost(-1), Cost(10**12), Cost(0, -1), Cost(0, 10**12), Cost(math.nan), Cost(5, 10**6)]
)
@pytest.mark.parametrize("releases", [1, 60])
def test_an_odd_account_refuses(spent, releases):
    plan = PrivacyPlan(1.0, releases, 1.0)
    with pytest.raises((BudgetSpentError, ValueError)):
        plan.require_room(spent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epsilon": 0.0},
        {"epsilon": math.nan},
        {"releases": 0},
        {"clip": 0.0},
        {"clip": math.nan},
        {"releases": 10**9},
        {"delta": 1.0},
    ],
)
def test_a_plan_that_protects_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"is|are"):
        PrivacyPlan(**{"epsilon": 1.0, "releases": 1, "clip": 1.0} | wrong)


@pytest.mark.parametrize(
    "leak",
    [
        TEXT.encode(),
        b'{"note":"The FERRY to the\\nisland leaves early"}',
        base64.b64encode(TEXT.encode()),
        base64.urlsafe_b64encode(TEXT.encode()).rstrip(b"="),
    ],
)
def test_the_scan_finds_a_text_plain_or_encoded(leak):
    with pytest.raises(PrivateTextError):
        PayloadScan([TEXT]).check(leak)


def test_no_message_holds_a_text():
    # Prepare: even a message whose fields are as full as they may be.
    scan = PayloadScan([TEXT])
    messages = [update().sign(hotkey("Ada"))]
    for kind in Kind:
        message = NodeMessage(kind, "harbour", 1, 1, "0" * 16, members=3, head="1" * 64)
        messages.append(message.sign(hotkey("Ada")))

    # Execute, assert
    assert not any(scan.finds(message) for message in messages)


async def test_a_spent_release_is_on_the_disk_before_it_is_sent(tmp_path):
    # Else a power cut after the sending would give the budget back.
    memory = NodeMemory(tmp_path / "memory.sqlite", is_durable=True)
    assert await memory._worker.rows("PRAGMA synchronous") == [(SYNCHRONOUS_FULL,)]
    await memory.close()
