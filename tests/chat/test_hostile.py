"""Ten thousand requests made to harm: each gets an answer that blames it, and honest ones go on."""

import asyncio
import json
import logging
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from benchmarks.spoilt_bytes import Spoiler
from tests.chat.conftest import hello

pytestmark = pytest.mark.peers

COUNT = 10_000
AT_ONCE = 16
TOOL = {"type": "function", "function": {"name": "t", "parameters": {"type": "object"}}}
FULL = hello(
    temperature=0.5, top_p=0.9, n=1, stop=["x"], seed=1, max_tokens=9, logprobs=True, tools=[TOOL],
    response_format={"type": "text"}, stream=True, stream_options={"include_usage": True},
    cgp={"audience": "shared", "memory": True},
)  # fmt: skip
PANEL = hello(model="panel", cgp={"panel": {"size": 2, "quorum": 1, "seconds": 2}})
GOOD = (
    ("POST", "/v1/chat/completions", FULL),
    ("POST", "/v1/chat/completions", hello(cgp={"memory": True, "as": "Petra"})),
    ("POST", "/v1/chat/completions", PANEL),
    ("POST", "/v1/embeddings", {"model": "m", "input": ["a"], "encoding_format": "float"}),
    ("POST", "/v1/workers", {"public_key": "U" + "A" * 55}),
    ("GET", "/v1/turns?conversation=sample-1&turn=3", None),
    ("GET", "/v1/models", None),
    ("GET", "/turn?conversation=x&turn=1", None),
    ("POST", "/ask", b"question=ferry&model=m"),
)


def request(host, method, path, body, kind="application/json"):
    """Return a request as bytes."""
    data = b"" if body is None else body
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n"
    head += f"Content-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    return head.encode() + data


def spoilt(spoiler, host):
    """Return a good request that is wrong somewhere: in its JSON, its bytes or its head."""
    method, path, document = spoiler.chance.choice(GOOD)
    way = spoiler.chance.randrange(4)
    body = json.dumps(document).encode() if isinstance(document, dict) else document
    if isinstance(document, dict) and way <= 1:
        body = spoiler.spoilt_json(body)
        return request(host, method, path, body if way == 0 else spoiler.flipped(body))
    kind = (
        "application/x-www-form-urlencoded" if isinstance(document, bytes) else "application/json"
    )
    whole = request(host, method, path, body, kind)
    return spoiler.doubled(whole) if way == 2 else spoiler.flipped(whole)


async def send(port, data, seconds=1.0):
    """Return status and beginning of the answer; (0, b"") for none: the request is not whole."""
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(data)
                answer = await reader.read(2000)
                return int(answer.split()[1]), answer
            finally:
                writer.close()
    return 0, b""


async def patiently(port, data, seconds=1.0):
    """Send a request again where the key sent too many in this minute; return as ``send``."""
    for _ in range(100):
        status, answer = await send(port, data, seconds)
        if status != 429:
            break
        await asyncio.sleep(1.0)
    return status, answer


async def test_10_000_hostile_requests_get_no_500_and_honest_ones_go_on(chat, caplog):
    # Prepare
    await chat.worker(await chat.backend(), slots=8)
    address = urlsplit(chat.url)
    spoiler = Spoiler(19)
    statuses, faults, honest = Counter(), [], Counter()
    left = iter(range(COUNT))
    good = request(address.netloc, "POST", "/v1/chat/completions", json.dumps(hello()).encode())

    async def work():
        for number in left:
            data = spoilt(spoiler, address.netloc)
            status, answer = await patiently(address.port, data)
            statuses[status] += 1
            if status == 500 or b"internal_error" in answer:
                faults.append((data[:600], answer[:300]))
            if number % 200 == 0:
                honest[(await patiently(address.port, good, 240.0))[0]] += 1

    # Execute
    with caplog.at_level(logging.ERROR):
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    # Assert
    print(dict(statuses), dict(honest))
    assert not faults, faults[:3]
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not [record for record in errors if record.name.startswith("cgp")]
    assert honest == {200: len(range(0, COUNT, 200))}
    # They reach all kinds of checks, and not one of them alone.
    assert all(statuses[status] > 20 for status in (200, 400, 404))
