import random
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.annotators.errors import CircuitOpenError
from cgp.annotators.resilience import Backoff, CircuitBreaker, retry_after


@given(repeat=st.integers(0, 10_000), seed=st.integers(0, 99))
def test_a_wait_is_jittered_and_bounded_by_a_doubling_limit(repeat, seed):
    wait = Backoff(first=0.5, longest=20).wait(repeat, None, random.Random(seed))
    assert 0 <= wait <= min(20, 0.5 * 2.0 ** min(repeat, 60))


@given(repeat=st.integers(0, 20), wish=st.floats(0, 1e4), seed=st.integers(0, 99))
def test_a_wait_is_never_shorter_than_the_servers_wish(repeat, wish, seed):
    wait = Backoff().wait(repeat, wish, random.Random(seed))
    assert wish <= wait <= wish + 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": format_datetime(datetime.fromtimestamp(1090, UTC), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(datetime.fromtimestamp(90, UTC), usegmt=True)}, 0.0),
        ({"retry-after": "Mon, 99 Foo 0000 99:99:99 GMT"}, None),
    ],
)
def test_a_servers_wish_is_read_in_all_its_forms(headers, seconds):
    assert retry_after(headers, now=1000.0) == seconds


@given(text=st.text(max_size=40))
def test_nonsense_is_no_wish_and_no_crash(text):
    seconds = retry_after({"retry-after": text}, now=0.0)
    assert seconds is None or seconds >= 0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def breaker():
    clock = Clock()
    return clock, CircuitBreaker(failures=3, pause=10, longest=40, clock=clock)


def test_a_breaker_opens_after_failures_in_a_row_and_tries_one_call_after_the_pause():
    clock, circuit = breaker()
    for _ in range(2):
        circuit.check()
        circuit.note_failure("down")
    circuit.check()
    circuit.note_success()
    for _ in range(3):
        circuit.check()
        circuit.note_failure("down")
    with pytest.raises(CircuitOpenError, match="another 10 s after 3 failures, the last one: down"):
        circuit.check()
    clock.now = 10
    circuit.check()
    with pytest.raises(CircuitOpenError):  # only one call tries
        circuit.check()
    circuit.note_success()
    circuit.check()


def test_the_pause_doubles_while_the_trial_fails_up_to_a_limit():
    clock, circuit = breaker()
    for _ in range(3):
        circuit.note_failure("down")
    pauses = []
    for _ in range(4):
        with pytest.raises(CircuitOpenError) as caught:
            circuit.check()
        pauses.append(caught.value.retry_after)
        clock.now += caught.value.retry_after
        circuit.check()
        circuit.note_failure("still down")
    assert pauses == [10, 20, 40, 40]


def test_a_pause_lasts_as_long_as_the_server_asks_for():
    _, circuit = breaker()
    for _ in range(3):
        circuit.note_failure("busy", 100)
    with pytest.raises(CircuitOpenError, match="another 100 s"):
        circuit.check()


def test_a_cancelled_trial_lets_the_next_call_try():
    clock, circuit = breaker()
    for _ in range(3):
        circuit.note_failure("down")
    clock.now = 10
    circuit.check()
    circuit.note_abandonment()
    circuit.check()
