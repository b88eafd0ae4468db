"""A miner over real HTTP: what it answers, and whom, and what it says of itself."""

import asyncio
import json
import logging
import socket
import threading

import numpy as np
import pytest

from cgp.annotators import AnnotationError
from cgp.chain import FAST, add_stake, advance, embedded_client, open_chain
from cgp.config import SubtensorSettings
from cgp.embedders import default_embedder
from cgp.protocol import AnswerError, parse_answer
from cgp.signing import verify_answer
from cgp.text import normal_form
from miner.service import MinerService
from miner.startup import StartupError


def verify(reply, body=None):
    verify_answer(
        reply.headers,
        reply.body if body is None else body,
        request_headers=reply.request_headers,
        request_body=reply.request_body,
    )


async def until(condition):
    """Wait for something that happens in the background."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of the test
            await asyncio.sleep(0.005)


async def until_health(caller, condition):
    """Wait until /healthz says something."""
    async with asyncio.timeout(60):
        while not condition((await caller.health())[1]):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)


async def test_a_validator_gets_tags_profiles_and_embeddings_signed(open_miner, calling):
    async with open_miner() as miner:
        reply = await calling(miner).ask(max_tags=5)
    assert reply.status == 200
    verify(reply)
    answer = parse_answer(reply.body, task_id="t-1", embedder=default_embedder())
    assert len(answer.tags) == 5
    assert [profile.participant for profile in answer.profiles] == [0, 1]
    expected = default_embedder().embed([normal_form(tag) for tag in answer.tags])
    np.testing.assert_array_equal(answer.embeddings, expected)


async def test_a_tampered_answer_does_not_verify(open_miner, calling):
    async with open_miner() as miner:
        reply = await calling(miner).ask()
    with pytest.raises(AnswerError, match="unsigned"):
        verify(reply, reply.body.replace(b"surplus", b"deficit"))


async def test_a_miner_gives_no_more_tags_than_its_operator_wants(open_miner, calling):
    async with open_miner(max_tags=2) as miner:
        reply = await calling(miner).ask(max_tags=8)
    assert len(json.loads(reply.body)["tags"]) == 2


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("stranger", "NotRegistered"),
        ("plain", "NoPermit"),
        ("poor", "LowStake"),
        ("miner", "NoPermit"),
    ],
)
async def test_only_permitted_validators_are_answered(open_miner, calling, name, error):
    async with open_miner() as miner:
        reply = await calling(miner, name).ask()
    assert (reply.status, reply.error) == (403, error)


async def test_a_caller_without_permit_hears_nothing_of_its_signature(open_miner, calling):
    async with open_miner() as miner:
        caller = calling(miner, "stranger")
        reply = await caller.send(caller.task(), {"X-Bittensor-Signature": "garbage"})
    assert reply.status == 403


async def test_unsigned_and_wrongly_signed_requests_are_refused(open_miner, calling):
    async with open_miner() as miner:
        caller = calling(miner)
        first = await caller.ask()
        assert first.status == 200
        again = await caller.send(first.request_body, first.request_headers)
        assert (again.status, again.error) == (401, "ReplayedRequest")
        forged = await caller.send(caller.task(), {"X-Bittensor-Signature": "0x" + "00" * 64})
        assert (forged.status, forged.error) == (401, "BadSignature")


async def test_malformed_tasks_are_refused_naming_the_field(open_miner, calling):
    async with open_miner() as miner:
        caller = calling(miner)
        task = json.loads(caller.task())
        for change, field in (({"max_tags": 0}, "max_tags"), ({"turns": []}, "turns")):
            reply = await caller.send(json.dumps(task | change).encode())
            assert (reply.status, reply.error) == (422, "Malformed")
            assert field in json.loads(reply.body)["detail"]
        for body in (b"", b"no json", b"[" * 100_000, b"\xff"):
            assert (await caller.send(body)).status == 422


async def test_another_embedder_than_the_miner_s_is_refused(open_miner, calling):
    async with open_miner() as miner:
        reply = await calling(miner).ask(embedder="other@1")
    assert reply.status == 422
    assert default_embedder().id in json.loads(reply.body)["detail"]


async def test_a_validator_that_asks_too_often_waits(open_miner, calling):
    async with open_miner(requests_per_minute=2) as miner:
        caller = calling(miner)
        replies = [await caller.ask() for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[-1].headers["Retry-After"]) >= 1


async def test_a_full_queue_turns_callers_away(open_miner, calling, annotating, window):
    release = asyncio.Event()
    annotator = annotating(release.wait)
    async with open_miner(annotator, concurrency=1, queue=1) as miner:
        caller = calling(miner)
        first = asyncio.create_task(caller.ask(task_id="t-1"))
        await until(lambda: annotator.calls == 1)
        second = asyncio.create_task(caller.ask(task_id="t-2"))
        await until_health(caller, lambda health: health["queue"]["waiting"] == 1)
        third = await caller.ask(task_id="t-3")
        assert (third.status, third.error) == (503, "QueueFull")
        assert int(third.headers["Retry-After"]) >= 1
        release.set()
        assert [(await first).status, (await second).status] == [200, 200]


async def test_work_past_its_deadline_is_dropped(open_miner, calling, annotating):
    release = asyncio.Event()
    annotator = annotating(release.wait)
    async with open_miner(annotator, concurrency=1) as miner:
        caller = calling(miner)
        first = asyncio.create_task(caller.ask())
        await until(lambda: annotator.calls == 1)
        late = await caller.ask(deadline_seconds=0.05)
        assert (late.status, late.error) == (504, "DeadlinePassed")
        release.set()
        assert (await first).status == 200
    assert annotator.calls == 1


async def test_a_caller_that_goes_away_frees_its_place(open_miner, calling, annotating):
    async def forever():
        await asyncio.Event().wait()

    annotator = annotating(forever)
    async with open_miner(annotator, concurrency=1) as miner:
        caller = calling(miner)
        asking = asyncio.create_task(caller.ask())
        await until(lambda: annotator.calls == 1)
        asking.cancel()
        await until_health(caller, lambda health: health["queue"]["running"] == 0)


async def test_a_known_window_is_not_annotated_again(open_miner, calling, annotating):
    annotator = annotating()
    async with open_miner(annotator) as miner:
        caller = calling(miner)
        first, second = await caller.ask(task_id="t-1"), await caller.ask(task_id="t-2")
        assert (await caller.ask(max_tags=3)).status == 200
        _, health = await caller.health()
    assert annotator.calls == 2
    assert json.loads(first.body)["tags"] == json.loads(second.body)["tags"]
    assert json.loads(second.body)["task_id"] == "t-2"
    assert health["tasks"] == {"answered": 3, "known_windows": 1, "refused": {}}


@pytest.mark.parametrize("fault", [AnnotationError("no credit left"), ZeroDivisionError("bug")])
async def test_a_failing_annotator_fails_the_task_and_not_the_miner(
    open_miner, calling, annotating, fault
):
    async def fail():
        if annotator.calls == 1:
            raise fault

    annotator = annotating(fail)
    async with open_miner(annotator) as miner:
        reply = await calling(miner).ask()
        assert (reply.status, reply.error) == (503, "AnnotationFailed")
        # What went wrong inside (keys, paths, prompts) is the operator's to read.
        assert str(fault) not in reply.body.decode()
        assert (await calling(miner).ask()).status == 200


async def test_the_event_loop_answers_while_annotators_work(open_miner, calling, annotating):
    release = threading.Event()
    annotator = annotating(lambda: asyncio.to_thread(release.wait))
    async with open_miner(annotator, concurrency=4) as miner:
        caller = calling(miner)
        asking = [asyncio.create_task(caller.ask(task_id=f"t-{i}")) for i in range(4)]
        await until(lambda: annotator.calls == 4)
        status, health = await caller.health()
        assert (status, health["queue"]["running"]) == (200, 4)
        assert (await calling(miner, "stranger").ask()).status == 403
        release.set()
        assert [(await task).status for task in asking] == [200] * 4


async def test_health_says_who_mines_and_how_it_goes(open_miner, calling, wallets):
    async with open_miner() as miner:
        caller = calling(miner)
        await caller.ask()
        await calling(miner, "stranger").ask()
        status, health = await caller.health()
    assert (status, health["status"]) == (200, "ok")
    assert health["hotkey"] == wallets["miner"].hotkey.ss58_address
    assert (health["uid"], health["netuid"]) == (1, 18)
    assert health["tasks"] == {"answered": 1, "known_windows": 0, "refused": {"403": 1}}
    assert health["chain"]["callers"] == 1
    assert health["chain"]["age_seconds"] < 60
    assert health["annotator"] == "speaking/1"


async def test_each_task_is_one_line_in_the_log(open_miner, calling, wallets, caplog):
    caplog.set_level(logging.INFO)
    async with open_miner() as miner:
        await calling(miner).ask(task_id="conversation-7/3")
    (line,) = [r.getMessage() for r in caplog.records if "conversation-7/3" in r.getMessage()]
    caller = wallets["validator"].hotkey.ss58_address
    assert line.startswith(f"Answered task conversation-7/3 of uid 2 ({caller}): 3 turns, 8 tags, ")
    (start,) = [r.getMessage() for r in caplog.records if "Mining on" in r.getMessage()]
    assert f"127.0.0.1:{miner.port}" in start


async def test_a_miner_advertises_the_port_that_it_got(open_miner, chain):
    async with open_miner() as miner:
        metagraph = await chain.metagraph()
        assert metagraph.by_hotkey[miner.hotkey].axon == f"127.0.0.1:{miner.port}"
        assert miner.url == f"http://127.0.0.1:{miner.port}"


async def test_a_miner_that_moves_too_soon_advertises_again_later(open_miner, chain):
    async with open_miner() as first:
        pass
    async with open_miner() as miner:
        assert miner.port != first.port
        await advance(chain.file, FAST.rules.serving_rate_limit)
        await until(lambda: miner._permits.own_neuron.axon == f"127.0.0.1:{miner.port}")


async def test_an_unregistered_miner_does_not_start(chain, wallets, settings_of, annotating):
    settings = settings_of()
    local = settings.model_copy(
        update={"subtensor": SubtensorSettings(network="local", chain_file=chain.file)}
    )
    async with open_chain(local, wallets["stranger"]) as stranger:
        miner = MinerService(
            settings, wallets["stranger"], stranger, annotating(), default_embedder()
        )
        with pytest.raises(StartupError, match="not registered on netuid 18"):
            async with miner:
                pass


async def test_a_port_in_use_is_a_clear_error(open_miner, chain):
    async with open_miner() as miner:
        other = open_miner()
        other._settings = other._settings.model_copy(
            update={"axon": other._settings.axon.model_copy(update={"port": miner.port})}
        )
        with pytest.raises(StartupError, match=f"cannot listen on 127.0.0.1 port {miner.port}"):
            async with other:
                pass


async def test_while_the_chain_is_away_the_last_callers_are_served(open_miner, calling, chain):
    async with open_miner() as miner:
        chain.away = True
        caller = calling(miner)
        await until_health(caller, lambda health: health["status"] == "chain away")
        assert (await caller.ask()).status == 200
        chain.away = False
        await until_health(caller, lambda health: health["status"] == "ok")


async def test_a_validator_that_gets_its_permit_is_let_in(open_miner, calling, chain, wallets):
    async with open_miner() as miner:
        caller = calling(miner, "plain")
        assert (await caller.ask()).error == "NoPermit"
        async with embedded_client(chain.file) as client:
            await add_stake(client, wallets["plain"], netuid=18, tao=3_000)
        await advance(chain.file, FAST.rules.tempo + 1)
        await until_health(caller, lambda health: health["chain"]["callers"] == 2)
        assert (await caller.ask()).status == 200


async def test_a_stopping_miner_finishes_what_it_owes(open_miner, calling, annotating):
    release = asyncio.Event()
    annotator = annotating(release.wait)
    miner = open_miner(annotator)
    await miner.__aenter__()
    asking = asyncio.create_task(calling(miner).ask())
    await until(lambda: annotator.calls == 1)
    stopping = asyncio.create_task(miner.__aexit__(None, None, None))
    await asyncio.sleep(0)
    release.set()
    assert (await asking).status == 200
    await stopping
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", miner.port)):
        pass
