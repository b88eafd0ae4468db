"""Bodies of HTTP answers are whole, in however many parts they come, or refused as too large."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from cgp.bounded_bodies import body_within

PARTS = [b"a" * 10, b"b" * 10, b"c" * 10]


@asynccontextmanager
async def serving():
    """Serve thirty bytes in three parts, with their length announced at ``/told``."""

    async def answer(request):
        response = web.StreamResponse()
        if request.path == "/told":
            response.content_length = sum(map(len, PARTS))
        await response.prepare(request)
        for part in PARTS:
            await response.write(part)
            await asyncio.sleep(0.02)
        return response

    app = web.Application()
    app.add_routes([web.get("/told", answer), web.get("/untold", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("path", ["/told", "/untold"])
async def test_a_body_is_whole_or_too_large(path):
    async with serving() as url, aiohttp.ClientSession() as session:
        bodies = []
        for limit in (30, 29):
            async with session.get(url + path) as response:
                bodies.append(await body_within(response, limit))

    assert bodies == [b"".join(PARTS), None]
