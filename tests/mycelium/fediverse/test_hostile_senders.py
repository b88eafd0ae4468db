"""Senders that would fill memory or disk, block others, or keep our actor talking for ever."""

import asyncio
import contextlib
import gc
import weakref
from datetime import UTC, datetime

import pytest

from cgp.mycelium.fediverse import cavage
from cgp.mycelium.fediverse.answer_limits import MAX_FAILURES, PER_MINUTE, AnswerLimits
from cgp.mycelium.fediverse.errors import SignatureError
from cgp.mycelium.fediverse.http_message import HttpMessage
from cgp.mycelium.fediverse.message_objects import message_activity
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
