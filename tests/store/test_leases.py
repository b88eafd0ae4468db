"""Leases: one holder at a time, nothing lost when a holder dies."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cgp.metadata import Metadata
from cgp.store import ConversationResult, HolderReplacedError, LeaseLost, Store


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


def test_a_second_process_of_the_same_validator_takes_over_and_the_first_one_must_stop(
    store_url, clock, make_conversation
):
    first, second = Store(store_url, clock=clock), Store(store_url, clock=clock)
    first.add_conversations([make_conversation("a"), make_conversation("b")])
    first.release_held("validator")
    held = first.reserve("validator", 60)
    assert second.release_held("validator") == 1
    with pytest.raises(LeaseLost):
        first.finish(held, ConversationResult(Metadata()))
    with pytest.raises(HolderReplacedError, match="another process works as validator"):
        first.reserve("validator", 60)
    lease = second.reserve("validator", 60)
    assert first.release_held("validator") == 0, "ending, the first one takes nothing away"
    assert second.heartbeat(lease, 60)
    assert second.release_held("validator") == 1
    assert second.reserve("validator", 60) is not None, "its own session goes on"
    assert first.reserve("somebody else", 60) is not None
    first.close()
    second.close()


def test_sessions_can_be_kept_for_others(store, make_conversation):
    store.add_conversations([make_conversation("a")])
    assert store.claim("validator", "monday") == 0
    assert store.reserve("validator", 60, session="monday").conversation.id == "a"
    assert store.claim("validator", "tuesday") == 1
    with pytest.raises(HolderReplacedError):
        store.reserve("validator", 60, session="monday")
    assert store.release_session("validator", "monday") == 0
    assert store.reserve("validator", 60, session="tuesday").conversation.id == "a"
    assert store.release_session("validator", "tuesday") == 1
