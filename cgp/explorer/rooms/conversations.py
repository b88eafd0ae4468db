"""The conversations' room: the list, one conversation, analytics, files to replay scores."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as InPath
from pydantic import AfterValidator
from starlette.responses import HTMLResponse, Response

from cgp.conversation import MAX_TURNS
from cgp.explorer.conversation_view import view_of
from cgp.explorer.explorer import ExplorerState
from cgp.explorer.form_fields import EMPTY_IS_NONE
from cgp.explorer.pictures import corners
from cgp.explorer.rendering import page, text_of_path
from cgp.explorer.replay import replay_file
from cgp.explorer.talk import analytics_of
from cgp.search import GenomeIndex, Hit
from cgp.store import DONE, FAILED, State

router = APIRouter()

ON_A_PAGE = 50
SIMILAR = 5

Identifier = Annotated[str, InPath(min_length=1, max_length=201), AfterValidator(text_of_path)]
Number = Annotated[int, Query(ge=0, lt=2**31)]
Turn = Annotated[int, Query(ge=0, lt=MAX_TURNS)]
Place = Annotated[int | None, Query(ge=0, lt=MAX_TURNS)]
StateChoice = Annotated[State | None, Query(), EMPTY_IS_NONE]
Text = Annotated[str, Query(max_length=200)]


@router.get("/conversations")
def list_conversations(
    request: Request,
    explorer: ExplorerState,
    after: Number = 0,
    state: StateChoice = None,
    source: Text = "",
) -> HTMLResponse:
    """List conversations in order of arrival, with the tags that the index knows."""
    lines = explorer.store.conversation_lines(
        after=after, count=ON_A_PAGE + 1, state=state, source=source or None
    )
    page_lines = lines[:ON_A_PAGE]
    index_lines = explorer.read_index(
        lambda index: index.overview().conversations_of([line.id for line in page_lines])
    )
    values = {
        "lines": page_lines,
        "there": index_lines is not None,
        "indexed": index_lines or {},
        "counts": explorer.state_counts.value(),
        "next": page_lines[-1].number if len(lines) > ON_A_PAGE else None,
        "is_later": after > 0,
        "state": state or "",
        "source": source,
    }
    return page(request, "conversations.html", values, room="conversations")


@router.get("/conversation/{conversation_id:path}")
def read_conversation(
    request: Request,
    explorer: ExplorerState,
    conversation_id: Identifier,
    start: Place = None,
    window: Place = None,
) -> HTMLResponse:
    """Show one conversation; ``window`` chooses the window whose answers are compared."""
    view = view_of(explorer.store, explorer.gate(conversation_id), start=start, window=window)
    values = {"view": view, "similar": _similar(explorer, conversation_id), "corners": corners}
    return page(request, "conversation.html", values, room="conversations")


@router.get("/analytics/{conversation_id:path}")
def read_analytics(
    request: Request, explorer: ExplorerState, conversation_id: Identifier
) -> HTMLResponse:
    """Show shares of talk, topics, open questions and decisions of one conversation."""
    gate = explorer.gate(conversation_id)
    record = explorer.store.metadata_of(conversation_id)
    metadata = None if record is None else gate.metadata(record)
    values = {
        "conversation": gate.conversation,
        "analytics": analytics_of(gate.conversation, metadata),
    }
    return page(request, "analytics.html", values, room="conversations")


@router.get("/replay/{conversation_id:path}")
def replay(explorer: ExplorerState, conversation_id: Identifier, window: Turn) -> Response:
    """Return a file for ``cgp score`` with all that the scores of a window are made from.

    Raises:
        HTTPException: 404 without such a window, 409 before the conversation is done.
    """
    gate = explorer.gate(conversation_id)
    record = next(
        (item for item in explorer.store.windows_of(conversation_id) if item.index == window), None
    )
    if record is None:
        raise HTTPException(404)
    if explorer.store.state_of(conversation_id) not in {DONE, FAILED}:
        raise HTTPException(409)
    answers = explorer.store.answers_of(conversation_id, window)
    document = replay_file(explorer.store, explorer.gates, gate.conversation, record, answers)
    return Response(
        json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace"),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="window-{window}.json"'},
    )


def _similar(explorer: ExplorerState, conversation_id: str) -> list[Hit]:
    def read(index: GenomeIndex) -> list[Hit]:
        question = ("similar", conversation_id)
        return explorer.memo.of(index, question, lambda: index.similar(conversation_id, SIMILAR))

    try:
        return explorer.read_index(read) or []
    except KeyError:
        # It is not indexed yet.
        return []
