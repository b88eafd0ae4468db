"""A worker does what it was asked and nothing else; a stranger does nothing."""

import asyncio
import json

import nats
import pytest

from cgp.jobs import Frame, FrameKind, Jobs, NatsServerError
from cgp.jobs.connection import settle
from cgp.jobs.users import (
    Role,
    ask_subject,
    frame_subject,
    here_subject,
    is_public_key,
    own_seed,
    owner_token,
    public_key_of,
    tell_subject,
)
from tests.jobs.conftest import OWNER, chat, offer, settled


class Slow:
    """A handler that says one word, and ends when it is told."""

    def __init__(self):
        self.release = asyncio.Event()

    async def __call__(self, job):
        yield {"text": "true"}
        await self.release.wait()


async def intruder(network, seed=None):
    """Connect as a bare client, with no code of ours between, and collect its errors."""
    errors = []

    async def note(error):
        errors.append(str(error))

    client = await nats.connect(
        network.server.url, nkeys_seed_str=seed, error_cb=note, allow_reconnect=False
    )
    network.stack.push_async_callback(client.close)
    return client, errors


async def test_a_worker_can_neither_read_nor_forge_nor_cancel(network):
    # Prepare: a job of an honest worker under way, and a second worker that is enrolled too.
    gateway = await network.gateway()
    handler = Slow()
    honest, _ = await network.worker(handler, name="honest")
    seed = await network.enrol("intruder", Role.WORKER, owner_token("eve"))
    client, errors = await intruder(network, seed)
    own = public_key_of(seed)
    job = chat("a private question")
    frames = gateway.submit(honest.public_key, job)
    await anext(frames)
    read = []

    async def note(message):
        read.append(message.data)

    # Execute: twelve tries.
    frames_of = frame_subject(honest.public_key, gateway.public_key, job.id)
    for subject in (
        ask_subject(honest.public_key),  # others' questions
        "jobs.ask.*",
        "jobs.>",
        frames_of,  # others' answers
        "jobs.frame.>",
        "jobs.here.*.*",  # others' states
        tell_subject(honest.public_key),
    ):
        await client.subscribe(subject, cb=note)
    forged = Frame(1, FrameKind.DATA, {"text": "forged"})
    await client.publish(frames_of, forged.encode())
    await client.publish(tell_subject(honest.public_key), json.dumps({"cancel": [job.id]}).encode())
    await client.publish(ask_subject(honest.public_key), chat("do it").encode(), reply="jobs.x")
    state = json.dumps({"offer": {}, "busy": 0, "draining": True}).encode()
    await client.publish(here_subject(OWNER, honest.public_key), state)
    await client.publish(here_subject(OWNER, own), state)
    await settle(client)
    second = [frame.kind async for frame in gateway.submit(honest.public_key, chat("another"))]
    await settle(client)

    # Assert: all refused, the honest answer is untouched.
    handler.release.set()
    rest = [frame async for frame in frames]
    assert [frame.kind for frame in rest] == [FrameKind.END]
    assert second == [FrameKind.BUSY]
    assert read == []
    assert len([error for error in errors if "permissions violation" in error.lower()]) == 12
    assert not gateway.workers()[honest.public_key].draining


async def test_a_worker_answers_only_the_jobs_that_it_was_asked(network):
    gateway = await network.gateway()
    seed = await network.enrol("worker", Role.WORKER, OWNER)
    client, errors = await intruder(network, seed)
    questions = asyncio.Queue()

    async def take(message):
        questions.put_nowait(message)

    await client.subscribe(ask_subject(public_key_of(seed)), cb=take)
    await settle(client)
    frames = gateway.submit(public_key_of(seed), chat())
    reading = asyncio.create_task(anext(frames))
    question = await questions.get()

    await question.respond(Frame(0, FrameKind.DATA, {"text": "mine"}).encode())
    assert (await reading).content == {"text": "mine"}

    # Another worker's job, of which it even knows the id: written under its own name it is dropped.
    handler = Slow()
    honest, _ = await network.worker(handler, name="honest")
    job = chat()
    others = gateway.submit(honest.public_key, job)
    await anext(others)
    subject = frame_subject(public_key_of(seed), gateway.public_key, job.id)
    await client.publish(subject, Frame(1, FrameKind.DATA, {"text": "forged"}).encode())
    await settle(client)
    handler.release.set()
    assert [frame.kind async for frame in others] == [FrameKind.END]
    assert errors == []
    await frames.aclose()


async def test_strangers_are_not_let_in(network):
    stranger = own_seed(network.folder / "stranger.seed")
    with pytest.raises(NatsServerError, match=r"(?i)authorization"):
        async with Jobs.connect(network.server.url, stranger, name="x", seconds=3.0):
            pass
    with pytest.raises(NatsServerError, match=r"no answer|refused|Connect"):
        async with Jobs.connect("nats://127.0.0.1:1", stranger, name="x", seconds=0.3):
            pass


async def test_no_error_shows_the_password_of_an_address(network):
    stranger = own_seed(network.folder / "stranger.seed")
    for url in (
        "nats://ada:secret@127.0.0.1:1",
        "nats://ada:secret@127.0.0.1:1,nats://127.0.0.1:2",
    ):
        with pytest.raises(NatsServerError, match=r"nats://127.0.0.1:1") as caught:
            async with Jobs.connect(url, stranger, name="x", seconds=0.3):
                pass
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["nats://[::", "nats://:4222", "nats://a:99999", "nats://u:secret@"]
)
async def test_what_is_no_address_is_named_before_a_connection_is_tried(tmp_path, url):
    with pytest.raises(NatsServerError, match="no address of a NATS server") as caught:
        async with Jobs.connect(url, own_seed(tmp_path / "seed"), name="x", seconds=0.3):
            pass
    assert "secret" not in str(caught.value)


async def test_without_a_key_the_server_lets_nobody_in(network):
    host, _, port = network.server.url.removeprefix("nats://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert (await reader.readline()).startswith(b"INFO")
    writer.write(b'CONNECT {"verbose":false}\r\nSUB jobs.> 1\r\nPING\r\n')
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b"Authorization Violation" in answer


async def test_new_users_disturb_nobody_and_one_that_is_gone_is_cut_off(network):
    gateway = await network.gateway()
    handler = Slow()
    staying, _ = await network.worker(handler, name="staying")
    leaving, _ = await network.worker(Slow(), name="leaving")
    frames = gateway.submit(staying.public_key, chat())
    await anext(frames)

    network.users = [user for user in network.users if user.public_key != leaving.public_key]
    await network.server.reload(network.users)
    await settled(lambda: leaving.public_key not in gateway.workers() and not leaving.is_connected)
    async with asyncio.timeout(60):
        await leaving.refusal()
    handler.release.set()

    assert [frame.kind async for frame in frames] == [FrameKind.END]


def test_only_a_public_key_of_a_user_with_its_checksum_is_one(tmp_path):
    key = public_key_of(own_seed(tmp_path / "seed"))
    assert is_public_key(key)
    assert own_seed(tmp_path / "seed") == own_seed(tmp_path / "seed")
    assert (tmp_path / "seed").stat().st_mode & 0o777 == 0o600
    swapped = key[:9] + ("A" if key[9] != "A" else "B") + key[10:]
    for wrong in (swapped, key.lower(), key[:-1], key + "A", "jobs.*", "", "U" + ">" * 55):
        assert not is_public_key(wrong)
    assert offer().serves("chat", "m")
