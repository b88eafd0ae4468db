"""Validators at the API: who holds what, what may be repeated, what is refused."""

import asyncio
import hashlib

import pytest

from cgp.api.client import ApiRefusedError, ApiUnavailableError
from cgp.api.messages import FinishRequest, MetadataMessage, TagMessage
from cgp.store import HolderReplacedError, LeaseLost
from tests.api.served import (
    METADATA,
    answer_of,
    keypair,
    serving,
    talk,
    truth_of,
    window_message,
    window_of,
)


def sealed(document):
    """Return a document that is no ground truth, with its right seal."""
    return {"document": document, "seal": hashlib.sha256(document.encode()).hexdigest()}


async def test_two_validators_never_hold_the_same_conversation(api):
    api.store.add_conversations(talk(i) for i in range(12))
    async with api.client("alice") as alice, api.client("bob") as bob:
        held = {alice: [], bob: []}

        async def take(client):
            await client.claim()
            while lease := await client.reserve(60.0, held[client]):
                held[client].append(lease.conversation["id"])

        await asyncio.gather(take(alice), take(bob))
    assert sorted(held[alice] + held[bob], key=int) == [str(i) for i in range(12)]


async def test_a_lease_carries_the_whole_conversation(api):
    api.store.add_conversations([talk("whole")])
    async with api.client() as client:
        await client.claim()
        lease = await client.reserve(60.0, [])
    assert lease.conversation["turns"][1] == {"speaker": 1, "text": "whole: the 1. ferry is late"}
    assert (lease.attempts, lease.truth, lease.windows) == (0, None, [])


async def test_a_lease_whose_answer_was_lost_is_given_again(api):
    api.store.add_conversations([talk(0), talk(1)])
    async with api.client() as client:
        await client.claim()
        lost = await client.reserve(60.0, [])
        again = await client.reserve(60.0, [])
        other = await client.reserve(60.0, [again.conversation["id"]])
        assert again == lost
        assert other.conversation["id"] != again.conversation["id"]


async def test_a_new_run_of_a_validator_frees_what_the_last_one_held_and_ends_it(api):
    api.store.add_conversations([talk(0)])
    async with api.client() as old, api.client() as new:
        await old.claim()
        lease = await old.reserve(60.0, [])
        assert await new.claim() == 1
        with pytest.raises(HolderReplacedError, match="another process"):
            await old.reserve(60.0, [])
        assert await old.release_session() == 0
        with pytest.raises(LeaseLost):
            await old.heartbeat("0", lease.token, 60.0)
        assert (await new.reserve(60.0, [])).conversation["id"] == "0"
        assert await new.release_session() == 1


async def test_an_expired_lease_goes_to_the_next_and_the_first_is_told(api):
    api.store.add_conversations([talk(0)])
    async with api.client("alice") as alice, api.client("bob") as bob:
        await alice.claim()
        await bob.claim()
        first = await alice.reserve(0.01, [])
        await asyncio.sleep(0.05)
        second = await bob.reserve(60.0, [])
        assert second.conversation == first.conversation
        for stale in (
            alice.heartbeat("0", first.token, 60.0),
            alice.release("0", first.token),
            alice.fail("0", first.token, "why", 3),
            alice.finish(FinishRequest(conversation_id="0", token=first.token, metadata=METADATA)),
            alice.push_window("0", first.token, window_message(0)),
        ):
            with pytest.raises(LeaseLost):
                await stale
        with pytest.raises(LeaseLost):
            await alice.heartbeat("0", second.token, 60.0)
        await bob.heartbeat("0", second.token, 60.0)


async def test_results_are_stored_once_however_often_they_are_pushed(api, held):
    client, lease = held
    assert await client.push_window("held", lease.token, window_message(0, "a", "b"))
    assert not await client.push_window("held", lease.token, window_message(0, "a", "b"))
    assert not await client.push_window("held", lease.token, window_message(0, "c"))
    with pytest.raises(ApiRefusedError, match="has 1 windows to do") as refused:
        await client.finish(
            FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA)
        )
    assert refused.value.status == 409
    assert await client.push_window("held", lease.token, window_message(1, "a"))
    assert await client.finish(
        FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA)
    )
    assert not await client.finish(
        FinishRequest(conversation_id="held", token=lease.token, metadata=METADATA)
    )
    with pytest.raises(LeaseLost):
        await client.finish(
            FinishRequest(
                conversation_id="held",
                token=lease.token,
                metadata=MetadataMessage(tags=[TagMessage(text="other")]),
            )
        )
    assert api.store.count_conversations()["done"] == 1
    assert [(a.hotkey, a.uid) for a in api.store.answers_of("held")] == [
        ("a", 0),
        ("b", 1),
        ("a", 0),
    ]
    stored = api.store.answers_of("held", 0)[0]
    assert stored.answer.tags == ("ferry", "delay")
    assert stored.answer.profiles[0].claims[0].value == "ferries"
    assert stored.score.tags[0].verdict == "ground_truth"
    assert stored.evidence == {"X-Bittensor-Nonce": "1"}


async def test_the_next_holder_gets_the_sealed_truth_and_the_windows_that_are_done(api, held):
    client, lease = held
    await client.push_window("held", lease.token, window_message(1, "a"))
    await client.release("held", lease.token)
    async with api.client("bob") as bob:
        await bob.claim()
        taken = await bob.reserve(60.0, [])
        assert taken.truth.seal == truth_of(talk("held"))["seal"]
        assert [window.done for window in taken.windows] == [False, True]
        assert await bob.answers("held", taken.token, 1) == window_message(1, "a")
        with pytest.raises(ApiRefusedError, match="index: window 0 has no answers"):
            await bob.answers("held", taken.token, 0)
        kept = await api.signed(
            keypair("bob"),
            "/seal",
            {
                "conversation_id": "held",
                "token": taken.token,
                "truth": truth_of(talk("held"), tag="something else"),
                "windows": [[0, 4]],
            },
        )
        assert kept.document["truth"]["seal"] == taken.truth.seal
        assert len(kept.document["windows"]) == 2


async def test_a_conversation_that_fails_too_often_is_put_aside(api):
    api.store.add_conversations([talk(0)])
    async with api.client() as client:
        await client.claim()
        for final in (False, True):
            lease = await client.reserve(60.0, [])
            assert await client.fail("0", lease.token, "the model \0 is away", 2) is final
        assert await client.reserve(60.0, []) is None
    assert api.store.count_conversations()["failed"] == 1


WRONG_RESULTS = {
    "window.answers: ": window_of(0, answers=None),
    "window.answers.0.score.value": window_of(
        0, answers=[answer_of("a", score={"value": 2.0, "valid": True})]
    ),
    "window.answers.0.uid": window_of(0, answers=[answer_of("a", uid="1")]),
    "window.answers.0.hotkey": window_of(0, answers=[answer_of("a\0")]),
    "window: Value error, answers: each hotkey": window_of(0, answers=[answer_of("a")] * 2),
    "window.seed": window_of(0, seed=2**63),
    "window.index": window_of(-1),
    "window.index: there is no window 2": window_of(2),
    "window.background.0": window_of(0, background=[["x", 0]]),
}


async def test_a_wrong_result_is_refused_by_the_name_of_its_field(api, held):
    _, lease = held
    for told, window in WRONG_RESULTS.items():
        document = {"conversation_id": "held", "token": lease.token, "window": window}
        reply = await api.signed(keypair("alice"), "/window", document)
        assert reply.told == (422, "Malformed")
        assert reply.document["detail"].startswith(told)
    assert api.store.count_windows() == (0, 2)


WRONG_TRUTHS = {
    "truth.seal: it is not the SHA-256": {"truth": truth_of(talk("held")) | {"seal": "0" * 64}},
    "truth.document: no sealed ground truth": {"truth": truth_of(talk("held")) | sealed("[]")},
    "truth.document: no sealed": {"truth": truth_of(talk("held")) | sealed("[" * 100_000)},
    "windows.0: turns 0 to 5 of a conversation of 4": {"windows": [[0, 5]]},
    "windows.1: ": {"windows": [[0, 1], [3, 3]]},
    "windows: ": {"windows": []},
    "extra: ": {"extra": 1},
}


async def test_a_wrong_ground_truth_is_refused(api):
    api.store.add_conversations([talk("held")])
    async with api.client() as client:
        await client.claim()
        lease = await client.reserve(60.0, [])
    document = {
        "conversation_id": "held",
        "token": lease.token,
        "truth": truth_of(talk("held")),
        "windows": [[0, 4]],
    }
    for told, changes in WRONG_TRUTHS.items():
        reply = await api.signed(keypair("alice"), "/seal", document | changes)
        assert reply.told == (422, "Malformed")
        assert reply.document["detail"].startswith(told)
    assert api.store.ground_truth("held") is None


async def test_only_permitted_signed_requests_come_in(api):
    document = {"session": "0" * 32}
    assert (await api.post("/v1/leases/claim", document)).told == (401, "MalformedAuth")
    reply = await api.signed(keypair("mallory"), "/claim", document)
    assert reply.told == (403, "NotAllowed")
    other = await api.signed(
        keypair("alice"), "/claim", document, {"X-Bittensor-Receiver": keypair("bob").ss58_address}
    )
    assert other.status == 401
    async with api.client("mallory") as client:
        with pytest.raises(ApiRefusedError, match="NotAllowed"):
            await client.claim(patience=5.0)


async def test_a_validator_may_not_come_too_often(tmp_path):
    # So few that a slow machine does not answer them within the rate.
    with serving(tmp_path, pushes_per_minute=2) as api:
        replies = [
            await api.signed(keypair("alice"), "/claim", {"session": "0" * 32}) for _ in range(3)
        ]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[-1].headers["Retry-After"]) >= 1


async def test_an_api_that_is_away_is_said_to_be(tmp_path):
    with serving(tmp_path) as api:
        url = api
    async with url.client() as client:
        with pytest.raises(ApiUnavailableError, match="is away"):
            await client.claim(patience=0.2)
