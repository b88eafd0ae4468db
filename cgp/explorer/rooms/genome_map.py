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
    genome_map = _map(explorer)
    clusters = sorted(genome_map.clusters, key=lambda cluster: -cluster.size) if genome_map else []
    values = {
        "clusters": [
            (genome_map.clusters.index(cluster), cluster) for cluster in clusters if cluster.size
        ]
        if genome_map
        else [],
        "size": len(genome_map.tags) if genome_map else None,
        "explained": genome_map.variance if genome_map else 0.0,
    }
    return page(request, "map.html", values, room="map")


@router.get("/map/points")
def points(explorer: ExplorerState) -> Response:
    """Return the points; see ``GenomeMap.wire``.

    Raises:
        HTTPException: 404 without an index.
    """
    return Response(_map_or_404(explorer).wire(), media_type="application/octet-stream")


@router.get("/map/tags")
def tag_texts(explorer: ExplorerState) -> JSONResponse:
    """Return the tags' texts, and the clusters' names and places, in the order of the points.

    Raises:
        HTTPException: 404 without an index.
    """
    genome_map = _map_or_404(explorer)
    clusters = [
        {"name": cluster.name, "x": cluster.x, "y": cluster.y} for cluster in genome_map.clusters
    ]
    return JSONResponse({"tags": [tag.text for tag in genome_map.tags], "clusters": clusters})


def _map(explorer: ExplorerState) -> GenomeMap | None:
    with explorer.opened_index() as index:
        return None if index is None else explorer.maps.of(index)


def _map_or_404(explorer: ExplorerState) -> GenomeMap:
    genome_map = _map(explorer)
    if genome_map is None:
        raise HTTPException(404)
    return genome_map
