"""Good requests made bad: bytes flipped, cut or repeated, headers doubled, JSON of other types and sizes."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

HOSTILE = (
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\0",
    "\ud800",
    "x" * 5_000,
    [],
    {},
    [[]] * 50,
    {"a": {}},
)


class Spoiler:
    """Spoils bytes and JSON; the same seed spoils in the same way."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def spoilt_json(self, body: bytes) -> bytes:
        """Put something hostile into a place of a JSON document that is an object or an array."""
        document = json.loads(body)
        place: Any = document
        for _ in range(self.chance.randrange(5)):
            inner = [k for k in _keys(place) if isinstance(place[k], (dict, list)) and place[k]]
            if not inner:
                break
            place = place[self.chance.choice(inner)]
        if keys := _keys(place):
            place[self.chance.choice(keys)] = self.chance.choice(HOSTILE)
        return json.dumps(document).encode()

    def flipped(self, data: bytes) -> bytes:
        """Change, cut or repeat bytes in a few places."""
        spoilt = bytearray(data)
        for _ in range(self.chance.randint(1, 4)):
            place = self.chance.randrange(len(spoilt))
            way = self.chance.randrange(3)
            if way == 0:
                spoilt[place] = self.chance.randrange(256)
            elif way == 1:
                del spoilt[place : place + self.chance.randint(1, 40)]
            else:
                spoilt[place:place] = spoilt[place : place + 30] * self.chance.randint(1, 20)
            if not spoilt:
                break
        return bytes(spoilt)

    def doubled(self, request: bytes) -> bytes:
        """Give one header twice."""
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        lines.insert(1, self.chance.choice(lines[1:]))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _keys(place: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return list(place) if isinstance(place, dict) else list(range(len(place)))


async def send(port: int, request: bytes, seconds: float = 15.0) -> int:
    """Send bytes; return the status of the answer, 0 for none within ``seconds``."""
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                line = await reader.readline()
                return int(line.split()[1])
            finally:
                writer.close()
    return 0
