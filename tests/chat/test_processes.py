"""Workers as processes of their own, killed without a word, at the times that operators have."""

import asyncio
import os
import signal
import sys

import openai
import pytest

from cgp.chat.gateway import opened_gateway
from cgp.jobs import Timing
from tests.chat.conftest import Chat, background_gateway, hello, settings_for

pytestmark = pytest.mark.peers


@pytest.fixture
async def chat(tmp_path):
    settings = settings_for(tmp_path / "gateway")
    opened = opened_gateway(settings, asks_for_keys=False)
    async with background_gateway(opened, tmp_path) as running:
        yield running


async def start_worker(chat: Chat, backend, name):
    """Start ``cgp worker``; return its process when the gateway knows it."""
    environment = {**os.environ, "DATA_DIR": str(chat.folder / name), "LOG_LEVEL": "ERROR"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cgp.cli import main; main()", "worker",
        "--gateway", chat.url, "--backend", "openai", "--base-url", backend.url, "--name", name,
        env=environment,
    )  # fmt: skip

    async def end():
        if process.returncode is None:
            process.kill()
        await process.wait()

    chat.stack.push_async_callback(end)
    names = lambda: {p.offer.name for p in chat.desk.jobs.workers().values()}  # noqa: E731
    await chat.settled(lambda: name in names(), seconds=240)
    return process


async def test_killed_before_the_first_token_another_worker_answers(chat):
    slow = await chat.backend(first=600.0)
    first = await start_worker(chat, slow, "first")
    asking = asyncio.create_task(chat.client().chat.completions.create(**hello()))
    await chat.settled(lambda: slow.in_flight == 1)
    await start_worker(chat, await chat.backend(), "second")

    first.send_signal(signal.SIGKILL)
    answer = await asyncio.wait_for(asking, 120.0)

    assert answer.worker == "second"
    assert chat.desk.dispatcher.counts.retries == 1


def test_a_worker_that_falls_silent_is_lost_within_3_seconds():
    assert Timing().lease + Timing().grace < 3.0


async def test_killed_after_the_first_token_the_stream_ends_with_an_error(chat):
    backend = await chat.backend(each=600.0)
    worker = await start_worker(chat, backend, "only")
    stream = await chat.client().chat.completions.create(**hello(), stream=True)
    await anext(stream)

    worker.send_signal(signal.SIGKILL)
    async with asyncio.timeout(60):
        with pytest.raises(openai.APIError, match="lost"):
            [chunk async for chunk in stream]


async def test_a_killed_nats_server_is_started_again_and_workers_come_back(chat):
    await start_worker(chat, await chat.backend(), "only")
    server = chat.desk.enrolments.server
    os.kill(server.process_id, signal.SIGKILL)
    await chat.settled(lambda: server.starts == 2 and chat.desk.jobs.is_connected, seconds=120)
    await chat.settled(chat.desk.jobs.workers, seconds=120)
    answer = await chat.client().chat.completions.create(**hello())
    assert answer.choices[0].message.content == "Ferries are late."


async def test_200_requests_at_once_keep_to_the_slots(chat):
    backend = await chat.backend(first=0.02)
    await chat.worker(backend, "a", slots=4)
    statuses = await asyncio.gather(*(chat.post(hello()) for _ in range(200)))
    kinds = {status for status, _, _ in statuses}
    # Beyond the 64 that may wait for one key, the others hear so at once.
    assert kinds <= {200, 429}
    assert sum(status == 200 for status, _, _ in statuses) >= 64
    assert backend.most_in_flight <= 4
