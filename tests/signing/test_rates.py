"""The token bucket, on a clock that the tests set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.signing import RateLimit


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def allowed(limit, key, attempts):
    """Ask ``attempts`` times at once; return how many were let through."""
    passed = 0
    for _ in range(attempts):
        if limit.wait(key) == 0:
            limit.count(key)
            passed += 1
    return passed


def test_a_burst_passes_and_the_rest_waits():
    clock = Clock()
    limit = RateLimit(600, clock=clock)
    assert allowed(limit, "a", 100) == 60
    assert limit.wait("a") == pytest.approx(0.1)
    clock.now += 1
    assert allowed(limit, "a", 100) == 10


def test_keys_do_not_share_a_budget():
    limit = RateLimit(10, clock=Clock())
    assert allowed(limit, "a", 100) == 10
    assert allowed(limit, "b", 100) == 10


def test_asking_costs_nothing():
    limit = RateLimit(1, clock=Clock())
    assert [limit.wait("a") for _ in range(1000)] == [0] * 1000


def test_the_least_recently_used_key_is_forgotten():
    limit = RateLimit(1, keys=2, clock=Clock())
    for key in "abc":
        limit.count(key)
    assert limit.wait("a") == 0
    assert limit.wait("b") > 0
    assert limit.wait("c") > 0


@given(st.floats(1, 10_000), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_over_any_time_no_more_pass_than_the_burst_and_the_rate(per_minute, pauses):
    clock = Clock()
    limit = RateLimit(per_minute, clock=clock)
    burst = max(1.0, min(per_minute, max(10.0, per_minute / 10)))
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += allowed(limit, "a", 20)
    assert passed <= burst + clock.now * per_minute / 60 + 1e-6


def test_a_limit_that_allows_nothing_is_an_error():
    with pytest.raises(ValueError, match="positive rate"):
        RateLimit(0)
