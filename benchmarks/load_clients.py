"""Callers of a miner for benchmarks: validators that ask in earnest, and strangers that waste its time.

    python benchmarks/load_clients.py idle|slow|endless|bombs|unsigned|forged PORT MINER VALIDATOR

is one kind of stranger, until it is killed. It calls from twenty addresses of loopback, since a miner
limits the connections of one.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import uvloop
from bittensor.sp_core import Keypair

from cgp import samples
from cgp.conversation import Conversation, Turn
from cgp.embedders import default_embedder
from cgp.protocol import MAX_REQUEST_BYTES, TASK_PATH, TaskRequest, encode_task
from cgp.signing import sign_request, verify_answer
from cgp.windows import WindowPlan, cut

ANSWER_SECONDS = 15.0
IDLE = 2_000
ADDRESSES = tuple(f"127.0.0.{i}" for i in range(2, 22))
FLOOD_PER_SECOND = 150.0
VERIFY_EACH = 20
"""One answer of so many has its signature checked: checking all would load the machine as the miner does."""


@dataclass
class Load:
    """What came of a load: statuses, and seconds from the moment a request was due to its answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lasted: float = 0.0
    without_retry_after: int = 0
    badly_signed: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted

    @property
    def failures(self) -> int:
        """Requests without an answer, whatever the reason."""
        return self.statuses.total() - self.statuses[200]

    def percentile(self, share: float) -> float:
        """Return the seconds below which ``share`` of the answers came; infinity without answers."""
        ordered = sorted(self.seconds)
        return (
            ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")
        )


def windows() -> Iterator[Conversation]:
    """Yield windows of the bundled conversations for ever, no two of them alike."""
    plan, embedder = WindowPlan(), default_embedder()
    leaves = [
        conversation.excerpt(leaf.start, leaf.stop)
        for conversation in samples.load()
        for leaf in cut(conversation, plan, embedder).leaves()
    ]
    for number in itertools.count():
        window = leaves[number % len(leaves)]
        first = window.turns[0]
        numbered = Turn(first.speaker, f"{first.text} ({number})")
        yield replace(window, turns=(numbered, *window.turns[1:]))


class Line:
    """One connection that is kept open, and opened again where the other end closed it."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._port = port
        self._source = source
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers and body of its answer.

        On a connection that the other end closed while it was idle, it is sent again on a new one.

        Raises:
            OSError, TimeoutError, asyncio.IncompleteReadError: without a whole answer.
        """
        used_before = self._streams is not None
        try:
            return await self._exchange(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            if not used_before or getattr(error, "partial", b""):
                raise
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(
                        "127.0.0.1", self._port, local_addr=(self._source, 0)
                    )
                reader, writer = self._streams
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (line.partition(": ") for line in head[1:] if line)
                headers = {name.lower(): value for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
        except BaseException:
            self.close()
            raise
        if headers.get("connection") == "close":
            self.close()
        return int(head[0].split()[1]), headers, body

    def close(self) -> None:
        """Close the connection, if it is open."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Validators:
    """Validators that ask a miner in earnest, in turn, over lines that they share."""

    def __init__(self, port: int, keypairs: Sequence[Any], miner: str, lines: int) -> None:
        self._port = port
        self._keypairs = itertools.cycle(keypairs)
        self._miner = miner
        self._lines = [Line(port) for _ in range(lines)]
        self._windows = windows()
        self._number = 0

    def close(self) -> None:
        """Close all connections."""
        for line in self._lines:
            line.close()

    async def at_a_rate(self, per_second: float, seconds: float) -> Load:
        """Ask so many times a second, however slow the answers are. A late start counts as waiting.

        Bodies are made beforehand, so that the callers take less of the machine; signatures cannot be.
        """
        bodies = [self._body() for _ in range(int(per_second * seconds))]
        load, free = Load(), asyncio.LifoQueue[Line]()
        for line in self._lines:
            free.put_nowait(line)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(bodies):
                due = began + number / per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self._ask_with(free, load, due, body))
        load.lasted = time.monotonic() - began
        return load

    async def as_fast_as_possible(self, seconds: float) -> Load:
        """Ask again on each line as soon as its answer is there."""
        load, began = Load(), time.monotonic()

        async def keep_asking(line: Line) -> None:
            while (now := time.monotonic()) < began + seconds:
                await self._ask(line, load, now, self._body())

        await asyncio.gather(*map(keep_asking, self._lines))
        load.lasted = time.monotonic() - began
        return load

    async def _ask_with(
        self, free: asyncio.LifoQueue[Line], load: Load, due: float, body: bytes
    ) -> None:
        line = await free.get()
        try:
            await self._ask(line, load, due, body)
        finally:
            free.put_nowait(line)

    def _body(self) -> bytes:
        self._number += 1
        return encode_task(
            TaskRequest(f"t-{self._number}", next(self._windows), 12, default_embedder().id, 10.0)
        )

    async def _ask(self, line: Line, load: Load, due: float, body: bytes) -> None:
        signed = sign_request(
            next(self._keypairs), method="POST", path=TASK_PATH, body=body, receiver=self._miner
        )
        try:
            status, headers, answer = await line.exchange(request_of(body, signed))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            load.statuses[0] += 1
            return
        load.statuses[status] += 1
        if status == 200:
            load.seconds.append(time.monotonic() - due)
            if len(load.seconds) % VERIFY_EACH == 0:
                load.badly_signed += not is_signed(headers, answer, signed, body)
        else:
            load.without_retry_after += "retry-after" not in headers


def is_signed(headers: dict[str, str], answer: bytes, signed: dict[str, str], body: bytes) -> bool:
    """Return whether the miner's signature of an answer is good."""
    try:
        verify_answer(headers, answer, request_headers=signed, request_body=body)
    except ValueError:
        return False
    return True


def request_of(body: bytes, headers: dict[str, str], *more: str) -> bytes:
    """Return a whole request as it goes over the wire."""
    lines = [f"POST {TASK_PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *more]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Stranger:
    """Somebody without a key of the subnet who wastes a miner's time."""

    port: int
    miner: str
    validator: str

    async def idle(self, source: str) -> None:
        """Hold a hundred connections open that say nothing; open them again when they are closed."""

        async def hold() -> None:
            while True:
                reader, writer = await self._connect(source)
                with suppress(OSError):
                    await reader.read()
                writer.close()

        await asyncio.gather(*(_for_ever(hold) for _ in range(IDLE // len(ADDRESSES))))

    async def slow(self, source: str) -> None:
        """Send a body one byte a second, on twenty connections."""

        async def drip() -> None:
            _, writer = await self._connect(source)
            writer.write(self._head(f"Content-Length: {MAX_REQUEST_BYTES}"))
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1.0)

        await asyncio.gather(*(_for_ever(drip) for _ in range(20)))

    async def endless(self, source: str) -> None:
        """Send chunks without end."""

        async def pour() -> None:
            _, writer = await self._connect(source)
            writer.write(self._head("Transfer-Encoding: chunked"))
            while not writer.is_closing():
                writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.close()

        await _for_ever(pour)

    async def bombs(self, source: str) -> None:
        """Send bodies that unpack to a hundred megabytes, and JSON a million levels deep."""
        bomb = gzip.compress(b"0" * 10**8)
        deep = b"[" * (MAX_REQUEST_BYTES - 1)
        requests = itertools.cycle(
            (
                request_of(bomb, self._claims(), "Content-Encoding: gzip"),
                request_of(deep, self._claims()),
            )
        )
        await self._flood(source, lambda: next(requests), FLOOD_PER_SECOND / 10)

    async def unsigned(self, source: str) -> None:
        """Send requests without a signature."""
        body = b"{}" * 500
        await self._flood(source, lambda: request_of(body, {}), FLOOD_PER_SECOND)

    async def forged(self, source: str) -> None:
        """Send requests in a validator's name, with a signature of the right form."""
        own = Keypair.create_from_uri("//stranger")
        body = b"{}" * 500

        def forge() -> bytes:
            signed = sign_request(
                own, method="POST", path=TASK_PATH, body=body, receiver=self.miner
            )
            return request_of(body, signed | {"X-Bittensor-Hotkey": self.validator})

        await self._flood(source, forge, FLOOD_PER_SECOND)

    async def _flood(
        self, source: str, make: Callable[[], bytes], of_all_per_second: float
    ) -> None:
        line = Line(self.port, source)
        pause = len(ADDRESSES) / of_all_per_second

        async def send() -> None:
            began = time.monotonic()
            await line.exchange(make())
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

        await _for_ever(send)

    async def _connect(self, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))

    def _claims(self) -> dict[str, str]:
        return {
            "X-Bittensor-Version": "1",
            "X-Bittensor-Hotkey": self.validator,
            "X-Bittensor-Receiver": self.miner,
            "X-Bittensor-Nonce": str(time.time_ns()),
            "X-Bittensor-Signature": "0x" + "00" * 64,
        }

    def _head(self, length: str) -> bytes:
        lines = [f"POST {TASK_PATH} HTTP/1.1", "Host: x", length]
        lines += [f"{name}: {value}" for name, value in self._claims().items()]
        return "\r\n".join([*lines, "", ""]).encode()


ATTACKS = ("idle", "slow", "endless", "bombs", "unsigned", "forged")


async def _for_ever(work: Callable[[], Awaitable[None]]) -> None:
    while True:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await work()
        await asyncio.sleep(0.01)


async def attack(kind: str, stranger: Stranger) -> None:
    """Attack from all addresses, until killed."""
    work = getattr(stranger, kind)
    await asyncio.gather(*(work(source) for source in ADDRESSES))


if __name__ == "__main__":
    uvloop.run(attack(sys.argv[1], Stranger(int(sys.argv[2]), sys.argv[3], sys.argv[4])))
