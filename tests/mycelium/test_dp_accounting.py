"""Epsilon is that of Google's accountant, within 1 %."""

import pytest

from cgp.mycelium.privacy import DELTA, Cost, PrivacyPlan, epsilon_of
from cgp.mycelium.wire import MICRO

pytestmark = pytest.mark.peers
dp_accounting = pytest.importorskip("dp_accounting", reason="dp-accounting is not installed")
pld = pytest.importorskip("dp_accounting.pld", reason="dp-accounting is not installed")


@pytest.mark.parametrize(("noise", "count"), [(1.0, 1), (5.0, 20), (20.0, 100), (60.0, 500)])
def test_epsilon_of_many_releases_equals_the_accountant_s(noise, count):
    accountant = pld.PLDAccountant()
    accountant.compose(dp_accounting.GaussianDpEvent(noise), count)
    expected = accountant.get_epsilon(DELTA)
    assert epsilon_of(count / (2 * noise**2), DELTA) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 8.0])
def test_a_whole_budget_of_gaussian_noise_costs_what_the_accountant_says(epsilon):
    plan = PrivacyPlan(epsilon, releases=100, clip=0.7)
    accountant = pld.PLDAccountant()
    # The sensitivity of a clipped change is twice the clip.
    accountant.compose(dp_accounting.GaussianDpEvent(plan.sigma / (2 * plan.clip)), 100)
    expected = accountant.get_epsilon(DELTA)
    assert expected == pytest.approx(epsilon, rel=0.01)
    assert epsilon_of(100 * plan.rho_micro / MICRO) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("releases", [1, 3])
def test_a_whole_budget_of_laplace_noise_costs_what_the_accountant_says(epsilon, releases):
    plan = PrivacyPlan(epsilon, releases, clip=0.7)
    accountant = pld.PLDAccountant()
    accountant.compose(dp_accounting.LaplaceDpEvent(plan.scale / (2 * plan.clip)), releases)
    # Laplace noise has no delta; the accountant's may be as small as its numbers allow.
    expected = accountant.get_epsilon(1e-9)
    assert sum([plan.cost] * releases, Cost()).epsilon() == pytest.approx(expected, rel=0.01)
