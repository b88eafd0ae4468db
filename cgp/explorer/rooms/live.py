"""The live room: the subnet at work, with a stream of snapshots."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, StreamingResponse

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.live_feed import TooManyWatchersError
from cgp.explorer.pictures import sparkline
from cgp.explorer.rendering import page

router = APIRouter()


@router.get("/")
async def live(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """Show the subnet as it is now; the page's script follows it from there."""
    snapshot = await explorer.feed.snapshot()
    # One scale for all miners, so that their lines can be compared.
    high = max((score for miner in snapshot.miners for score in miner.scores), default=1.0)
    sparks = {miner.hotkey: sparkline(miner.scores, high=high) for miner in snapshot.miners}
    values = {"snapshot": snapshot, "sparks": sparks}
    return page(request, "live.html", values, room="live")


@router.get("/events")
async def events(explorer: ExplorerState) -> StreamingResponse:
    """Stream snapshots as server-sent events.

    Raises:
        HTTPException: 503 if too many pages watch.
    """
    stream = explorer.feed.stream()
    # Begun here: afterwards no status can be sent any more, and of streams that open at once each
    # must see those before it.
    try:
        first = await anext(stream)
    except TooManyWatchersError:
        raise HTTPException(503, headers={"Retry-After": "30"}) from None
    return StreamingResponse(
        _event_stream(first, stream),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _event_stream(first: bytes, stream: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(stream):
        yield first
        async for event in stream:
            yield event
