"""The page of experts. It works without JavaScript, and holds no data where keys are asked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from cgp.experts.block import TENSORS, Kind
from cgp.experts.judge import MICRO, Reason
from cgp.experts.judging import credited_gain
from cgp.experts.ledger import Ledger, Record, State
from cgp.experts.newest import newest_blocks
from cgp.experts.surface import ExpertsDesk, node_rows
from cgp.experts.tensors import read_network
from cgp.explorer.rendering import page
from cgp.explorer.shell import Room
from cgp.fractal import FractalNetwork
from cgp.fractal.picture import versions_svg

_NEWEST: Final = 20
_MOST_VERSIONS: Final = 12
"""Versions of a tree in its picture, the newest ones."""


def add_experts_room(app: FastAPI) -> None:
    """Add the room to the rooms that the gateway's pages have."""
    app.add_api_route("/experts", _experts, methods=["GET"], include_in_schema=False)
    app.add_api_route("/experts/tree/{name}", _tree, methods=["GET"], include_in_schema=False)
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
        # Another reason, of a judge with other rules, is shown as it is.
        "reasons": [str(reason) for reason in Reason],
    }
    # A page has no key to show, so where keys are asked for it shows nothing.
    if not asks_for_keys:
        values |= await asyncio.to_thread(_rows, experts)
        values["nodes"] = await node_rows(experts)
    return page(request, "experts.html", values, room="experts")


async def _tree(request: Request) -> Response:
    """Draw the tree of a fractal expert as it grew, one small tree for each version."""
    experts = request.app.state.experts
    assert isinstance(experts, ExpertsDesk)
    versions: list[tuple[str, ...]] = []
    if experts.desk.access.keys is None:
        name = request.path_params["name"]
        versions = await asyncio.to_thread(_versions, experts.ledger, name)
    if not versions:
        raise HTTPException(404)
    return Response(versions_svg(versions), media_type="image/svg+xml")


def _versions(ledger: Ledger, name: str) -> list[tuple[str, ...]]:
    """Return the nodes of the newest versions of a head that are trees, the oldest first."""
    versions: list[tuple[str, ...]] = []
    for block in islice(ledger.lineage(name), _MOST_VERSIONS):
        if block.architecture == FractalNetwork.architecture:
            data = ledger.blobs.get(block.payload(TENSORS).digest)
            network = read_network(data, block.architecture, block.name)
            assert isinstance(network, FractalNetwork)
            versions.append(network.nodes)
    return versions[::-1]


def _rows(experts: ExpertsDesk) -> dict[str, Any]:
    ledger = experts.ledger
    standing = [ledger.record(digest) for digest in ledger.heads().values()]
    heads = [_head(experts, record) for record in standing if record is not None]
    # Archived blocks of other models are many, and nobody waits for them.
    states = set(State) - {State.ARCHIVED}
    newest = newest_blocks(ledger, {Kind.EXPERT, Kind.ROUTER}, _NEWEST, states)
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
        "has_tree": experts.ledger.block(record.digest).architecture == FractalNetwork.architecture,
    }
