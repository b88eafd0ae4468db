"""Bodies of HTTP requests, read within limits of size and time: a caller may send without end."""

from __future__ import annotations

import asyncio
from enum import Enum

from starlette.requests import ClientDisconnect, Request

# Twelve digits are a terabyte: no honest length is longer, and none is worth reading.
_LENGTH_DIGITS = 12


class BodyFault(Enum):
    """Reason why a body was not read to its end."""

    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"
    BROKEN_OFF = "broken off"


def is_too_long(length: str, limit: int) -> bool:
    """Tell if a ``Content-Length`` announces more than ``limit`` bytes, or is not a number."""
    is_number = length.isascii() and length.isdecimal() and len(length) <= _LENGTH_DIGITS
    return not is_number or int(length) > limit


async def read_within(request: Request, limit: int, seconds: float) -> bytes | BodyFault:
    """Return the body of a request, or the reason why it was not read to its end.

    A body is too large if it announces more than ``limit`` bytes or sends more.
    """
    if is_too_long(request.headers.get("content-length", "0"), limit):
        return BodyFault.TOO_LARGE
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    return BodyFault.TOO_LARGE
    except TimeoutError:
        return BodyFault.TOO_SLOW
    except ClientDisconnect:
        return BodyFault.BROKEN_OFF
    return bytes(body)
