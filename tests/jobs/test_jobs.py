"""Jobs over a real NATS server: frames in order, cancels, slots, losses, restarts."""

import asyncio
import os
import signal

import pytest

from cgp.jobs import (
    ConnectionLostError,
    Frame,
    FrameKind,
    JobsError,
    NatsServerError,
    Timing,
    WorkerLostError,
    connection,
)
from cgp.jobs.errors import JobFailedError
from cgp.jobs.nats_server import ServerPlace, free_port, nats_server
from cgp.jobs.users import Role, User, authorization, own_seed, public_key_of
from tests.jobs.conftest import OWNER, QUICK, chat, settled


async def words(job):
    for word in job.body["messages"][0]["content"].split():
        yield {"text": word}


class Waiting:
    """A handler that says one word and waits until it is closed."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.closed = asyncio.Event()

    async def __call__(self, job):
        try:
            yield {"text": "first"}
            self.begun.set()
            await asyncio.sleep(3600)
        finally:
            self.closed.set()


async def test_a_worker_that_is_there_answers_in_order(network):
    gateway = await network.gateway()
    worker, _ = await network.worker(words)
    await settled(gateway.workers)

    frames = [frame async for frame in gateway.submit(worker.public_key, chat("one two three"))]

    assert [frame.content.get("text") for frame in frames] == ["one", "two", "three", None]
    assert frames[-1].kind is FrameKind.END
    presence = gateway.workers()[worker.public_key]
    assert (presence.owner, presence.busy, presence.offer.slots) == (OWNER, 0, 1)


async def test_closing_the_frames_cancels_the_job(network):
    gateway = await network.gateway()
    handler = Waiting()
    worker, service = await network.worker(handler)

    frames = gateway.submit(worker.public_key, chat())
    assert (await anext(frames)).content == {"text": "first"}
    await frames.aclose()

    async with asyncio.timeout(60):
        await handler.closed.wait()
    await settled(lambda: service.busy == 0)


async def test_slots_are_never_exceeded_and_a_full_worker_says_so(network):
    gateway = await network.gateway()
    worker, service = await network.worker(Waiting(), slots=2)
    running = [gateway.submit(worker.public_key, chat()) for _ in range(2)]
    for frames in running:
        await anext(frames)

    full = [frame async for frame in gateway.submit(worker.public_key, chat())]

    assert [frame.kind for frame in full] == [FrameKind.BUSY]
    assert service.busy == 2
    for frames in running:
        await frames.aclose()


async def test_a_fault_of_the_backend_arrives_with_its_status(network):
    async def fails(job):
        yield {"text": "a"}
        raise JobFailedError({"status": 429, "message": "full"})

    async def breaks(job):
        yield {"text": "a"}
        raise KeyError("secret of the machine")

    gateway = await network.gateway()
    failing, _ = await network.worker(fails, name="failing")
    breaking, _ = await network.worker(breaks, name="breaking")

    frames = [frame async for frame in gateway.submit(failing.public_key, chat())]
    assert frames[-1] == Frame(
        frames[-1].number, FrameKind.ERROR, {"status": 429, "message": "full"}
    )
    frames = [frame async for frame in gateway.submit(breaking.public_key, chat())]
    assert frames[-1].content == {"status": 500, "message": "the worker failed"}


async def test_a_quiet_job_lives_longer_than_its_lease_and_not_longer_than_its_time(network):
    async def pauses(job):
        yield {"text": "first"}
        await asyncio.sleep(2.5)
        yield {"text": "second"}

    short = Timing(beat=0.05, lease=1.2, here=0.2, absent=3.0, keep=0.2, orphan=6.0)
    seed = await network.enrol("gateway", Role.GATEWAY)
    gateway = await network.connect(seed, timing=short)
    await gateway.listen()
    worker, _ = await network.worker(pauses)

    frames = [frame async for frame in gateway.submit(worker.public_key, chat())]
    with pytest.raises(WorkerLostError):
        [frame async for frame in gateway.submit(worker.public_key, chat(), seconds=0.5)]

    assert [frame.content.get("text") for frame in frames] == ["first", "second", None]


async def test_a_worker_that_is_not_connected_is_known_at_once(network):
    gateway = await network.gateway()
    started = asyncio.get_running_loop().time()

    with pytest.raises(WorkerLostError, match="not connected"):
        [frame async for frame in gateway.submit("U" + "A" * 55, chat())]

    assert asyncio.get_running_loop().time() - started < QUICK.lease


async def test_a_drained_worker_finishes_its_job_and_takes_no_more(network):
    release = asyncio.Event()

    async def waits(job):
        yield {"text": "begun"}
        await release.wait()
        yield {"text": "finished"}

    gateway = await network.gateway()
    worker, service = await network.worker(waits, slots=4)
    frames = gateway.submit(worker.public_key, chat())
    await anext(frames)

    draining = asyncio.create_task(service.drain())
    await settled(lambda: gateway.workers()[worker.public_key].draining)
    refused = [frame.kind async for frame in gateway.submit(worker.public_key, chat())]
    release.set()
    rest = [frame.content.get("text") async for frame in frames]
    await draining

    assert refused == [FrameKind.BUSY]
    assert rest == ["finished", None]
    await service.close()
    await settled(lambda: not gateway.workers())


async def test_a_worker_whose_gateway_is_gone_stops(network):
    gateway = await network.gateway()
    handler = Waiting()
    worker, service = await network.worker(handler)
    frames = gateway.submit(worker.public_key, chat())
    await anext(frames)

    # As a killed gateway would: no cancel, no further word.
    await gateway._connection.close()

    async with asyncio.timeout(60):
        await handler.closed.wait()
    with pytest.raises(ConnectionLostError):
        await anext(frames)
    assert service.busy == 0


async def test_a_killed_server_ends_jobs_clearly_or_not_at_all_and_the_next_ones_work(network):
    async def counts(job):
        for number in range(12):
            yield {"text": str(number)}
            await asyncio.sleep(0.1)

    gateway = await network.gateway()
    worker, service = await network.worker(counts)
    frames = gateway.submit(worker.public_key, chat())
    parts = [await anext(frames)]

    # What came is without a gap, and it ends: whole, or with an error.
    os.kill(network.server.process_id, signal.SIGKILL)
    async with asyncio.timeout(60):
        try:
            parts += [frame async for frame in frames]
            assert parts.pop().kind is FrameKind.END
            assert len(parts) == 12
        except (ConnectionLostError, WorkerLostError):
            pass
    assert [part.content["text"] for part in parts] == [str(n) for n in range(len(parts))]

    await settled(
        lambda: network.server.starts == 2 and gateway.is_connected and worker.is_connected
    )
    await settled(lambda: service.busy == 0)
    again = [frame async for frame in gateway.submit(worker.public_key, chat())]
    assert again[-1].kind is FrameKind.END


async def test_without_a_connection_a_job_fails_at_once(network):
    gateway = await network.gateway()
    await gateway._connection.close()
    with pytest.raises(JobsError, match="no connection"):
        [frame async for frame in gateway.submit("U" + "A" * 55, chat())]


async def test_vain_tries_to_connect_again_do_not_fill_the_log(tmp_path, monkeypatch, caplog):
    # Prepare: the library tries a hundred times a second in place of five.
    monkeypatch.setattr(connection, "_RECONNECT_SECONDS", 0.01)
    seed = own_seed(tmp_path / "worker.seed")
    user = User(public_key_of(seed), Role.WORKER, OWNER)
    place = ServerPlace(port=free_port("127.0.0.1"))
    async with nats_server(tmp_path / "nats", place, [user]) as server:
        opened = await connection.Connection.open(server.url, seed, name="worker")

    # Execute: the server is gone.
    await settled(lambda: opened._vain_tries >= 40)
    lines = [record.getMessage() for record in caplog.records if record.name == connection.__name__]
    tries = opened._vain_tries

    # Assert: two lines for the loss, and one for each doubling of the tries.
    assert any("connection is lost" in line for line in lines)
    assert 3 <= len(lines) <= 2 + tries.bit_length()

    # Back again, the next outage is told anew.
    async with nats_server(tmp_path / "nats", place, [user]):
        await settled(lambda: opened.client.is_connected and opened._vain_tries == 0)
        await opened.close()


def test_a_server_that_others_reach_needs_a_certificate():
    with pytest.raises(NatsServerError, match="NATS_CERTIFICATE"):
        ServerPlace(host="0.0.0.0").check()
    ServerPlace(host="127.0.0.1").check()


def test_a_server_without_users_is_refused_since_it_would_let_everybody_in():
    with pytest.raises(ValueError, match="without users"):
        authorization([])
