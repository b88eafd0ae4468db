"""The budget of privacy holds to the millionth, refuses beyond it, and no text is ever sent."""

import base64
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cgp.mycelium.messages import Kind, NodeMessage
from cgp.mycelium.payload_scan import PayloadScan, PrivateTextError
from cgp.mycelium.privacy import (
    BudgetSpentError,
    PrivacyPlan,
    clip_change,
    epsilon_of,
    rho_of,
)
from cgp.mycelium.wire import MICRO
from cgp.tagmodel import Head
from tests.mycelium.kit import head, hotkey, update

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


def test_noise_has_the_size_that_its_cost_asks_for():
    # Prepare: the definition, rho = sensitivity^2 / (2 sigma^2), with a sensitivity of 2 clip.
    plan = PrivacyPlan(epsilon=2.0, releases=10, clip=0.5)
    assert (2 * 0.5) ** 2 / (2 * plan.sigma**2) == pytest.approx(plan.rho_micro / MICRO)
    group, mine = Head(head(1)), Head(head(2))

    # Execute
    random = np.random.default_rng(3)
    sent = np.stack([plan.release(mine, group, random) for _ in range(50)])

    # Assert: around the clipped change, with this spread.
    change = sent.astype(np.float64) - group.weights
    expected = clip_change(mine.weights.astype(np.float64) - group.weights, 0.5)
    assert np.linalg.norm(expected) == pytest.approx(0.5)
    assert change.std(axis=0, ddof=1).mean() == pytest.approx(plan.sigma, rel=0.05)
    assert np.abs(change.mean(axis=0) - expected).max() < 5 * plan.sigma / math.sqrt(50)


@settings(max_examples=15, deadline=None)
@given(epsilon=st.floats(0.2, 20.0), releases=st.integers(1, 200))
def test_the_budget_takes_all_its_releases_and_not_one_more(epsilon, releases):
    plan = PrivacyPlan(epsilon, releases, clip=1.0)
    spent = 0
    for _ in range(releases):
        plan.require_room(spent)
        spent += plan.rho_micro
    assert epsilon_of(spent / MICRO) <= epsilon
    # Of what rounding leaves over no release can be paid, unless it is a whole one.
    if plan.budget_micro - spent < plan.rho_micro:
        with pytest.raises(BudgetSpentError):
            plan.require_room(spent)


@pytest.mark.parametrize("spent", [-1, 10**12, math.nan])
def test_an_odd_account_refuses(spent):
    plan = PrivacyPlan(1.0, 5, 1.0)
    with pytest.raises((BudgetSpentError, ValueError)):
        plan.require_room(spent)


@pytest.mark.parametrize(
    "wrong",
    [{"epsilon": 0.0}, {"epsilon": math.nan}, {"releases": 0}, {"clip": 0.0}, {"delta": 1.0}],
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
