"""The store: deliveries with pauses that fit their life, each once; questions in fair turns."""

import pytest

from cgp.mycelium.fediverse import actor_store
from cgp.mycelium.fediverse.actor_records import ActorQuestion, Effects, Follower, Outgoing
from cgp.mycelium.fediverse.actor_store import ActorStore
from cgp.mycelium.fediverse.delivery_queue import MAX_TRIES

DAY = 86_400.0
INBOX = "https://a.example/inbox"


@pytest.fixture
async def store(tmp_path):
    store = ActorStore(tmp_path / "actor.sqlite")
    yield store
    await store.close()


def outgoing(name="1", life=2 * DAY, inboxes=(INBOX,)):
    return Outgoing(f"https://us.example/{name}", inboxes, b"{}", life)


async def pauses(store, at_least=0.0):
    """Let the one delivery fail until it is given up; return the pauses."""
    now, times = 0.0, []
    while (due := await store.deliveries.next_due()) is not None:
        times.append(due - now)
        now = due
        for delivery in await store.deliveries.due(now, 10):
            await store.deliveries.postpone(delivery, "away", now, at_least=at_least)
    return times[1:]


async def test_a_post_is_tried_with_doubling_pauses_until_it_is_old_or_tried_often(store):
    await store.enqueue(outgoing(life=100 * DAY), 0.0)
    times = await pauses(store)
    assert times[:4] == [30, 60, 120, 240]
    assert max(times) == 6 * 3600
    assert len(times) == MAX_TRIES - 1
    await store.enqueue(outgoing("2", life=0.1 * DAY), 0.0)
    assert sum(await pauses(store)) < 0.2 * DAY


async def test_a_message_of_a_round_is_tried_again_within_seconds(store):
    await store.enqueue(outgoing(life=120.0), 0.0)
    assert (await pauses(store))[:2] == pytest.approx([6.0, 11.4])


async def test_a_server_that_asks_for_time_gets_it_within_bounds(store):
    await store.enqueue(outgoing(life=100 * DAY), 0.0)
    assert set(await pauses(store, at_least=10 * DAY)) == {6 * 3600}


async def test_an_activity_goes_to_an_inbox_once_and_one_at_a_time(store):
    other = "https://b.example/inbox"
    for _ in range(2):
        await store.enqueue(outgoing("1", inboxes=(INBOX, INBOX, other)), 0.0)
    await store.enqueue(outgoing("2", inboxes=(INBOX,)), 1.0)
    first = await store.deliveries.due(2.0, 10)
    assert [(d.activity[-1], d.inbox) for d in first] == [("1", INBOX), ("1", other)]
    for delivery in first:
        await store.deliveries.finish(delivery, quick=True)
    await store.enqueue(outgoing("1", inboxes=(INBOX,)), 3.0)
    assert [d.activity[-1] for d in await store.deliveries.due(4.0, 10)] == ["2"]


async def test_a_delivery_to_an_inbox_that_is_busy_waits_and_an_old_one_is_dropped(store):
    await store.enqueue(outgoing("1", inboxes=(INBOX,), life=10.0), 0.0)
    assert await store.deliveries.due(1.0, 10, besides={"a.example"}) == []
    assert await store.deliveries.next_due(besides={"a.example"}) is None
    assert await store.deliveries.next_due() == 0.0
    assert await store.deliveries.due(11.0, 10) == []
    assert await store.deliveries.next_due() is None


async def test_a_follow_is_asked_again_once_its_delivery_is_given_up(store):
    follow = Follower("https://a.example/users/a", INBOX)
    assert await store.add_follow(follow, outgoing("1"), 0.0)
    assert not await store.add_follow(follow, outgoing("2"), 0.0)
    (delivery,) = await store.deliveries.due(1.0, 10)
    await store.deliveries.abandon(delivery, "404")
    assert await store.add_follow(follow, outgoing("3"), 2.0)
    await store.take("https://a.example/1", follow.actor, Effects(accept_follow=follow.actor), 3.0)
    assert not await store.add_follow(follow, outgoing("4"), 4.0)


async def test_words_of_a_person_are_kept_until_they_are_answered(store):
    for number, end in enumerate(
        (store.drop_question, lambda p: store.answer(p, outgoing(p), 0.0))
    ):
        post = f"https://a.example/{number}"
        question = ActorQuestion(
            post, "https://a.example/u", INBOX, "@u@a.example", "my secret words"
        )
        await store.take(f"{post}/activity", question.author, Effects(question=question), 0.0)
        assert [q.text for q in await store.waiting_questions()] == ["my secret words"]
        await end(post)
        assert await store.waiting_questions() == []
        # The same post in another activity is no new question.
        await store.take(f"{post}/again", question.author, Effects(question=question), 1.0)
        assert await store.waiting_questions() == []
    assert await store._worker.rows("SELECT text FROM questions") == [("",), ("",)]


async def test_many_questions_of_one_server_delay_no_others_and_fill_no_room(store, monkeypatch):
    monkeypatch.setattr(actor_store, "MAX_QUESTIONS", 200)
    for number in range(50):
        await take_question(store, f"https://flood.example/{number}", number)
    await take_question(store, "https://a.example/1", 99.0)
    await take_question(store, "https://b.example/1", 100.0)
    first = [question.post for question in await store.waiting_questions(3)]
    assert first == [
        "https://flood.example/0", "https://a.example/1", "https://b.example/1",
    ]  # fmt: skip
    assert len(await store.waiting_questions(100)) == 22


async def take_question(store, post, now):
    question = ActorQuestion(post, f"{post}/author", INBOX, "@u@a.example", "tag: x")
    await store.take(f"{post}/activity", question.author, Effects(question=question), now)
