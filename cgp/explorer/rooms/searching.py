"""The search room."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from cgp.explorer.explorer import ExplorerState
from cgp.explorer.form_fields import EMPTY_IS_NONE
from cgp.explorer.rendering import page
from cgp.search import Filters, GenomeIndex, Hit, Kind
from cgp.search.advice import Advice, advice_on
from cgp.search.excerpts import Piece, pieces_of, words_of
from cgp.search.genome_index import MAX_QUERY, MAX_RESULTS

router = APIRouter()

RESULTS = 20
_FACETS = 8
_LINES = 6
Text = Annotated[str, Query(max_length=200)]
Day = Annotated[date | None, Query(), EMPTY_IS_NONE]


@dataclass(frozen=True, slots=True)
class Result:
    """One hit with its text in pieces, line by line."""

    hit: Hit
    lines: Sequence[Sequence[Piece]]


@router.get("/search")
def search(
    request: Request,
    explorer: ExplorerState,
    *,
    q: Annotated[str, Query(max_length=MAX_QUERY)] = "",
    kind: Kind = "windows",
    source: Text = "",
    participant: Text = "",
    tag: Text = "",
    after: Day = None,
    before: Day = None,
    language: Text = "",
) -> HTMLResponse:
    """Search windows, conversations or tags, with filters and facets."""
    filters = Filters(
        source or None,
        participant or None,
        tag or None,
        _seconds(after),
        _seconds(before),
        language=language or None,
    )

    def read(index: GenomeIndex) -> tuple[list[str], list[Hit], Advice, int]:
        sources = explorer.orders.of(index, "source names", lambda: _source_names(index))
        if not q.strip():
            return sources, [], Advice(), 0
        undated = index.overview().undated() if filters.is_dated else 0
        hits = index.search(q, kind=kind, filters=filters, count=MAX_RESULTS)
        # These pages show the words of every conversation, so any may be proposed.
        advice = Advice() if hits else advice_on(index, q, kind, filters)
        return sources, hits, advice, undated

    reading = explorer.read_index(read)
    sources, hits, advice, undated = reading or ([], [], Advice(), 0)
    words = words_of(q)
    values = {
        "there": reading is not None,
        "q": q,
        "kind": kind,
        "filters": {
            "source": source,
            "participant": participant,
            "tag": tag,
            "after": after.isoformat() if after else "",
            "before": before.isoformat() if before else "",
            "language": language,
        },
        "is_filtered": bool(filters),
        "undated": undated,
        "advice": advice,
        "results": [_result(hit, words) for hit in hits[:RESULTS]],
        "found": len(hits),
        "facets": _facets(hits) if kind != "tags" else {},
        "sources": sources,
    }
    return page(request, "search.html", values, room="search")


def _source_names(index: GenomeIndex) -> list[str]:
    return [item.name for item in index.overview().sources()]


def _result(hit: Hit, words: re.Pattern[str] | None) -> Result:
    """Return a hit with the lines that hold most of the query's marks, in their order."""
    lines = [pieces_of(words, line) for line in hit.text.split("\n")]
    # The lines with most marks, shown in the order in which they were said.
    marks = [sum(piece.marked for piece in line) for line in lines]
    best = sorted(sorted(range(len(lines)), key=lambda n: (-marks[n], n))[:_LINES])
    return Result(hit, [lines[n] for n in best])


def _facets(hits: Sequence[Hit]) -> dict[str, list[tuple[str, int]]]:
    """Return the most frequent sources, participants and tags among hits, with their counts."""
    counts: dict[str, Counter[str]] = {
        "source": Counter(hit.source for hit in hits),
        "participant": Counter(name for hit in hits for name in set(hit.participants)),
        "tag": Counter(tag for hit in hits for tag in set(hit.tags)),
    }
    return {name: counter.most_common(_FACETS) for name, counter in counts.items()}


def _seconds(day: date | None) -> float | None:
    return None if day is None else datetime.combine(day, time.min, UTC).timestamp()
