"""Leases: one holder at a time, nothing lost when a holder dies."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cgp.store import LeaseLost, Store


def test_conversations_are_reserved_once_in_order_of_arrival(store, make_conversation):
    store.add_conversations([make_conversation("a"), make_conversation("b")])
    first, second = store.reserve("one", 60), store.reserve("two", 60)
    assert [first.conversation.id, second.conversation.id] == ["a", "b"]
    assert store.reserve("three", 60) is None
    assert store.count_conversations() == {"waiting": 0, "leased": 2, "done": 0, "failed": 0}


def test_a_released_conversation_is_free_again(store, make_conversation):
    store.add_conversations([make_conversation("a")])
    lease = store.reserve("one", 60)
    assert store.release(lease)
    assert not store.release(lease)
    assert store.reserve("two", 60).conversation.id == "a"


def test_a_lease_that_is_not_kept_up_expires(store, clock, make_conversation):
    store.add_conversations([make_conversation("a")])
    lease = store.reserve("one", 60)
    clock.now += 59
    assert store.heartbeat(lease, 60)
    clock.now += 59
    assert store.reserve("two", 60) is None
    clock.now += 1
    assert store.reserve("two", 60).conversation.id == "a"


def test_who_lost_a_lease_can_change_nothing(store, clock, make_conversation):
    store.add_conversations([make_conversation("a")])
    lost = store.reserve("one", 60)
    clock.now += 61
    held = store.reserve("two", 60)
    assert not store.heartbeat(lost, 60)
    assert not store.release(lost)
    with pytest.raises(LeaseLost):
        store.fail(lost, "too late", max_attempts=1)
    assert store.heartbeat(held, 60)


def test_a_restarted_holder_gets_its_own_conversations_back_at_once(store, make_conversation):
    store.add_conversations(
        [make_conversation("a"), make_conversation("b"), make_conversation("c")]
    )
    before = store.reserve("one", 3600)
    store.reserve("two", 3600)
    assert store.release_held("one") == 1
    after = store.reserve("one", 3600)
    assert after.conversation.id == "a"
    assert after.token != before.token
    assert not store.heartbeat(before, 3600)
    assert store.release_held("nobody") == 0


def test_a_conversation_fails_after_its_last_attempt_and_keeps_the_reason(store, make_conversation):
    store.add_conversations([make_conversation("a"), make_conversation("b")])
    assert not store.fail(store.reserve("one", 60), "no luck", max_attempts=2)
    assert store.reserve("one", 60).conversation.id == "b", "others come before a second attempt"
    again = store.reserve("one", 60)
    assert again.attempts == 1
    assert store.fail(again, "no luck\0 again", max_attempts=2)
    status = next(store.conversation_statuses())
    assert (status.state, status.attempts, status.reason) == ("failed", 2, "no luck again")
    assert store.reserve("one", 60) is None


def test_threads_never_share_a_conversation(store, make_conversation):
    store.add_conversations(make_conversation(str(i)) for i in range(40))
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(lambda i: store.reserve(f"holder {i}", 60), range(50)))
    taken = [lease.conversation.id for lease in leases if lease]
    assert len(taken) == len(set(taken)) == 40


_TAKER = """
import sys
from cgp.store import Store
store = Store(sys.argv[1])
while lease := store.reserve(sys.argv[2], 600):
    print(lease.conversation.id)
"""


def test_processes_never_share_a_conversation(store, store_url, make_conversation):
    store.add_conversations(make_conversation(str(i)) for i in range(60))
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKER, store_url, f"holder {i}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(3)
    ]
    taken = [line for taker in takers for line in taker.communicate(timeout=60)[0].split()]
    assert all(taker.returncode == 0 for taker in takers)
    assert sorted(taken, key=int) == [str(i) for i in range(60)]


_OPENER = """
import sys
from cgp.store import Store
Store(sys.argv[1]).close()
"""


def test_processes_that_create_the_store_at_once_all_succeed(store_url):
    openers = [
        subprocess.Popen([sys.executable, "-c", _OPENER, store_url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    errors = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], errors
    Store(store_url).close()
