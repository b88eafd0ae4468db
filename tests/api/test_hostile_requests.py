"""Hostile requests to every route of ``cgp serve``, over a store full of hostile text: it goes on, and is quiet.

The routes are those of the API's own description, so that a new one is tried at once.
"""

import asyncio
import io
import json
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from cgp.api.app import make_app
from cgp.api.identity import api_address
from cgp.api.queries import ApiStore
from cgp.signing import sign_request
from tests.api.served import keypair
from tests.hostile_corpus import ESCAPES, LINK, fill, talk, talks, turns
from tests.test_hostile_corpus import acting

STALL_SECONDS = 2.0
"""Processor time that one request may take."""

MOST_MIB = 300
"""Memory that all of them together may add to what the server has after one search."""

VALUES = [
    ESCAPES,
    LINK,
    "../../outside.txt",
    "\0",
    "x" * 6_000,
    "-1",
    "99999999999999999999",
    "nan",
    "%00%1b",
    "\u202e" * 50,
]
"""What is put into each place of a path and a query."""

WHOLE_BODIES = [
    b"",
    b"\xff\xfe",
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b"{" + b",".join(b'"k%d":1' % i for i in range(50_000)) + b"}",
    b'{"session": "' + b"x" * 3_000_000 + b'"}',
    b'{"holding": [' + b"1," * 200_000 + b"1]}",
    b"NaN",
]
FIELDS = [
    None,
    True,
    -1,
    2**70,
    1e308,
    ESCAPES,
    "\0",
    "\ud800",
    "x" * 100_000,
    [],
    {},
    [[]] * 5_000,
    {"a": {}},
]
JSON = {"Content-Type": "application/json"}


class Server:
    """A ``cgp serve`` process, what it takes, and what it has logged."""

    def __init__(self, process, port, address):
        self.process = process
        self.address = address
        self._url = f"http://127.0.0.1:{port}"

    async def ask(self, http, method, path, body=None, headers=None):
        """Send a request; check its answer, and that the server did not stall over it."""
        before = self.cpu_seconds()
        async with http.request(
            method,
            URL(self._url + path, encoded=True),
            data=body and io.BytesIO(body),
            headers=headers,
        ) as reply:
            said = await reply.read()
        spent = self.cpu_seconds() - before
        what = (method, path[:80], (body or b"")[:80], reply.status, said[:300])
        assert reply.status in {200, *range(400, 500), 503}, what
        assert acting(said.decode()) == [], what
        json.loads(said)
        assert spent < STALL_SECONDS, (spent, *what)
        return reply.status

    async def signed(self, http, path, body):
        alice = keypair("alice")
        signature = sign_request(alice, method="POST", path=path, body=body, receiver=self.address)
        return await self.ask(http, "POST", path, body, JSON | signature)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the kernel does not say how much memory a process has taken")


@asynccontextmanager
async def serving(folder):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with closing(ApiStore(f"sqlite:///{folder / 'store.sqlite'}")) as store:
        fill(store)
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "API_READS_PER_MINUTE": "1000000",
        "API_IMPORTS_PER_MINUTE": "1000000",
        "LOG_FORMAT": "text",
    }
    log = (folder.parent / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("cgp"), "serve", "--port", str(port),
        "--validators", keypair("alice").ss58_address,
        cwd=folder, env=environment, stderr=log,
    )  # fmt: skip
    log.close()
    server = Server(process, port, api_address(folder))
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while True:
            assert process.returncode is None, (folder.parent / "log").read_text()
            try:
                await server.ask(http, "GET", "/v1/search?q=ferry")
                break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    try:
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def described():
    """Return the API's own description."""
    return make_app(None).openapi()


def in_paths_and_queries(path, operation):
    """Yield addresses of a route with a hostile value in each place in turn, and with good ids of hostile talks."""
    places = operation.get("parameters", [])
    for value in VALUES:
        written = quote(value, safe="")
        filled = path.replace("{conversation_id}", written)
        yield filled
        for place in places:
            if place["in"] == "query":
                good = path.replace("{conversation_id}", "escapes")
                yield f"{good}?{place['name']}={written}"
    if "{conversation_id}" in path:
        for one in talks():
            yield path.replace("{conversation_id}", quote(one["id"], safe="")) + "?window=0"


def bodies(schema):
    """Yield bodies that are hostile as a whole, then those of a schema with a hostile value in each field."""
    yield from WHOLE_BODIES
    samples = {
        "string": "x",
        "integer": 1,
        "number": 1.0,
        "boolean": True,
        "array": [],
        "object": {},
    }
    fields = schema["properties"]
    good = {
        name: "f" * 32 if name in {"session", "token"} else samples.get(field.get("type"), {})
        for name, field in fields.items()
    }
    yield json.dumps(good).encode()
    for name in fields:
        for value in FIELDS:
            yield json.dumps(good | {name: value}).encode()


@pytest.mark.peers
async def test_every_route_answers_hostile_requests_and_goes_on(tmp_path):
    document = described()
    schemas = document["components"]["schemas"]
    async with serving(tmp_path / "data") as server, aiohttp.ClientSession() as http:
        base = server.peak_mib()
        with closing(ApiStore(f"sqlite:///{tmp_path / 'data' / 'store.sqlite'}")) as store:
            key = store.create_key("test", ["import"])[1]
        imported = [talk("fresh", title=ESCAPES, turns=turns(4, f"ferry {ESCAPES}"))]
        body = json.dumps({"conversations": imported}).encode()
        bearer = {"Authorization": f"Bearer {key}"}
        assert await server.ask(http, "POST", "/v1/conversations", body, JSON | bearer) == 200

        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if method == "get":
                    for address in in_paths_and_queries(path, operation):
                        await server.ask(http, "GET", address)
                    continue
                assert method == "post", f"{method} {path}: say here how it is tried"
                content = operation["requestBody"]["content"]["application/json"]
                schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
                for body in bodies(schema):
                    if "btauth" in str(operation["security"]):
                        await server.signed(http, path, body)
                    else:
                        await server.ask(http, "POST", path, body, JSON | bearer)

        assert await server.ask(http, "GET", "/v1/conversations/escapes") == 200
        assert server.peak_mib() - base < MOST_MIB
    log = (tmp_path / "log").read_text(encoding="utf-8", errors="surrogateescape")
    assert acting(log) == []
    assert "Traceback" not in log
