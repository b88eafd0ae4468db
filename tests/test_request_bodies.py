"""A body of a request is read within its limits, whatever its sender announces or does."""

import asyncio

import pytest
from starlette.requests import Request

from cgp.request_bodies import BodyFault, is_too_long, read_within


def request_of(chunks, headers=(), *, stays_silent=False):
    """Return a request that sends chunks of a body, then goes away or says nothing more."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def receive():
        if messages:
            return messages.pop(0)
        if stays_silent:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "headers": list(headers)}, receive)


def whole(*chunks, headers=()):
    async def receive():
        return {"type": "http.request", "body": b"".join(chunks), "more_body": False}

    return Request({"type": "http", "headers": list(headers)}, receive)


async def test_a_body_of_the_limit_is_read():
    assert await read_within(whole(b"abc", b"def"), 6, 1.0) == b"abcdef"


async def test_a_body_beyond_the_limit_is_not_read_to_its_end():
    assert await read_within(request_of([b"abc", b"def"]), 5, 1.0) is BodyFault.TOO_LARGE


async def test_a_body_that_announces_too_much_is_not_read_at_all():
    async def receive():
        raise AssertionError("the body was read")

    request = Request({"type": "http", "headers": [(b"content-length", b"7")]}, receive)

    assert await read_within(request, 6, 1.0) is BodyFault.TOO_LARGE


async def test_a_sender_that_goes_away_or_drips_is_told_apart():
    assert await read_within(request_of([b"abc"]), 6, 1.0) is BodyFault.BROKEN_OFF
    drip = request_of([b"abc"], stays_silent=True)
    assert await read_within(drip, 6, 0.01) is BodyFault.TOO_SLOW


@pytest.mark.parametrize("length", ["7", "-1", "", "1e3", "٣", "0000000000001"])
def test_lengths_beyond_the_limit_and_lengths_that_are_no_numbers(length):
    assert is_too_long(length, 6)


def test_a_length_within_the_limit():
    assert not is_too_long("6", 6)
    assert not is_too_long("0", 6)
