"""Pauses double from the first to the longest, however long an outage lasts."""

import pytest

from cgp.backoff import pause_after


@pytest.mark.parametrize(
    ("doublings", "seconds"), [(0, 0.5), (1, 1.0), (3, 4.0), (7, 60.0), (10_000, 60.0)]
)
def test_a_pause_doubles_up_to_the_longest(doublings, seconds):
    assert pause_after(doublings, first=0.5, longest=60.0) == seconds
