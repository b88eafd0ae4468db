"""The rooms of tags and participants."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as InPath
from pydantic import AfterValidator
from starlette.responses import HTMLResponse

from cgp.explorer.conversation_view import ProfileView, has_claims, profiles_of
from cgp.explorer.explorer import ExplorerState
from cgp.explorer.index_memo import IndexMemo
from cgp.explorer.rendering import page, text_of_path
from cgp.metadata import Metadata
from cgp.search import GenomeIndex
from cgp.search.overview import Overview, TagCount
from cgp.text import normal_form

router = APIRouter()

ON_A_PAGE = 100
BESIDE = 20
CONVERSATIONS = 50
PROFILES = 20
"""Conversations of a participant whose claims are shown: each is redacted for it."""

Text = Annotated[str, InPath(min_length=1, max_length=501), AfterValidator(text_of_path)]
Start = Annotated[int, Query(ge=0, lt=2**31)]
Containing = Annotated[str, Query(max_length=200)]


@router.get("/tags")
def list_tags(
    request: Request, explorer: ExplorerState, start: Start = 0, containing: Containing = ""
) -> HTMLResponse:
    """List tags by the number of conversations that have them."""
    values = explorer.read_index(
        lambda index: _list_page(partial(_tags, explorer.orders, index), start, containing)
    )
    values = values or _list_page(None, start, containing)
    return page(request, "tags.html", values, room="tags")


@router.get("/tag/{text:path}")
def read_tag(request: Request, explorer: ExplorerState, text: Text) -> HTMLResponse:
    """Show one tag: the tags beside it, its months, its conversations.

    Raises:
        HTTPException: 404 if the index does not hold it.
    """
    values = explorer.read_index(lambda index: _tag_page(index.overview(), text))
    if values is None:
        raise HTTPException(404)
    return page(request, "tag.html", values, room="tags")


@router.get("/participants")
def list_participants(
    request: Request, explorer: ExplorerState, start: Start = 0, containing: Containing = ""
) -> HTMLResponse:
    """List participants by the number of their conversations."""
    values = explorer.read_index(
        lambda index: explorer.memo.of(
            index,
            ("participants", start, containing),
            lambda: _list_page(index.overview().participants, start, containing),
        )
    )
    values = values or _list_page(None, start, containing)
    return page(request, "participants.html", values, room="participants")


@router.get("/participant/{text:path}")
def read_participant(request: Request, explorer: ExplorerState, text: Text) -> HTMLResponse:
    """Show one name's conversations and the claims in them. Two people may share a name.

    Raises:
        HTTPException: 404 if the index holds no such participant.
    """
    lines = explorer.read_index(
        lambda index: index.overview().conversations(start=0, count=CONVERSATIONS, participant=text)
    )
    if not lines:
        raise HTTPException(404)
    profiles = [(line, _profile(explorer, line.id, text)) for line in lines[:PROFILES]]
    claims = [(line, profile) for line, profile in profiles if profile]
    values = {"name": text, "lines": lines, "claims": claims}
    return page(request, "participant.html", values, room="participants")


def _tag_page(overview: Overview, text: str) -> dict[str, Any] | None:
    """Return the values of a tag's page, None if the index does not hold it."""
    tag = overview.tag(text)
    if tag is None:
        return None
    return {
        "tag": tag,
        "beside": overview.tags_beside(tag.number, BESIDE),
        "months": overview.months_of(tag.number),
        "lines": overview.conversations(start=0, count=CONVERSATIONS, tag=tag.number),
    }


def _profile(explorer: ExplorerState, conversation_id: str, name: str) -> ProfileView | None:
    record = explorer.store.metadata_of(conversation_id)
    profiles = [profile for profile in record.profiles if has_claims(profile)] if record else []
    # A conversation is redacted only where there is something to show of it.
    gate = explorer.gates.of(conversation_id) if profiles else None
    if gate is None:
        return None
    # The index knows names in normal form, a conversation has them as they were written.
    name_form = normal_form(name)
    matches = [
        profile
        for profile in profiles
        if 0 <= profile.participant < len(gate.conversation.participants)
        and normal_form(gate.conversation.participants[profile.participant].name) == name_form
    ][:1]
    return next(
        iter(profiles_of(gate.conversation, gate.metadata(Metadata(profiles=tuple(matches))))), None
    )


def _tags(
    orders: IndexMemo, index: GenomeIndex, *, start: int, count: int, containing: str
) -> list[TagCount]:
    """Return one page of the tags, from the order of all of them where none is looked for."""
    overview = index.overview()
    if containing.strip():
        return overview.tags(start=start, count=count, containing=containing)
    order = orders.of(index, "tags", overview.tag_order)
    return overview.tags_numbered(order[start : start + count].tolist())


class _ReadPage(Protocol):
    """Reads one page of a list of the index."""

    def __call__(self, *, start: int, count: int, containing: str) -> Sequence[Any]:
        """Return up to ``count`` items after the first ``start`` ones."""
        ...


def _list_page(read: _ReadPage | None, start: int, containing: str) -> dict[str, Any]:
    """Return the values of a list's page; ``read`` is None where there is no index."""
    # One more than is shown says whether there is a next page.
    items = read(start=start, count=ON_A_PAGE + 1, containing=containing) if read else []
    return {
        "there": read is not None,
        "items": items[:ON_A_PAGE],
        "most": max((item.conversations for item in items), default=1),
        "next": start + ON_A_PAGE if len(items) > ON_A_PAGE else None,
        "containing": containing,
    }
