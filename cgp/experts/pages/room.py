"""The page of experts. It works without JavaScript, and holds no data where keys are asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from cgp.experts.block import Kind
from cgp.experts.judge import MICRO
from cgp.experts.judging import credited_gain
from cgp.experts.ledger import Record, State
from cgp.experts.surface import ExpertsDesk, node_rows
from cgp.explorer.rendering import page
from cgp.explorer.shell import Room

_NEWEST: Final = 20


def add_experts_room(app: FastAPI) -> None:
    """Add the room to the rooms that the gateway's pages have."""
    app.add_api_route("/experts", _experts, methods=["GET"], include_in_schema=False)
    shell = app.state.shell
    rooms = (*shell.rooms, Room("experts", "/experts"))
    app.state.shell = replace(shell, rooms=rooms, packages=(*shell.packages, __package__))


async def _experts(request: Request) -> Response:
    experts = request.app.state.experts
    assert isinstance(experts, ExpertsDesk)
    asks_for_keys = experts.desk.access.keys is not None
    values: dict[str, Any] = {
        "asks_for_keys": asks_for_keys,
        "heads": [],
        "nodes": [],
        "blocks": [],
    }
    # A page has no key to show, so where keys are asked for it shows nothing.
    if not asks_for_keys:
        values |= await asyncio.to_thread(_rows, experts)
        values["nodes"] = await node_rows(experts)
    return page(request, "experts.html", values, room="experts")


def _rows(experts: ExpertsDesk) -> dict[str, Any]:
    ledger = experts.ledger
    submissions = [r for r in ledger.records() if r.kind in {Kind.EXPERT, Kind.ROUTER}]
    standing = set(ledger.heads().values())
    heads = [_head(experts, record) for record in submissions if record.digest in standing]
    # Archived blocks of other models are many, and nobody waits for them.
    newest = [r for r in submissions if r.state is not State.ARCHIVED][-_NEWEST:]
    return {"heads": heads, "blocks": newest[::-1]}


def _head(experts: ExpertsDesk, record: Record) -> dict[str, Any]:
    credit = experts.ledger.transact(lambda connection: credited_gain(connection, record.digest))
    usage = experts.usage.of(record.name)
    return {
        "name": record.name,
        "signer": record.signer,
        "gain": credit.gain / MICRO,
        "routed": credit.routed / MICRO,
        "calls": 0 if usage is None else usage.calls,
    }
