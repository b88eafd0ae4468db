"""The map's room: all tags as points, and the data that the page's script draws."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.genome_map import Document, ServedMap
from cgp.explorer.rendering import page

router = APIRouter()


@router.get("/map")
def show_map(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """Show the clusters as a list; the page's script draws the points."""
    served = explorer.maps.current()
    clusters = served.genome_map.clusters if served else ()
    largest_first = sorted(enumerate(clusters), key=lambda item: -item[1].size)
    values = {
        "clusters": [(number, cluster) for number, cluster in largest_first if cluster.size],
        "size": len(served.genome_map.tags) if served else None,
        "explained": served.genome_map.variance if served else 0.0,
    }
    return page(request, "map.html", values, room="map")


@router.get("/map/points")
def points(request: Request, explorer: ExplorerState) -> Response:
    """Return the points; see ``GenomeMap.wire``.

    Raises:
        HTTPException: 404 without an index.
    """
    return _answer(request, _map_or_404(explorer).points, "application/octet-stream")


@router.get("/map/tags")
def tag_texts(request: Request, explorer: ExplorerState) -> Response:
    """Return the tags' texts, and the clusters' names and places, in the order of the points.

    Raises:
        HTTPException: 404 without an index.
    """
    return _answer(request, _map_or_404(explorer).names, "application/json")


def _answer(request: Request, document: Document, media_type: str) -> Response:
    """Return a document, packed where the browser unpacks it; 304 to a browser that has it."""
    headers = {"ETag": document.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == document.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(document.content, headers=headers, media_type=media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(document.gzip_form, headers=headers, media_type=media_type)


def _map_or_404(explorer: ExplorerState) -> ServedMap:
    served = explorer.maps.current()
    if served is None:
        raise HTTPException(404)
    return served
