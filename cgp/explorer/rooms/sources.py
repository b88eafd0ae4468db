"""The sources' room."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.rendering import page
from cgp.search.overview import Overview, SourceCount, TagCount

router = APIRouter()

_TAGS = 8
_MOST_SOURCES = 200


@router.get("/sources")
def list_sources(request: Request, explorer: ExplorerState) -> HTMLResponse:
    """List sources with their size, their quality and their most frequent tags."""
    # Counts come from the index, quality from the store: the index does not hold it.
    index_sources = explorer.read_index(
        lambda index: explorer.orders.of(
            index, "sources", lambda: sources_with_tags(index.overview())
        )
    )
    sources, tags = index_sources or ([], {})
    values = {
        "there": index_sources is not None,
        "sources": sources,
        "tags": tags,
        "quality": explorer.source_quality.value(),
    }
    return page(request, "sources.html", values, room="sources")


def sources_with_tags(overview: Overview) -> tuple[list[SourceCount], dict[str, list[TagCount]]]:
    """Return the largest sources, and the most frequent tags of each."""
    sources = overview.sources()[:_MOST_SOURCES]
    return sources, {item.name: overview.tags_of_source(item.name, _TAGS) for item in sources}
