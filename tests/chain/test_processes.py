"""Several processes on one file, killed without warning."""

import json
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cgp.chain import embedded_client
from cgp.chain.embedded.genesis import genesis
from cgp.chain.embedded.profiles import FAST

from .conftest import NETUID

WRITERS = ("writer-a", "writer-b", "writer-c")
TEMPO = 5
ENOUGH = 20
DEADLINE = 240.0


class Writer:
    def __init__(self, chain, wallet, sink, folder):
        self.coldkey = wallet.coldkey.ss58_address
        self.hotkey = wallet.hotkey.ss58_address
        self._acknowledged = folder / f"{wallet.name}.log"
        program = Path(__file__).with_name("writer.py")
        self.process = subprocess.Popen(
            [sys.executable, program, chain, wallet.path, wallet.name, sink, self._acknowledged],
            cwd=Path(__file__).parents[2],
            env={"PYTHONPATH": ".", "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        )

    def acknowledged(self):
        if not self._acknowledged.exists():
            return []
        return self._acknowledged.read_text().split()

    def wait_until(self, count):
        deadline = time.monotonic() + DEADLINE
        while len(self.acknowledged()) < count:
            assert self.process.poll() is None, "the writer failed"
            assert time.monotonic() < deadline, "the writer is stuck"
            time.sleep(0.005)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def killed(tmp_path, wallets):
    """Three writers at once, each killed in the middle of its writing while the others go on."""
    owner, sink = wallets("owner"), wallets("sink").coldkey.ss58_address
    path = tmp_path / "chain.sqlite"
    genesis(
        path,
        netuid=NETUID,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkey.ss58_address,
        balances={wallets(name).coldkey.ss58_address: 100.0 for name in WRITERS},
        block_seconds=0.5,
        hyperparameters=replace(FAST.rules, tempo=TEMPO),
    )
    writers = [Writer(path, wallets(name), sink, tmp_path) for name in WRITERS]
    try:
        for nth, writer in enumerate(writers, start=1):
            writer.wait_until(nth * ENOUGH)
            writer.kill()
        yield path, writers, sink
    finally:
        for writer in writers:
            writer.kill()


async def test_kills_among_writers_lose_and_double_nothing(killed):
    path, writers, sink = killed
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = connection.execute("SELECT block, position, body, receipt FROM extrinsics").fetchall()
    connection.close()
    included = {f"{block}-{position:04d}" for block, position, _, _ in rows}
    bodies = [json.loads(body) for _, _, body, _ in rows]
    assert all(json.loads(receipt)["error"] == "" for *_, receipt in rows)
    transfers = sum(body["call"]["module"] == "Balances" for body in bodies)

    async with embedded_client(path) as client:
        uids = {await client.neurons.uid(writer.hotkey, NETUID) for writer in writers}
        assert uids == {1, 2, 3}
        for writer in writers:
            assert included >= set(writer.acknowledged())
            signed = sum(body["signer"] == writer.coldkey for body in bodies)
            assert await client._substrate.account_next_index(writer.coldkey) == signed
        assert (await client.balances.get(sink)).rao == transfers * 1_000
        status = await client.epochs.epoch_status(NETUID)
        assert status["epoch_index"] * TEMPO == status["last_epoch_block"] - 1
        assert status["epoch_index"] >= 10
    acknowledged = sum(len(writer.acknowledged()) for writer in writers)
    assert acknowledged <= transfers <= acknowledged + len(writers)
