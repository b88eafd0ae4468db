"""Senders that would fill memory or disk, block others, or keep our actor talking for ever."""

import asyncio
import contextlib
import gc
import weakref
from datetime import UTC, datetime

import pytest

from cgp.mycelium.fediverse import actor_store, cavage, key_directory
from cgp.mycelium.fediverse.actor_records import Outgoing
from cgp.mycelium.fediverse.answer_limits import MAX_FAILURES, PER_MINUTE, AnswerLimits
from cgp.mycelium.fediverse.deliverer import AT_ONCE
from cgp.mycelium.fediverse.errors import SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.message_objects import message_activity
from cgp.mycelium.fediverse.routes import AT_ONCE as REQUESTS_AT_ONCE
from cgp.mycelium.fediverse.signing_key import SigningKey
from cgp.mycelium.fediverse.skills import Skills
from cgp.mycelium.transports import LOBBY
from tests.kit.fediverse import Stranger, get, post_signed, running_actor, until
from tests.kit.word_annotator import WordAnnotator


class Headers(dict):
    """Headers that a test can watch."""


async def test_a_request_whose_key_cannot_be_fetched_leaves_nothing_in_memory(fungus, stranger):
    key = SigningKey(f"{stranger.url}/users/nobody#main-key", stranger.key.private_key)

    async def try_once():
        plain = HttpMessage("POST", fungus.actor.inbox, {}, b"x" * 200_000)
        headers = Headers(cavage.sign(plain, key, datetime.now(UTC)))
        with contextlib.suppress(SignatureError):
            await fungus.verifier.signer_of(HttpMessage("POST", plain.url, headers, plain.body))
            pytest.fail("it was accepted")
        return weakref.ref(headers)

    watched = [await try_once() for _ in range(3)]
    # The loop itself holds the result that this test was woken by.
    await asyncio.sleep(0)
    gc.collect()
    assert [headers() for headers in watched] == [None] * 3
    # The failure itself is remembered: a forger causes one fetch a minute.
    assert stranger.requests.count("/users/nobody") == 1


async def test_activities_that_do_not_concern_us_are_not_remembered(fungus, stranger):
    message = dict(message_activity(fungus.actor, LOBBY, b"1", datetime.now(UTC)))
    for number, change in enumerate((
        {"type": "Like", "object": "https://a.example/1"},
        {"type": "Create", "object": stranger.question(fungus.actor, "x", tag=None)["object"]},
        {"type": "Create", "object": message["object"] | {
            "attributedTo": stranger.id, "id": f"{stranger.id}/message"}},
    )):  # fmt: skip
        activity = {"id": f"{stranger.id}/{number}", "actor": stranger.id} | change
        assert (await post_signed(fungus.actor.inbox, activity, stranger.key))[0] == 202
    assert await fungus.store._worker.rows("SELECT * FROM seen_activities") == []


async def test_a_slow_inbox_delays_nothing_but_its_own(tmp_path, key_files, keys, stranger):
    async with (
        Stranger(keys[0], "slow").running() as slow,
        running_actor(tmp_path / "a", key_file=key_files[0]) as actor,
    ):
        # Prepare: two followers, of which one does not answer any more.
        for follower in (slow, stranger):
            await post_signed(actor.actor.inbox, follower.follow(actor.actor), follower.key)
            await until(lambda follower=follower: follower.inbox)
        slow.slowness = asyncio.Event()

        # Execute and assert: each post arrives at the other at once.
        for number in range(1, 4):
            await actor.publish(f"Post {number}")
            await until(lambda number=number: len(stranger.answers()) == number, 2)
        assert len(slow.answers()) == 1
        slow.slowness.set()
        await until(lambda: len(slow.answers()) == 3)


async def test_no_page_of_the_outbox_is_a_fault(fungus):
    for page, expected in ((-1, 422), (10**30, 422), (2**63 - 1, 200), ("x", 422)):
        assert (await get(f"{fungus.actor.outbox}?page={page}"))[0] == expected


async def test_an_annotator_that_is_away_costs_the_author_nothing(
    tmp_path, key_files, quarantine, stranger
):
    skills = Skills(WordAnnotator(failures=2 * PER_MINUTE), quarantine)
    async with running_actor(tmp_path / "a", key_file=key_files[0], skills=skills) as actor:
        question = stranger.question(actor.actor, "tag: ferries")
        await post_signed(actor.actor.inbox, question, stranger.key)
        for _ in range(2 * PER_MINUTE + 1):
            await actor.answering.answer_waiting()
        await until(stranger.answers)


def test_answers_are_limited_for_an_author_and_for_all_and_failures_for_a_post():
    limits = AnswerLimits()
    for number in range(PER_MINUTE):
        assert not limits.is_reached_by("ada")
        limits.count_answer("ada", f"post {number}")
    assert limits.is_reached_by("ada")
    assert not limits.is_reached_by("ben")
    assert not limits.is_reached
    for number in range(3 * PER_MINUTE):
        limits.count_answer(f"author {number}", "post")
    assert limits.is_reached
    for _ in range(2):
        ends = [limits.is_given_up("post") for _ in range(MAX_FAILURES)]
        assert ends == [False] * (MAX_FAILURES - 1) + [True]


@contextlib.asynccontextmanager
async def silent_servers(number):
    """Open servers that take a request and never answer; yield their addresses."""
    writers = []

    async def hold(reader, writer):
        writers.append(writer)
        await reader.read()

    servers = [
        await asyncio.start_server(hold, f"127.0.0.{2 + index}", 0) for index in range(number)
    ]
    try:
        yield ["http://{}:{}".format(*server.sockets[0].getsockname()) for server in servers]
    finally:
        for server in servers:
            server.close()
        for writer in writers:
            writer.close()


async def test_servers_that_never_answer_take_no_places_of_the_quick(fungus, stranger):
    # Prepare: an honest follower, and deliveries to more silent servers than there are places.
    await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor), stranger.key)
    await until(lambda: stranger.inbox)
    async with silent_servers(AT_ONCE + 4) as silent:
        far = 1e12
        await fungus.store.enqueue(Outgoing("https://us.example/1", silent, b"{}", far), 0.0)
        fungus.deliverer.wake()
        await until(lambda: len(fungus.deliverer._busy) == AT_ONCE // 2)

        # Execute and assert
        await fungus.publish("A better model")
        await until(stranger.answers, 2)
        assert len(fungus.deliverer._busy) == AT_ONCE // 2


async def test_keys_at_a_silent_server_hold_up_their_sender_alone(fungus, stranger):
    async with silent_servers(1) as (silent,):
        keys = [
            SigningKey(f"{silent}/users/{number}#main-key", stranger.key.private_key)
            for number in range(REQUESTS_AT_ONCE + 1)
        ]
        follow = stranger.follow(fungus.actor)
        requests = [
            asyncio.create_task(post_signed(fungus.actor.inbox, follow, key)) for key in keys
        ]
        done, waiting = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result()[0] for task in done] == [429]
    # The silent server hangs up: each of them is refused, and room is there again.
    assert {status for status, _ in await asyncio.gather(*waiting)} == {401}
    assert (await post_signed(fungus.actor.inbox, follow, stranger.key))[0] == 202


async def test_a_forger_with_many_key_ids_floods_no_server_through_us(
    fungus, stranger, monkeypatch
):
    follow = stranger.follow(fungus.actor)
    assert (await post_signed(fungus.actor.inbox, follow, stranger.key))[0] == 202
    now = fungus.directory._clock()
    monkeypatch.setattr(fungus.directory, "_clock", lambda: now)
    for number in range(40):
        key = SigningKey(f"{stranger.id}#key-{number}", stranger.key.private_key)
        assert (await post_signed(fungus.actor.inbox, follow, key))[0] == 401
    assert 10 <= len(stranger.requests) <= key_directory.FETCHES_PER_MINUTE // 10
    # Its server's known actors are heard all the same.
    undo = {"id": f"{stranger.id}/undo", "type": "Undo", "actor": stranger.id, "object": follow}
    assert (await post_signed(fungus.actor.inbox, undo, stranger.key))[0] == 202
    assert await fungus.store.count_followers() == 0


async def test_requests_at_the_same_time_ask_for_their_key_once(fungus, stranger):
    likes = [
        {"id": f"{stranger.id}/{number}", "type": "Like", "actor": stranger.id, "object": "x"}
        for number in range(REQUESTS_AT_ONCE)
    ]
    answers = await asyncio.gather(
        *(post_signed(fungus.actor.inbox, like, stranger.key) for like in likes)
    )
    assert {status for status, _ in answers} == {202}
    assert len(stranger.requests) == 1


async def test_a_goodbye_of_an_actor_that_we_never_met_costs_no_request(fungus, stranger, keys):
    def goodbye(actor):
        tombstone = {"type": "Tombstone", "id": actor}
        return {"id": f"{actor}#delete", "type": "Delete", "actor": actor, "object": tombstone}

    gone = SigningKey(f"{stranger.url}/users/gone#main-key", stranger.key.private_key)
    for number in range(3):
        document = goodbye(f"{stranger.url}/users/gone-{number}")
        assert (await post_signed(fungus.actor.inbox, document, gone))[0] == 202
    assert stranger.requests == []

    # A follower's goodbye counts by its own key alone.
    await post_signed(fungus.actor.inbox, stranger.follow(fungus.actor), stranger.key)
    forged = SigningKey(stranger.key.key_id, keys[0].private_key)
    for key, status in ((forged, 401), (gone, 401)):
        assert (await post_signed(fungus.actor.inbox, goodbye(stranger.id), key))[0] == status
    assert await fungus.store.count_followers() == 1
    assert (await post_signed(fungus.actor.inbox, goodbye(stranger.id), stranger.key))[0] == 202
    assert await fungus.store.count_followers() == 0


async def test_one_server_makes_us_deliver_to_so_many_of_its_inboxes(fungus, stranger, monkeypatch):
    monkeypatch.setattr(actor_store, "MAX_INBOXES_OF_SERVER", 2)

    async def follow(name, **changes):
        actor = f"{stranger.url}/users/{name}"
        key = SigningKey(f"{actor}#main-key", stranger.key.private_key)
        entry = {"id": key.key_id, "owner": actor, "publicKeyPem": key.public_pem}
        stranger.documents[f"/users/{name}"] = stranger.actor(
            id=actor, inbox=f"{actor}/inbox", publicKey=entry, **changes
        )
        activity = stranger.follow(fungus.actor) | {"id": f"{actor}/follow", "actor": actor}
        return (await post_signed(fungus.actor.inbox, activity, key))[0]

    shared = {"endpoints": {"sharedInbox": f"{stranger.url}/inbox"}}
    statuses = [await follow("a"), await follow("b", **shared), await follow("c", **shared)]
    assert statuses == [202, 202, 202]
    assert await follow("d") == 503
    assert await follow("a") == 202
    assert await fungus.store.count_followers() == 3
    # It is no follower, and was not told that it is one.
    assert not any("/users/d" in str(activity) for activity in stranger.inbox)
