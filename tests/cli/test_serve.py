"""``cgp serve``: what it needs is said, and it starts, answers and stops in good order."""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import closing

import aiohttp
from bittensor.sp_core import Keypair

_CGP = "from cgp.cli import main; main()"


async def start(folder, *arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _CGP,
        "serve",
        *arguments,
        cwd=folder,
        env=os.environ | {"DATA_DIR": str(folder), "WALLET_PATH": str(folder)},
        stderr=asyncio.subprocess.PIPE,
    )


async def answer(port, process):
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while process.returncode is None:
            try:
                async with http.get(f"http://127.0.0.1:{port}/v1") as reply:
                    return await reply.json()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError((await process.communicate())[1].decode())


async def test_it_serves_until_it_is_told_to_stop(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    hotkey = Keypair.create_from_uri("//alice").ss58_address
    process = await start(tmp_path, "--port", str(port), "--validators", hotkey)
    assert (await answer(port, process))["name"] == "Conversation Genome"
    process.send_signal(signal.SIGTERM)
    _, log = await process.communicate()
    assert process.returncode == 0
    lines = [json.loads(line)["message"] for line in log.decode().splitlines()]
    assert lines[0].startswith(f"Pages and API at http://127.0.0.1:{port}")
    assert lines[1].startswith("May read: everybody who reaches this address.")
    assert (
        "May take conversations to validate: 1 named hotkey, by requests signed for 5" in lines[1]
    )
    assert lines[-1].startswith("GET /v1 200 ")


async def test_a_read_only_server_says_that_nobody_may_validate(tmp_path):
    process = await start(tmp_path, "--port", "0", "--read-only")
    lines = [json.loads(await process.stderr.readline())["message"] for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert lines[1].endswith("May take conversations to validate: nobody")


async def test_without_pages_it_promises_none(tmp_path):
    process = await start(tmp_path, "--port", "0", "--read-only", "--no-web")
    line = json.loads(await process.stderr.readline())["message"]
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert line.startswith("API at http://127.0.0.1:")


async def test_what_keeps_it_from_starting_is_said(tmp_path):
    process = await start(tmp_path)
    _, log = await process.communicate()
    assert process.returncode == 1
    words = " ".join(log.decode().split())
    assert "no usable hotkey" in words
    assert "name the validators with --validators to serve without a chain" in words
    assert "Traceback" not in words


async def test_a_port_in_use_is_said_with_its_remedy(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        process = await start(tmp_path, "--port", str(port), "--read-only")
        _, log = await process.communicate()
    assert process.returncode == 1
    words = " ".join(log.decode().split())
    assert "address already in use" in words.lower()
    assert "choose another port" in words
