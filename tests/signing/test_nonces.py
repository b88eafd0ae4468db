"""Nonces that several processes share: each counts once, also after a restart and on a full disk."""

import asyncio
import subprocess
import sys
import time

from cgp.signing import SharedNonces
from cgp.signing.nonces import KEPT_SECONDS

NOW = time.time_ns()


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


async def test_a_nonce_counts_once_for_all_who_share_the_file(tmp_path):
    file = tmp_path / "nonces.sqlite"
    async with (
        SharedNonces(file, "miner", clock=Clock()) as one,
        SharedNonces(file, "miner", clock=Clock()) as other,
    ):
        assert await one.is_new("alice", NOW)
        assert not await one.is_new("alice", NOW)
        assert not await other.is_new("alice", NOW)
        assert await other.is_new("bob", NOW)
        assert await other.is_new("alice", NOW + 1)
    async with SharedNonces(file, "another miner") as another:
        assert await another.is_new("alice", NOW)


async def test_a_restart_forgets_nothing(tmp_path):
    file = tmp_path / "nonces.sqlite"
    # Of now: a start drops nonces that are older than any request that would be taken.
    nonce = time.time_ns()
    async with SharedNonces(file, "miner") as before:
        assert await before.is_new("alice", nonce)
    async with SharedNonces(file, "miner") as after:
        assert not await after.is_new("alice", nonce)


def test_a_process_that_is_killed_forgets_nothing(tmp_path):
    file = tmp_path / "nonces.sqlite"
    nonce = time.time_ns()
    program = (
        "import asyncio, os, pathlib, signal\n"
        "from cgp.signing import SharedNonces\n"
        "async def go():\n"
        f"    nonces = SharedNonces(pathlib.Path({str(file)!r}), 'miner')\n"
        f"    assert await nonces.is_new('alice', {nonce})\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(go())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr

    async def again():
        async with SharedNonces(file, "miner") as nonces:
            return await nonces.is_new("alice", nonce)

    assert not asyncio.run(again())


async def test_of_many_at_once_one_is_new(tmp_path):
    file = tmp_path / "nonces.sqlite"
    async with (
        SharedNonces(file, "miner", clock=Clock()) as one,
        SharedNonces(file, "miner", clock=Clock()) as other,
    ):
        asked = [store.is_new("alice", NOW + n) for n in range(20) for store in (one, other, one)]
        assert sum(await asyncio.gather(*asked)) == 20


async def test_old_nonces_leave(tmp_path):
    clock = Clock()
    async with SharedNonces(tmp_path / "nonces.sqlite", "miner", clock=clock) as nonces:
        for number in range(600):
            clock.now = NOW + number * 10**9
            await nonces.is_new("alice", clock.now)
        (left,) = await nonces._worker.run(
            lambda connection: connection.execute("SELECT count(*) FROM nonces").fetchone()
        )
    assert KEPT_SECONDS <= left < 600


async def test_a_file_that_cannot_be_used_is_said_and_refuses_nobody(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    async with SharedNonces(tmp_path / "file" / "nonces.sqlite", "miner") as nonces:
        assert await nonces.is_new("alice", NOW)
        assert await nonces.is_new("alice", NOW + 1)
        assert nonces.error
    assert len([r for r in caplog.records if "Nonces are not shared" in r.getMessage()]) == 1
