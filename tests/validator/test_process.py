"""The validator as a real process: killed, restarted, stopped; the miners are real and outlive it."""

import asyncio
import contextlib
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from cgp.scoring import Answer, Standing
from cgp.store import Store
from tests.validator.local_subnet import NETUID, make_subnet, talk

SCRIPT = Path(__file__).resolve().parents[2] / "validator" / "validator.py"


@pytest.fixture
async def subnet(tmp_path):
    return await make_subnet(tmp_path, miners=3)


async def start(subnet, settings, *flags):
    """Start the validator as its operator does, from some other folder."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        *("--netuid", str(NETUID), "--subtensor.network", "local"),
        *("--subtensor.chain_file", str(settings.chain_file)),
        *("--wallet.name", "validator", "--wallet.hotkey", "default"),
        *("--wallet.path", str(settings.wallet.path), "--data_dir", str(settings.data_dir)),
        *(
            "--validator.windows_in_flight",
            "3",
            "--window.characters",
            "110",
            "--window.overlap",
            "0",
        ),
        *("--validator.poll_seconds", "0.05", "--log.format", "text"),
        *flags,
        cwd=subnet.folder,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def reach(process, condition, seconds=300.0):
    async with asyncio.timeout(seconds):
        while not condition():
            if process.returncode is not None:
                raise AssertionError((await process.communicate())[1].decode())
            await asyncio.sleep(0.02)


@pytest.mark.peers
async def test_killed_or_stopped_at_any_point_it_goes_on_and_scores_nothing_twice(subnet):
    settings = subnet.settings()
    store = Store(settings.store_url)
    talks = [talk(number) for number in range(5)]
    store.add_conversations(talks)
    async with subnet.mining():
        for windows in (1, 10):
            process = await start(subnet, settings)
            await reach(process, lambda least=windows: store.count_windows()[0] >= least)
            process.kill()
            await process.communicate()
            assert store.count_conversations()["done"] < len(talks)

        process = await start(subnet, settings)
        await reach(process, lambda: store.count_windows()[0] >= 20)
        process.send_signal(signal.SIGTERM)
        _, log = await process.communicate()
        assert process.returncode == 0, log.decode()
        assert b"Resuming" in log
        assert b"Stopping: finishing the windows in flight" in log
        counts = store.count_conversations()
        assert counts["leased"] == 0
        assert counts["waiting"] > 0

        process = await start(subnet, settings)
        await reach(process, lambda: store.count_conversations()["done"] == len(talks))
        process.send_signal(signal.SIGTERM)
        _, last_log = await process.communicate()
        assert process.returncode == 0, last_log.decode()
    for text in (log, last_log):
        assert b"Traceback" not in text
        assert b"ERROR" not in text
    check_once_each(subnet, store, talks)
    store.close()


def check_once_each(subnet, store, talks):
    """Every conversation is done, every window was scored once, every score counted once."""
    assert store.count_conversations() == {
        "waiting": 0,
        "leased": 0,
        "done": len(talks),
        "failed": 0,
    }
    done, known = store.count_windows()
    assert done == known == len(talks) * 12
    validator = subnet.validator.hotkey.ss58_address
    assert store.times_asked(validator) == {w.hotkey.ss58_address: known for w in subnet.miners}
    version = store.ground_truth(talks[0].id).rule_version
    standings = [Standing.from_json(s.standing) for s in store.standings_of(validator, version)]
    assert [standing.asked for standing in standings] == [known] * 3
    for each in talks:
        assert store.metadata_of(each.id) is not None
        for window in store.windows_of(each.id):
            answers = store.answers_of(each.id, window.index)
            assert len(answers) == 3
            assert all(isinstance(scored.answer, Answer) for scored in answers)


async def test_health_is_served_before_the_chain_is_reached(subnet):
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        endpoint = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        network = ("--subtensor.network", endpoint, "--validator.health_port", str(port))
        process = await start(subnet, subnet.settings(), *network)
        document = {"problems": [{"reason": ""}]}
        # Its first words are that it opens store and chain, the next which endpoint does not answer.
        async with aiohttp.ClientSession() as http, asyncio.timeout(60):
            while endpoint not in document["problems"][0]["reason"]:
                assert process.returncode is None
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with http.get(f"http://127.0.0.1:{port}/healthz") as reply:
                        status, document = reply.status, await reply.json()
                        assert (status, document["status"]) == (503, "starting")
                await asyncio.sleep(0.05)
        assert document["problems"][0]["remedy"]
        process.kill()
        await process.communicate()


async def test_what_keeps_it_from_starting_is_said_with_what_to_do(subnet):
    settings = subnet.settings()
    process = await start(subnet, settings, "--wallet.hotkey", "nobody")
    _, log = await process.communicate()
    assert process.returncode == 1
    assert b"no usable hotkey 'nobody'" in log
    assert b"Traceback" not in log
