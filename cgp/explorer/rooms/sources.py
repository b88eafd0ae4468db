"""The sources' room."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.rendering import page

router = APIRouter()

_TAGS = 8
_MOST_SOURCES = 200


@router.get("/sources")
def list_sources(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """List sources with their size, their quality and their most frequent tags."""
    # Counts come from the index, quality from the store: the index does not hold it.
    with explorer.opened_index() as index:
        overview = index.overview() if index else None
        sources = overview.sources()[:_MOST_SOURCES] if overview else []
        tags = (
            {item.name: overview.tags_of_source(item.name, _TAGS) for item in sources}
            if overview
            else {}
        )
    values = {
        "there": overview is not None,
        "sources": sources,
        "tags": tags,
        "quality": explorer.store.mean_quality_by_source(),
    }
    return page(request, "sources.html", values, room="sources")
