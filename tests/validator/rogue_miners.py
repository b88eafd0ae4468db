"""Miners that misbehave, on real sockets: each way of answering badly is one function.

A behaviour gets the ``Call`` (what the validator sent, and the connection) and writes whatever it
likes. Most sign their answers properly: only what they sign is bad.
"""

import asyncio
import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from bittensor import http_auth

from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.protocol import encode_answer, parse_task
from cgp.signing import sign_answer
from cgp.text import normal_form

TAGS = ("solar panels", "feed-in tariff", "school roof")


@dataclass
class Call:
    keypair: object
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def task_id(self) -> str:
        return parse_task(self.body).task_id

    def signature(self, body: bytes, keypair=None) -> dict[str, str]:
        return sign_answer(
            keypair or self.keypair,
            body=body,
            request_body=self.body,
            nonce=int(self.headers[http_auth.HEADER_NONCE.lower()]),
            validator=self.headers[http_auth.HEADER_HOTKEY.lower()],
        )

    def send(self, body: bytes, *, headers=None, status="200 OK", length=None) -> None:
        fields = {"Content-Length": str(len(body) if length is None else length)}
        fields |= {"Content-Type": "application/json"} | (headers or {})
        lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)

    def send_signed(self, body: bytes, **options) -> None:
        self.send(body, headers=self.signature(body), **options)


Behaviour = Callable[[Call], Awaitable[None]]


def answer(task_id, tags=TAGS, vectors=None) -> bytes:
    """Return the body of a good answer, or one with other tags or vectors."""
    if vectors is None:
        vectors = default_embedder().embed([normal_form(tag) for tag in tags])
    profiles = (ParticipantProfile(0, (Claim("topic", "solar panels", (0,)),)),)
    metadata = Metadata(tuple(Tag(tag) for tag in tags), profiles)
    return encode_answer(task_id, metadata, vectors, default_embedder().id)


async def well_behaved(call):
    call.send_signed(answer(call.task_id))


async def no_json(call):
    call.send_signed(b"I would rather not say")


async def empty_object(call):
    call.send_signed(b"{}")


async def only_an_empty_list_of_tags(call):
    call.send_signed(b'{"tags": []}')


async def no_tags_at_all(call):
    call.send_signed(answer(call.task_id, (), np.zeros((0, 256), np.float32)))


async def ten_megabytes(call):
    call.send_signed(b" " * 10_000_000)


async def ten_megabytes_unannounced(call):
    call.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(160):
        call.writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await call.writer.drain()
    call.writer.write(b"0\r\n\r\n")


async def compressed_bomb(call):
    body = gzip.compress(b" " * 10_000_000)
    call.send(body, headers={**call.signature(body), "Content-Encoding": "gzip"})


async def nan_vectors(call):
    call.send_signed(answer(call.task_id, vectors=np.full((3, 256), np.nan, np.float32)))


async def forged_vectors(call):
    vectors = default_embedder().embed(["solar panels"] * 3)
    call.send_signed(answer(call.task_id, vectors=vectors))


async def wrong_types(call):
    document = json.loads(answer(call.task_id)) | {"tags": {"text": 7}, "profiles": "none"}
    call.send_signed(json.dumps(document).encode())


async def five_thousand_tags(call):
    document = json.loads(answer(call.task_id))
    entry = base64.b64encode(bytes(1024)).decode()
    document["tags"] = [{"text": f"tag {i}", "embedding": entry[:8]} for i in range(5000)]
    call.send_signed(json.dumps(document).encode())


async def deep_nesting(call):
    call.send_signed(b"[" * 200_000)


async def invalid_text(call):
    call.send_signed(b'{"tags": ["\xff\xfe\x00"]}')


async def another_window(call):
    call.send_signed(answer("0" * 32))


async def unsigned(call):
    call.send(answer(call.task_id))


async def signed_by_another(call):
    body = answer(call.task_id)
    call.send(body, headers=call.signature(body, STRANGER["keypair"]))


async def signature_of_another_body(call):
    call.send(answer(call.task_id), headers=call.signature(b"something else"))


async def redirect(call):
    call.send(b"", status="307 Temporary Redirect", headers={"Location": "http://127.0.0.1:9/x"})


async def server_error(call):
    call.send(b"x" * 1_000_000, status="500 Internal Server Error")


async def not_http(call):
    call.writer.write(b"220 smtp.example.org ready\r\n\r\n")


async def endless_headers(call):
    call.writer.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n")


async def half_an_answer(call):
    body = answer(call.task_id)
    call.send(body[: len(body) // 2], headers=call.signature(body), length=len(body))


async def negative_length(call):
    call.send(answer(call.task_id), length=-5)


async def closes_the_socket(call):
    call.writer.transport.abort()


async def hangs(call):
    await call.reader.read()


async def drips(call):
    body = answer(call.task_id)
    call.send(b"", headers=call.signature(body), length=len(body))
    for i in range(len(body)):
        call.writer.write(body[i : i + 1])
        await call.writer.drain()
        await asyncio.sleep(0.02)


STRANGER: dict[str, object] = {}

# What the validator makes of each: the kind of ``NoAnswer``, or None for an answer that can be read
# (and that scoring then judges).
EXPECTED: dict[Behaviour, str | None] = {
    no_json: "malformed",
    hangs: "timeout",
    empty_object: "malformed",
    closes_the_socket: "unreachable",
    only_an_empty_list_of_tags: "malformed",
    no_tags_at_all: None,
    ten_megabytes: "too_large",
    drips: "timeout",
    ten_megabytes_unannounced: "too_large",
    compressed_bomb: "malformed",
    nan_vectors: None,
    forged_vectors: None,
    wrong_types: "malformed",
    five_thousand_tags: "malformed",
    deep_nesting: "malformed",
    invalid_text: "malformed",
    another_window: "wrong_task",
    unsigned: "unsigned",
    signed_by_another: "unsigned",
    signature_of_another_body: "unsigned",
    redirect: "refused",
    server_error: "refused",
    not_http: "malformed",
    endless_headers: "malformed",
    half_an_answer: "malformed",
    negative_length: "malformed",
}


class RogueMiner:
    """A server with a hotkey whose ``behaviours`` take turns, one a connection."""

    def __init__(self, keypair, *behaviours: Behaviour) -> None:
        self.keypair = keypair
        self.behaviours = behaviours
        self.calls = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._open.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode().split("\r\n")[1:]
            headers = dict(
                line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in lines if line
            )
            body = await reader.readexactly(int(headers["content-length"]))
            behaviour = self.behaviours[self.calls % len(self.behaviours)]
            self.calls += 1
            await behaviour(Call(self.keypair, headers, body, reader, writer))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()
