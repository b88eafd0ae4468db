"""The room ``/mycelium``: groups, members, fitness, epsilon, lineage. It needs no JavaScript."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import RedirectResponse, Response

from cgp.api.server import names_of
from cgp.explorer.app import add_shell
from cgp.explorer.numbers import Numbers
from cgp.explorer.preferences import Language, preferences_of
from cgp.explorer.rendering import page
from cgp.explorer.shell import Room, Shell, phrase_in
from cgp.mycelium.graph import GroupRecord, KnowledgeGraph, ModelRecord
from cgp.mycelium.graph_store import GraphError, GraphStore
from cgp.mycelium.node_view import NodeView, node_events, node_folders, node_view
from cgp.mycelium.timeline import EVENT_KINDS, TimelineWords, timeline_svg
from cgp.tagmodel.head import SCHEMA

MYCELIUM_ROOMS: Final = (Room("mycelium", "/mycelium"),)
_LATELY_SECONDS: Final = 60.0
_LINEAGE_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class MyceliumPages:
    """Sources of the page: the folder of the local nodes, and the knowledge graph."""

    folder: Path
    graph: KnowledgeGraph
    store: GraphStore


def add_mycelium_pages(app: FastAPI, pages: MyceliumPages, host: str = "127.0.0.1") -> None:
    """Add the room to an application that is bound to ``host``."""
    app.state.mycelium_pages = pages
    app.state.at_exit = []
    for path, answer in (
        ("/", _home),
        ("/mycelium", _mycelium),
        ("/mycelium/timeline.svg", _timeline),
        ("/mycelium/graph.nq", _graph),
    ):
        app.add_api_route(path, answer, methods=["GET"], include_in_schema=False)
    add_shell(app, Shell(MYCELIUM_ROOMS, (__package__,), has_search=False))
    # On loopback another name is another site's trick (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=names_of(host))


def _pages(request: Request) -> MyceliumPages:
    pages = request.app.state.mycelium_pages
    assert isinstance(pages, MyceliumPages)
    return pages


async def _home() -> Response:
    return RedirectResponse("/mycelium")


async def _mycelium(request: Request) -> Response:
    pages = _pages(request)
    problem = ""
    groups: list[GroupRecord] = []
    lineage: list[ModelRecord] = []
    try:
        groups = await pages.graph.groups(SCHEMA, time.time() - _LATELY_SECONDS)
        for group in groups[:1]:
            lineage = await pages.graph.lineage(group.name)
    except GraphError as error:
        problem = str(error)
    nodes = await asyncio.to_thread(_views, pages.folder)
    names = {view.node: view.name for view in nodes}
    values = {
        "groups": groups,
        "nodes": nodes,
        "names": names,
        "lineage": lineage[:_LINEAGE_ROWS],
        "problem": problem,
    }
    return page(request, "mycelium.html", values, room="mycelium")


async def _timeline(request: Request) -> Response:
    folder = _pages(request).folder
    words = _timeline_words(preferences_of(request).language)

    def draw() -> str:
        events = [e for path in node_folders(folder) for e in node_events(path)]
        return timeline_svg(events, words)

    return Response(await asyncio.to_thread(draw), media_type="image/svg+xml")


def _timeline_words(language: Language) -> TimelineWords:
    phrase = phrase_in(language, (__package__,))
    kinds = {kind: phrase(f"my_event_{kind}") for kind in EVENT_KINDS}
    return TimelineWords(kinds, phrase("my_no_events"), Numbers(language).duration)


async def _graph(request: Request) -> Response:
    try:
        data = await _pages(request).store.dump()
    except GraphError as error:
        return Response(str(error), status_code=503, media_type="text/plain")
    return Response(data, media_type="application/n-quads")


def _views(folder: Path) -> list[NodeView]:
    return [node_view(path) for path in node_folders(folder)]
