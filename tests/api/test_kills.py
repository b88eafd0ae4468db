"""SIGKILL of validators and of the API at any point: every conversation ends once, no result is lost.

The suite works through a few conversations; more with

    CGP_KILL_CONVERSATIONS=1000 python -m pytest -s tests/api/test_kills.py
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from itertools import pairwise

import pytest

from cgp.store import Store
from tests.api.served import keypair, talk

pytestmark = pytest.mark.peers

CONVERSATIONS = int(os.environ.get("CGP_KILL_CONVERSATIONS", "12"))
WINDOWS = 3
NAMES = ("alice", "bob")

_API = "import typer; from cgp.cli.serve import serve; typer.run(serve)"

_VALIDATOR = """
import asyncio, sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from bittensor.sp_core import Keypair
from cgp.api.client import ApiError
from cgp.config import Settings
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, Score, seal
from cgp.store import *
from cgp.windows import WindowPlan
from validator.mirror import open_store
from validator.source import open_source

url, folder, name, windows = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
settings = Settings(_env_file=None, data_dir=folder / name, cgp_api_url=url)

async def work(source, lease):
    talk = lease.conversation
    made = seal(Metadata((Tag("ferry"),)), conversation=talk.content_hash, model=name,
                plan=WindowPlan(), version="1", seed=1)
    truth = GroundTruthRecord(made.digest, made.document, name, "e", "1", 1)
    await source.seal(lease, truth, [(i, i + 1) for i in range(windows)])
    for window in store.windows_of(talk.id):
        if not window.done:
            answers = [ScoredAnswer(k, 0, Answer((name,)), Score(0.5, True)) for k in "abc"]
            result = WindowResult(window.index, 1, [], answers, StandingChanges("1"))
            await source.commit_window(lease, result)
    await source.finish(lease, ConversationResult(Metadata((Tag("ferry"),))))

async def main():
    async with SerialWorker("store") as database:
        async with open_source(settings, store, database, Keypair.create_from_uri("//" + name)) as s:
            await s.resume()
            while not (folder / "stop").exists():
                lease = await s.reserve(600.0)
                if lease is None:
                    await asyncio.sleep(0.05)
                    continue
                try:
                    await work(s, lease)
                except (LeaseLost, ApiError) as error:
                    await s.release(lease)
            await s.leave()

with closing(open_store(settings)) as store:
    asyncio.run(main())
"""


class Processes:
    """The API and two validators, each of which may be killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.running = {name: self.start(name) for name in ("api", *NAMES)}

    def start(self, name):
        url = f"http://127.0.0.1:{self.port}"
        if name != "api":
            arguments = [_VALIDATOR, url, str(self.folder), name, str(WINDOWS)]
            return subprocess.Popen([sys.executable, "-c", *arguments])
        environment = os.environ | {
            "DATA_DIR": str(self.folder),
            "API_VALIDATORS": ",".join(keypair(name).ss58_address for name in NAMES),
            "LOG_LEVEL": "WARNING",
        }
        return subprocess.Popen(
            [sys.executable, "-c", _API, "--port", str(self.port)],
            env=environment,
            cwd=self.folder,
        )

    def kill(self, name):
        self.running[name].kill()
        self.running[name].wait()
        self.running[name] = self.start(name)

    def close(self):
        for process in self.running.values():
            process.kill()
            process.wait()

    def stop(self):
        (self.folder / "stop").touch()
        codes = [self.running[name].wait(240) for name in NAMES]
        self.running["api"].terminate()
        return [*codes, self.running["api"].wait(240)]


async def test_killed_validators_and_a_killed_api_lose_nothing_and_count_nothing_twice(tmp_path):
    with closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as store:
        started = time.monotonic()
        with closing(Processes(tmp_path)) as processes:
            await kill_now_and_then(processes, store)
            assert processes.stop() == [0, 0, 0]
        seconds = time.monotonic() - started
        check_once_each(store)
    print(f"\n{CONVERSATIONS} conversations, {seconds:.1f} s")


async def kill_now_and_then(processes, store):
    """Kill one process after the other until all conversations are done.

    Each kill has conversations of its own, and comes when the first of them is done: however fast
    they are, all kills come.
    """
    choice = random.Random(5)
    plan = ["alice", "api", *choice.choices(["api", *NAMES], k=CONVERSATIONS // 60)]
    starts = [i * CONVERSATIONS // (len(plan) + 1) for i in range(len(plan) + 2)]
    for name, (start, stop) in zip([*plan, None], pairwise(starts), strict=True):
        store.add_conversations(talk(i, turns=WINDOWS) for i in range(start, stop))
        await until_done(processes, store, start + 1 if name else stop)
        if name:
            processes.kill(name)


async def until_done(processes, store, count):
    give_up = time.monotonic() + 300 + CONVERSATIONS
    while store.count_conversations()["done"] < count:
        assert time.monotonic() < give_up, store.count_conversations()
        assert all(process.poll() is None for process in processes.running.values())
        await asyncio.sleep(0.02)


def check_once_each(store):
    windows = CONVERSATIONS * WINDOWS
    assert store.count_conversations()["done"] == CONVERSATIONS
    assert store.count_windows() == (windows, windows)
    assert {hotkey: asked for hotkey, asked, _, _ in store.score_summaries()} == dict.fromkeys(
        "abc", windows
    )
    ends = Counter(
        store.metadata_of(str(i)) is not None and len(store.answers_of(str(i)))
        for i in range(CONVERSATIONS)
    )
    assert ends == {3 * WINDOWS: CONVERSATIONS}
