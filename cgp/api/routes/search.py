"""Public search over the index of this machine; words and names of finished conversations alone."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator

from cgp.api.access import reader
from cgp.api.desk import AppState, Desk
from cgp.api.documents import SearchHit, SearchResults
from cgp.api.errors import error_responses
from cgp.api.moments import seconds_of
from cgp.api.parameters import MomentFilter
from cgp.search import Filters, Hit, Kind, SearchError
from cgp.search.advice import Advice, advice_on
from cgp.search.genome_index import MAX_QUERY, MAX_RESULTS
from cgp.search.options import (
    DEFAULT_COUNT,
    DEFAULT_KIND,
    MAX_FILTER_CHARACTERS,
    OPTION_HELP,
)
from cgp.signing import Refusal
from cgp.store import DONE

_NONE = Advice()

router = APIRouter(
    prefix="/v1",
    tags=["search"],
    dependencies=[Depends(reader)],
    responses=error_responses(401, 403, 409, 422, 429, 503),
)


def _words(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("a query holds something else than white space, and no NUL character")
    return text


def _no_nul(text: str | None) -> str | None:
    if text is not None and "\0" in text:
        raise ValueError("a text holds no NUL character")
    return text


def _filter(name: str) -> Any:  # noqa: ANN401 - as Query returns
    return Query(max_length=MAX_FILTER_CHARACTERS, description=OPTION_HELP[name])


Filter = Annotated[str | None, AfterValidator(_no_nul)]
Count = Annotated[int, Query(ge=1, le=MAX_RESULTS, description=OPTION_HELP["count"])]


@router.get("/search")
async def search(
    *,
    desk: AppState,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=MAX_QUERY,
            description=OPTION_HELP["query"],
            examples=["tidal energy"],
        ),
        AfterValidator(_words),
    ],
    kind: Annotated[Kind, Query(description=OPTION_HELP["kind"])] = DEFAULT_KIND,
    source: Annotated[Filter, _filter("source")] = None,
    participant: Annotated[Filter, _filter("participant")] = None,
    tag: Annotated[Filter, _filter("tag")] = None,
    after: Annotated[MomentFilter, Query(description=OPTION_HELP["after"])] = None,
    before: Annotated[MomentFilter, Query(description=OPTION_HELP["before"])] = None,
    language: Annotated[Filter, _filter("language")] = None,
    count: Count = DEFAULT_COUNT,
    weak: Annotated[bool, Query(description=OPTION_HELP["weak"])] = False,
) -> SearchResults:
    """Find windows, conversations or tags by words and by meaning, the best first.

    `score` is the relevance, 0 to 1: how likely the query is about it; a cosine for tags and for
    similar conversations. There are no items where nothing in the index is about the query,
    or where it has only function words, such as *the*; `advice` says which, where that is known.
    """
    times = (_seconds(after), _seconds(before))
    filters = Filters(source, participant, tag, *times, language=language)
    hits, advice = await desk.reads(_search, desk, q, kind, filters, count, weak=weak)
    return await desk.reads(_results, desk, hits, kind, advice)


@router.get("/similar/{conversation_id:path}", responses=error_responses(404))
async def similar(
    desk: AppState,
    conversation_id: Annotated[str, AfterValidator(_words)],
    count: Count = DEFAULT_COUNT,
) -> SearchResults:
    """Find the conversations nearest in meaning to one."""
    hits = await desk.reads(_similar, desk, conversation_id, count)
    return await desk.reads(_results, desk, hits, "conversations")


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else seconds_of(moment)


def _search(
    desk: Desk, query: str, kind: Kind, filters: Filters, count: int, *, weak: bool
) -> tuple[list[Hit], Advice]:
    def is_finished(conversation: str) -> bool:
        return desk.store.state_of(conversation) == DONE

    try:
        with desk.index.index() as index:
            hits = index.search(query, kind=kind, filters=filters, count=count, weak=weak)
            if hits:
                return hits, Advice()
            # Words of other conversations are nobody's to read here.
            return hits, advice_on(index, query, kind, filters, is_readable=cache(is_finished))
    except SearchError:
        raise _no_index() from None


def _similar(desk: Desk, conversation_id: str, count: int) -> list[Hit]:
    try:
        with desk.index.index() as index:
            return index.similar(conversation_id, count)
    except SearchError:
        raise _no_index() from None
    except KeyError:
        reason = "conversation_id: the index holds no such conversation"
        raise Refusal(404, "NotFound", reason) from None


def _no_index() -> Refusal:
    reason = "there is no index here that can be read: the operator makes it (cgp index)"
    return Refusal(409, "NoIndex", reason)


def _results(desk: Desk, hits: list[Hit], kind: Kind, advice: Advice = _NONE) -> SearchResults:
    finished_ids = {
        identifier: desk.store.state_of(identifier) == DONE
        for identifier in {hit.conversation_id for hit in hits if kind != "tags"}
    }
    return SearchResults(
        items=[
            _item(hit, kind, finished=finished_ids.get(hit.conversation_id, False)) for hit in hits
        ],
        did_you_mean=advice.did_you_mean,
        advice=list(advice.sentences),
    )


def _item(hit: Hit, kind: Kind, *, finished: bool) -> SearchHit:
    if kind == "tags":
        return SearchHit(score=hit.score, tag=hit.text, conversations=hit.conversations)
    fields: dict[str, Any] = {
        name: getattr(hit, name)
        for name in ("score", "conversation_id", "source", "start", "stop", "started_at", "repeats")
    }
    if finished:
        # The index was made of redacted text, as the export is.
        fields |= {
            "title": hit.title,
            "participants": list(hit.participants),
            "text": hit.text or None,
        }
    return SearchHit(**fields, tags=list(hit.tags))
