"""The gate over real HTTP: who is let in, and what the others are told, in which order."""

import asyncio
import json
import socket
import time

import aiohttp
import bittensor as bt
import pytest
import pytest_asyncio
from bittensor.sp_core import Keypair
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from yarl import URL

from cgp.config import AxonSettings
from cgp.connections import ConnectionCounts
from cgp.signing import RateLimit, Refusal, RequestGate, sign_request
from miner.server import serving

LIMIT = 10_000
BODY = b'{"hello": "there"}'


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Server:
    """An application that does nothing but let requests in, through the gate of the current test."""

    def __init__(self):
        self.gate = None
        self.port = 0

    def app(self):
        app = FastAPI()

        @app.exception_handler(Refusal)
        async def refuse(_, refusal):
            body = {"error": refusal.error, "detail": refusal.detail}
            return JSONResponse(body, refusal.status, refusal.headers)

        @app.post("/task")
        async def take(request: Request):
            signed = await self.gate.admit(request)
            return {"error": "", "hotkey": signed.hotkey, "length": len(signed.body)}

        return app

    async def post(self, body, headers, path="/task"):
        url = URL(f"http://127.0.0.1:{self.port}").join(URL(path))
        async with (
            aiohttp.ClientSession() as http,
            http.post(url, data=body, headers=headers) as reply,
        ):
            return reply.status, (await reply.json())["error"], reply.headers

    async def raw(self, *parts):
        """Send bytes as they are; return the status line's code."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
        await writer.drain()
        status = (await reader.readline()).split()[1]
        writer.close()
        return int(status)


@pytest.fixture
def gate(keys):
    def permit(hotkey):
        if hotkey != keys["validator"].ss58_address:
            raise Refusal(403, "NotRegistered", "who?")

    return RequestGate(
        hotkey=keys["miner"].ss58_address, permit=permit, max_bytes=LIMIT, rates=RateLimit(6000)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running():
    server = Server()
    bound = socket.create_server(("127.0.0.1", 0))
    bound.setblocking(False)
    server.port = bound.getsockname()[1]
    async with serving(server.app(), bound, AxonSettings(), ConnectionCounts()):
        yield server


@pytest.fixture
def server(running, gate):
    running.gate = gate
    return running


@pytest.fixture
def sign(keys):
    def sign(body=BODY, path="/task", sender="validator", **options):
        options = {"receiver": keys["miner"].ss58_address} | options
        return sign_request(keys[sender], method="POST", path=path, body=body, **options)

    return sign


async def test_a_permitted_validator_is_let_in(server, sign):
    assert (await server.post(BODY, sign()))[:2] == (200, "")


async def test_the_query_is_signed_in_its_wire_form(server, sign):
    path = "/task?a=%C3%A4&b=1%2F2"
    url = URL(f"http://127.0.0.1:{server.port}{path}", encoded=True)
    assert (await server.post(BODY, sign(path=url.raw_path_qs), url))[0] == 200


async def test_an_unknown_hotkey_is_refused_before_any_cryptography(server, sign, keys):
    headers = sign(sender="stranger")
    assert (await server.post(BODY, headers))[:2] == (403, "NotRegistered")
    # Were the signature looked at first, this garbage would be told of its signature (401).
    headers |= {"X-Bittensor-Signature": "garbage", "X-Bittensor-Nonce": "x"}
    assert (await server.post(BODY, headers))[:2] == (403, "NotRegistered")


async def test_a_replayed_request_is_refused(server, sign):
    headers = sign()
    assert (await server.post(BODY, headers))[0] == 200
    assert (await server.post(BODY, headers))[:2] == (401, "ReplayedRequest")


@pytest.mark.parametrize("seconds", [-11, 3])
async def test_a_request_from_another_time_is_refused(server, keys, seconds):
    headers = bt.http_auth.sign(
        keys["validator"],
        method="POST",
        path="/task",
        body=BODY,
        receiver_ss58=keys["miner"].ss58_address,
        nonce_ns=time.time_ns() + seconds * 10**9,
    )
    assert (await server.post(BODY, headers))[:2] == (401, "StaleRequest")


async def test_a_request_for_another_miner_is_refused(server, sign, keys):
    headers = sign(receiver=keys["stranger"].ss58_address)
    assert (await server.post(BODY, headers))[:2] == (401, "WrongReceiver")
    headers["X-Bittensor-Receiver"] = keys["miner"].ss58_address
    assert (await server.post(BODY, headers))[:2] == (401, "BadSignature")


async def test_a_request_for_nobody_is_refused(server, sign):
    headers = sign()
    del headers["X-Bittensor-Receiver"]
    assert (await server.post(BODY, headers))[:2] == (401, "WrongReceiver")


async def test_a_changed_body_or_path_is_refused(server, sign):
    assert (await server.post(BODY + b" ", sign()))[:2] == (401, "BadSignature")
    assert (await server.post(BODY, sign(), "/task?x=1"))[:2] == (401, "BadSignature")


async def test_a_stranger_s_signature_under_a_validator_s_name_is_refused(server, sign, keys):
    headers = sign(sender="stranger") | {"X-Bittensor-Hotkey": keys["validator"].ss58_address}
    assert (await server.post(BODY, headers))[:2] == (401, "BadSignature")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Bittensor-Hotkey", None),
        ("X-Bittensor-Hotkey", ""),
        ("X-Bittensor-Version", None),
        ("X-Bittensor-Version", "9"),
        ("X-Bittensor-Nonce", None),
        ("X-Bittensor-Nonce", "9" * 5000),
        ("X-Bittensor-Nonce", "yesterday"),
        ("X-Bittensor-Signature", None),
        ("X-Bittensor-Signature", "0x"),
        ("X-Bittensor-Signature", "zz"),
        ("X-Bittensor-Crypto", "rot13"),
    ],
)
async def test_malformed_headers_are_refused(server, sign, header, value):
    headers = sign()
    headers.pop(header, None)
    if value is not None:
        headers[header] = value
    assert (await server.post(BODY, headers))[:2] == (401, "MalformedAuth")


async def test_a_hotkey_given_twice_is_refused(server, sign, keys):
    """The permit would be asked about one, and the signature checked for the other."""
    pairs = [("X-Bittensor-Hotkey", keys["validator"].ss58_address)]
    pairs += list(sign(sender="stranger").items())
    assert (await server.post(BODY, pairs))[:2] == (401, "MalformedAuth")


async def test_only_sr25519_keys_are_accepted(server, gate, keys):
    other = Keypair.create_from_uri("//ed", bt.CRYPTO_ED25519)
    gate.permit = lambda _: None
    headers = bt.http_auth.sign(
        other, method="POST", path="/task", body=BODY, receiver_ss58=gate.hotkey
    )
    assert headers["X-Bittensor-Crypto"] == "ed25519"
    assert (await server.post(BODY, headers))[0] == 401


async def test_an_announced_body_that_is_too_large_is_refused_unread(server):
    head = b"POST /task HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    assert await server.raw(head) == 413


async def test_the_size_is_looked_at_before_the_caller(server, sign):
    headers = sign(sender="stranger")
    head = "POST /task HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
    head += "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    assert await server.raw(head.encode() + b"\r\n") == 413


async def test_a_chunked_body_is_limited_while_it_is_read(server, sign):
    head = "POST /task HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{k}: {v}\r\n" for k, v in sign().items())
    chunk = b"%x\r\n%s\r\n" % (LIMIT // 2, b"x" * (LIMIT // 2))
    # The body never ends: the answer comes as soon as the limit is passed.
    assert await server.raw(head.encode() + b"\r\n", chunk, chunk, chunk) == 413


async def test_a_small_chunked_body_is_let_in(server, sign):
    async def chunks():
        yield BODY[:5]
        yield BODY[5:]

    assert (await server.post(chunks(), sign()))[0] == 200


async def test_a_body_of_unknown_size_is_refused(server):
    assert await server.raw(b"POST /task HTTP/1.1\r\nHost: x\r\n\r\n") == 411


async def test_too_many_requests_are_told_when_to_come_back(server, gate, sign):
    gate.rates = RateLimit(1)
    assert (await server.post(BODY, sign()))[0] == 200
    status, error, headers = await server.post(BODY, sign())
    assert (status, error) == (429, "TooManyRequests")
    assert 1 <= int(headers["Retry-After"]) <= 60


async def test_without_room_nothing_is_read_and_no_signature_checked(server, gate, sign):
    def full():
        raise Refusal(503, "QueueFull", "too many", retry_after=2)

    gate.room = full
    headers = sign() | {"X-Bittensor-Signature": "garbage"}
    status, error, answered = await server.post(BODY, headers)
    assert (status, error, answered["Retry-After"]) == (503, "QueueFull", "2")
    assert (await server.post(BODY, sign(sender="stranger")))[0] == 403
    gate.room = lambda: None
    assert (await server.post(BODY, sign()))[0] == 200


async def test_forgers_cannot_use_up_a_validator_s_budget(server, gate, sign):
    gate.rates = RateLimit(1)
    for _ in range(5):
        assert (await server.post(BODY + b"!", sign()))[0] == 401
    assert (await server.post(BODY, sign()))[0] == 200


async def test_an_address_that_keeps_forging_is_no_longer_listened_to(server, gate, sign):
    gate.forgeries = RateLimit(1)
    assert (await server.post(BODY + b"!", sign()))[0] == 401
    assert (await server.post(BODY + b"!", sign()))[:2] == (429, "TooManyForgeries")
    assert (await server.post(BODY, sign()))[0] == 200, (
        "a stranger spends nobody's right to be heard"
    )


@pytest.mark.parametrize("off", [-60.0, 3.0])
async def test_who_signs_well_but_at_another_time_is_told_from_a_forger(server, gate, sign, off):
    heard = []
    gate.on_stale = lambda hotkey, seconds: heard.append(seconds)
    status, error, _ = await server.post(BODY, sign(now_ns=time.time_ns() + int(off * 1e9)))
    assert (status, error) == (401, "StaleRequest")
    assert heard == [pytest.approx(off, abs=1.0)]
    await server.post(BODY + b"!", sign(now_ns=time.time_ns() - 10**11))
    assert len(heard) == 1, "a forger's time says nothing"


async def test_many_requests_at_once_cannot_pass_the_rate_together(server, gate, sign):
    gate.rates = RateLimit(5)
    replies = await asyncio.gather(*(server.post(BODY, sign()) for _ in range(20)))
    assert sorted(status for status, *_ in replies) == [200] * 5 + [429] * 15


async def test_refusals_are_json(server):
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://127.0.0.1:{server.port}/task", data=BODY) as reply,
    ):
        assert reply.content_type == "application/json"
        assert set(json.loads(await reply.text())) == {"error", "detail"}
