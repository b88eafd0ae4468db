"""Bodies of HTTP answers, read up to a limit: another machine may send without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

_CHUNK_BYTES = 65_536


async def body_within(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """Return the whole body of an answer, None if it has more than ``limit`` bytes.

    One call of ``response.content.read`` is not enough: it returns as many bytes as have arrived.
    """
    if (response.content_length or 0) > limit:
        return None
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
