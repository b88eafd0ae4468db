"""Public reads of the network: this API, miners, standings, weights, counts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

import cgp
from cgp.api.access import reader
from cgp.api.cursors import LAST_NUMBER, encode_cursor, number_of, texts_of
from cgp.api.desk import AppState
from cgp.api.documents import (
    ApiStatus,
    MinerItem,
    MinerList,
    StandingItem,
    StandingPage,
    Stats,
    WeightsItem,
    WeightsPage,
)
from cgp.api.errors import error_responses
from cgp.api.queries import StandingRow
from cgp.api.routes.conversations import Cursor, Limit

router = APIRouter(
    prefix="/v1",
    tags=["network"],
    dependencies=[Depends(reader)],
    responses=error_responses(401, 403, 422, 429, 503),
)

Hotkey = Annotated[
    str | None,
    Query(
        pattern=r"^[1-9A-HJ-NP-Za-km-z]{1,64}$",
        description="Only this validator's",
        examples=["5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"],
    ),
]


@router.get("")
async def read_status(desk: AppState) -> ApiStatus:
    """Return the name and version of this API, and the address that validators sign for."""
    return ApiStatus(version=cgp.__version__, address=desk.address)


@router.get("/stats")
async def read_stats(desk: AppState) -> Stats:
    """Count conversations and windows."""
    conversations = await desk.reads(desk.store.count_conversations)
    windows = await desk.reads(desk.store.count_windows)
    return Stats(
        conversations=dict(conversations), windows=windows.total, windows_done=windows.done
    )


@router.get("/miners")
async def list_miners(desk: AppState) -> MinerList:
    """List all miners that were asked, with their mean score over all windows."""
    rows = await desk.reads(lambda: list(desk.store.score_summaries()))
    return MinerList(
        items=[
            MinerItem(
                hotkey=row.hotkey, windows=row.asked, answers=row.answers, mean_score=row.mean_score
            )
            for row in rows
        ]
    )


@router.get("/standings")
async def list_standings(
    desk: AppState, limit: Limit = 100, cursor: Cursor = None, validator: Hotkey = None
) -> StandingPage:
    """List standings by validator and hotkey, of the validators that share this API's store."""
    first, second, third = texts_of(cursor, 3)
    rows = await desk.reads(desk.store.standing_page, (first, second, third), limit + 1, validator)
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        next_cursor = encode_cursor(last.validator, last.hotkey, last.rule_version)
    return StandingPage(items=[_standing(row) for row in rows[:limit]], next=next_cursor)


@router.get("/weights")
async def list_weights(
    desk: AppState, limit: Limit = 25, cursor: Cursor = None, validator: Hotkey = None
) -> WeightsPage:
    """List attempts to set weights, the latest first, of the validators that share this API's
    store.
    """
    before = number_of(cursor, LAST_NUMBER)
    rows = await desk.reads(desk.store.weights_page, before, limit + 1, validator)
    next_cursor = encode_cursor(rows[limit - 1].number) if len(rows) > limit else None
    items = [
        WeightsItem(**{name: v for name, v in asdict(row).items() if name != "number"})
        for row in rows[:limit]
    ]
    return WeightsPage(items=items, next=next_cursor)


def _standing(row: StandingRow) -> StandingItem:
    fields = asdict(row)
    fields["standing"] = json.loads(row.standing)
    return StandingItem(**fields)
