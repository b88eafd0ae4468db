"""The room ``/mycelium``: groups, members, fitness, epsilon, lineage. It needs no JavaScript."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

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
from cgp.mycelium.node_view import node_events, node_folders, node_view
from cgp.mycelium.timeline import EVENT_KINDS, TimelineWords, timeline_svg
from cgp.tagmodel.head import SCHEMA

T = TypeVar("T")

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
    problems: list[str] = []
    groups: list[GroupRecord] = []
    lineage: list[ModelRecord] = []
    try:
        groups = await pages.graph.groups(SCHEMA, time.time() - _LATELY_SECONDS)
        for group in groups[:1]:
            lineage = await pages.graph.lineage(group.name)
    except GraphError as error:
        problems.append(str(error))
    nodes, spoilt = await asyncio.to_thread(_of_each, pages.folder, node_view)
    names = {view.node: view.name for view in nodes}
    values = {
        "groups": groups,
        "nodes": nodes,
        "names": names,
        "lineage": lineage[:_LINEAGE_ROWS],
        "problems": [*problems, *spoilt],
    }
    return page(request, "mycelium.html", values, room="mycelium")


async def _timeline(request: Request) -> Response:
    folder = _pages(request).folder
    words = _timeline_words(preferences_of(request).language)

    def draw() -> str:
        events, _ = _of_each(folder, node_events)
        return timeline_svg(list(chain.from_iterable(events)), words)

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


def _of_each(folder: Path, read: Callable[[Path], T]) -> tuple[list[T], list[str]]:
    """Return what ``read`` gives of each node's folder, and why it gives nothing of others.

    One spoilt file must not hide the other nodes.
    """
    results, problems = [], []
    for path in node_folders(folder):
        try:
            results.append(read(path))
        except (OSError, ValueError) as error:
            problems.append(str(error))
    return results, problems
