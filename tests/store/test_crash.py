"""SIGKILL at any point of the work: every conversation ends once, none is held by two workers."""

import pytest

from tests.store.kill_storm import storm

pytestmark = pytest.mark.peers


def test_killed_workers_lose_nothing_and_count_nothing_twice(store_url):
    outcome = storm(store_url, conversations=40, workers=2, kills=3, lease_seconds=1, patience=400)
    assert outcome.problems(40) == []
    assert (outcome.kills, outcome.strangers) == (3, 1)
