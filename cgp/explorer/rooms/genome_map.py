"""The map's room: all tags as points, and the data that the page's script draws."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.genome_map import GenomeMap
from cgp.explorer.rendering import page

router = APIRouter()


@router.get("/map")
def show_map(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """Show the clusters as a list; the page's script draws the points."""
    made = _map(explorer)
    clusters = sorted(made.clusters, key=lambda one: -one.size) if made else []
    values = {
        "clusters": [(made.clusters.index(one), one) for one in clusters if one.size]
        if made
        else [],
        "size": len(made.tags) if made else None,
        "explained": made.explained if made else 0.0,
    }
    return page(request, "map.html", values, room="map")


@router.get("/map/points")
def points(explorer: ExplorerState) -> Response:
    """Return the points; see ``GenomeMap.wire``.

    Raises:
        HTTPException: 404 without an index.
    """
    return Response(_needed(explorer).wire(), media_type="application/octet-stream")


@router.get("/map/tags")
def tag_texts(explorer: ExplorerState) -> JSONResponse:
    """Return the tags' texts, and the clusters' names and places, in the order of the points.

    Raises:
        HTTPException: 404 without an index.
    """
    made = _needed(explorer)
    clusters = [{"name": one.name, "x": one.x, "y": one.y} for one in made.clusters]
    return JSONResponse({"tags": [tag.text for tag in made.tags], "clusters": clusters})


def _map(explorer: ExplorerState) -> GenomeMap | None:
    with explorer.opened_index() as index:
        return None if index is None else explorer.maps.of(index)


def _needed(explorer: ExplorerState) -> GenomeMap:
    made = _map(explorer)
    if made is None:
        raise HTTPException(404)
    return made
