"""What strangers, dead models, wrong clocks and second processes can do to a miner: little, and it says so."""

import asyncio
import contextlib
import re
import time

import pytest

from cgp.annotators import AnnotationError
from cgp.config import AxonSettings
from cgp.connections import guarded_protocol
from cgp.protocol import TASK_PATH
from cgp.signing import sign_request
from miner import server as miner_server
from miner.condition import MODEL_FAILURES, STALE_REQUESTS, ModelWatch


async def test_a_dead_model_is_left_in_peace_and_health_says_so(open_miner, calling, annotating):
    async def dead():
        raise AnnotationError("the server is gone")

    annotator = annotating(dead)
    async with open_miner(annotator) as miner:
        caller = calling(miner)
        for number in range(10):
            reply = await caller.ask(task_id=f"t-{number}")
            assert (reply.status, reply.error) == (503, "AnnotationFailed")
        assert annotator.calls == MODEL_FAILURES, "each call may be billed"
        assert int(reply.headers["Retry-After"]) >= 1
        status, health = await caller.health()
    assert (status, health["status"]) == (503, "model")
    assert health["problems"][0]["reason"] == "the server is gone"
    assert "LLM_TYPE" in health["problems"][0]["remedy"]


def test_a_dead_model_is_probed_less_and_less_often_and_trusted_again_at_once():
    now = 0.0
    watch = ModelWatch(clock=lambda: now)
    pauses = []
    for _ in range(MODEL_FAILURES + 8):
        watch.note_failure("no")
        pauses.append(watch.wait())
        now += watch.wait()
        assert watch.wait() == 0
    assert pauses[: MODEL_FAILURES + 2] == [0] * (MODEL_FAILURES - 1) + [2, 4, 8]
    assert pauses[-1] == 60
    watch.note_success()
    assert not watch.failing


async def test_a_miner_whose_clock_is_off_says_so(open_miner, calling, caplog):
    async with open_miner() as miner:
        caller = calling(miner)
        body = caller.task()
        for _ in range(STALE_REQUESTS):
            headers = sign_request(
                caller.keypair,
                method="POST",
                path=TASK_PATH,
                body=body,
                receiver=miner.hotkey,
                now_ns=time.time_ns() + 3600 * 10**9,
            )
            async with caller.http.post(miner.url + TASK_PATH, data=body, headers=headers) as reply:
                assert reply.status == 401
        status, health = await caller.health()
        assert (status, health["status"]) == (503, "clock")
        # An hour, less what the way of a request takes on a slow machine.
        shown = re.compile(r"clock is 3[56]\d\d\.\d s behind")
        assert shown.search(health["problems"][0]["reason"])
        assert shown.search(caplog.text)
        assert (await caller.ask()).status == 200
        assert (await caller.health())[0] == 200


async def test_two_processes_with_one_hotkey_do_not_evict_each_other_for_ever(
    open_miner, calling, chain
):
    async with open_miner() as miner:
        caller = calling(miner)
        await until(lambda: miner._shown)
        await chain.serve_again("127.0.0.1", 9999)
        await until(lambda: miner.condition.replaced_by)
        status, health = await caller.health()
        assert status == 503
        assert "127.0.0.1:9999" in health["problems"][0]["reason"]
        assert (await chain.metagraph()).by_hotkey[miner.hotkey].axon == "127.0.0.1:9999"


async def until(condition, seconds=120):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is another task's, not an event
            await asyncio.sleep(0.01)


class Hold:
    """Connections that say nothing, or only the beginning of a request."""

    def __init__(self, port, beginning=b""):
        self.port = port
        self.beginning = beginning
        self.open = []

    async def take(self, count):
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(self.beginning)
            self.open.append((reader, writer))

    async def closed(self, seconds):
        """Wait until all are closed by the server."""
        async with asyncio.timeout(seconds):
            for reader, writer in self.open:
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
                writer.close()


@pytest.mark.parametrize("beginning", [b"", b"POST /task HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_connections_that_say_nothing_are_closed(open_miner, calling, monkeypatch, beginning):
    monkeypatch.setattr(
        miner_server,
        "guarded_protocol",
        lambda most, counts: guarded_protocol(most, counts, header_seconds=0.3),
    )
    async with open_miner() as miner:
        idle = Hold(miner.port, beginning)
        await idle.take(20)
        assert (await calling(miner).ask()).status == 200
        await idle.closed(seconds=60)
        assert miner.connections.too_slow >= 20
        assert miner.connections.open.total() <= 2


async def test_headers_without_end_are_not_kept_in_memory(open_miner, calling):
    async with open_miner() as miner:
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                writer.write(b"a" * 65_536)
                await writer.drain()
            assert await reader.read() == b""
        writer.close()
        assert miner.connections.too_large == 1
        assert (await calling(miner).ask()).status == 200


async def test_one_address_cannot_take_all_connections(open_miner, calling):
    miner = open_miner()
    axon = AxonSettings(host="127.0.0.1", port=0, connections_per_address=8)
    miner._settings = miner._settings.model_copy(update={"axon": axon})
    async with miner:
        caller = calling(miner)
        assert (await caller.ask()).status == 200
        idle = Hold(miner.port)
        await idle.take(30)
        await until(lambda: miner.connections.too_many >= 20)
        assert miner.connections.open["127.0.0.1"] <= 8
        assert (await caller.ask()).status == 200, "a connection that is open stays"
        for _, writer in idle.open:
            writer.close()


async def test_a_request_counts_once_after_a_restart_and_for_several_workers(open_miner, calling):
    async with open_miner() as miner:
        caller = calling(miner)
        first = await caller.ask()
        assert first.status == 200
        async with open_miner() as worker:
            replayed = await repeat(caller, worker, first)
            assert (replayed.status, (await replayed.json())["error"]) == (401, "ReplayedRequest")
    async with open_miner() as restarted:
        replayed = await repeat(caller, restarted, first)
        assert (replayed.status, (await replayed.json())["error"]) == (401, "ReplayedRequest")
        assert (await calling(restarted).ask()).status == 200


async def repeat(caller, miner, reply):
    """Send a request that was answered once more, byte for byte, to a miner."""
    return await caller.http.post(
        miner.url + TASK_PATH, data=reply.request_body, headers=reply.request_headers
    )


async def test_nonces_that_cannot_be_kept_are_a_problem_and_refuse_nobody(open_miner, calling):
    miner = open_miner()
    folder = miner._settings.data_dir
    folder.mkdir()
    (folder / "nonces.sqlite").mkdir()
    async with miner:
        caller = calling(miner)
        assert (await caller.ask()).status == 200
        status, health = await caller.health()
        assert (status, health["status"]) == (503, "nonces")
        assert "DATA_DIR" in health["problems"][0]["remedy"]
        (folder / "nonces.sqlite").rmdir()
        assert (await caller.ask(task_id="t-2")).status == 200
        assert (await caller.health())[0] == 200
