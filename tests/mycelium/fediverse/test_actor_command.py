"""``cgp mycelium actor`` as a process that is killed: each question has one answer in the end."""

import asyncio
import os
import random
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest

from cgp.api.server import bind
from cgp.mycelium.fediverse.local_actor import LocalActor
from tests.kit.fediverse import Stranger, post_signed, until

pytestmark = pytest.mark.peers
# One author gets six answers a minute.
QUESTIONS = 6


def free_port():
    with bind("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


@asynccontextmanager
async def running_actor(folder, port):
    """Run the command until it answers, then to the end of the block, which kills it."""
    environment = os.environ | {
        "DATA_DIR": str(folder), "ACCOUNT_NAME": "fungus", "FEDIVERSE_ALLOW_LOOPBACK": "true",
        "FEDIVERSE_BASE_URL": f"http://127.0.0.1:{port}", "FEDIVERSE_PORT": str(port),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cgp.cli import main; main()", "mycelium", "actor",
        env=environment, cwd=folder,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}/nodeinfo/2.1"

    async def answers():
        assert process.returncode is None, "the actor has ended"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    try:
        await until(answers, 240)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_kills_make_no_second_answer_and_lose_none(tmp_path, keys):
    rng = random.Random(7)
    port = free_port()
    actor = LocalActor(f"http://127.0.0.1:{port}", "fungus")
    async with Stranger(keys[1]).running() as stranger:

        def answers():
            """Return the ids of answers by the question that they answer."""
            posts = [a["object"] for a in stranger.inbox if a["type"] == "Create"]
            return {
                question: {post["id"] for post in posts if post["inReplyTo"] == question}
                for question in {post["inReplyTo"] for post in posts}
            }

        # Execute: ask, kill; ask the same again and more, kill; then let it finish.
        for last in (2, 4, QUESTIONS):
            async with running_actor(tmp_path, port) as process:
                for number in range(last):
                    post = stranger.question(actor, "@fungus add: a thing", number)
                    status, _ = await post_signed(actor.inbox, post, stranger.key)
                    assert status == 202
                if last < QUESTIONS:
                    await asyncio.sleep(rng.uniform(0.0, 0.05))
                    continue
                await until(lambda: len(answers()) == QUESTIONS, 120)
                await asyncio.sleep(1.0)
                process.send_signal(signal.SIGTERM)
                assert await process.wait() == 0

        # Assert: a delivery may come twice after a kill, under one id, which counts once.
        assert all(len(ids) == 1 for ids in answers().values())
