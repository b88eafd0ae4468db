"""Results, for anyone: conversations, their windows, ground truths, answers and scores."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from pydantic import AfterValidator

from cgp.api.access import reader
from cgp.api.conversions import (
    answer_message,
    metadata_message,
    mined_window_messages,
    quality_message,
)
from cgp.api.cursors import MAX_CURSOR_CHARACTERS, encode_cursor, number_of
from cgp.api.desk import AppState, Desk
from cgp.api.documents import (
    ConversationDetail,
    ConversationItem,
    ConversationPage,
    GroundTruthDocument,
    MinedWindowPage,
    Reference,
    TurnItem,
    TurnPage,
    WindowAnswers,
    WindowItem,
    WindowPage,
)
from cgp.api.errors import error_responses
from cgp.api.messages import AnswerMessage, MetadataMessage, MinedWindowMessage
from cgp.api.queries import ApiStore, ConversationRow
from cgp.conversation import MAX_TURNS, Conversation
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.privacy import Gate
from cgp.search.options import OPTION_HELP
from cgp.signing import Refusal
from cgp.store import DONE, FAILED, State

router = APIRouter(
    prefix="/v1",
    tags=["results"],
    dependencies=[Depends(reader)],
    responses=error_responses(401, 403, 422, 429, 503),
)


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text holds no NUL character")
    return text


Identifier = Annotated[
    str,
    InPath(min_length=1, max_length=200, examples=["sample-podcast-tidal-energy"]),
    AfterValidator(_no_nul),
]
Limit = Annotated[int, Query(ge=1, le=100, description="Maximum items on the page")]
Cursor = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_CHARACTERS, description="The 'next' of the page before"),
]
Language = Annotated[
    str | None,
    Query(max_length=35, description=OPTION_HELP["language"], examples=["en"]),
    AfterValidator(lambda text: text if text is None else _no_nul(text)),
]

_FINAL = (DONE, FAILED)


@router.get("/conversations")
async def list_conversations(
    desk: AppState,
    limit: Limit = 25,
    cursor: Cursor = None,
    state: Annotated[State | None, Query(description="Only conversations in it")] = None,
    language: Language = None,
) -> ConversationPage:
    """List conversations in order of arrival."""
    after = number_of(cursor, 0)
    # One more than asked for: its presence says that there is a next page.
    rows = await desk.reads(desk.store.conversation_page, after, limit + 1, state, language)
    next_cursor = encode_cursor(rows[limit - 1].number) if len(rows) > limit else None
    return ConversationPage(items=[_item(row) for row in rows[:limit]], next=next_cursor)


@router.get("/conversations/{conversation_id:path}", responses=error_responses(404))
async def read_conversation(desk: AppState, conversation_id: Identifier) -> ConversationDetail:
    """Return where a conversation stands and, when it is done, its tags and profiles."""
    row = await desk.reads(_existing, desk.store, conversation_id)
    metadata = await desk.reads(desk.store.metadata_of, conversation_id)
    quality = await desk.reads(desk.store.quality_of, conversation_id)
    conversation = await desk.reads(_finished_conversation, desk, row)
    return ConversationDetail(
        **_fields(row),
        title=conversation.title if conversation else None,
        participants=[person.name for person in conversation.participants] if conversation else [],
        started_at=conversation.started_at if conversation else None,
        metadata=await desk.reads(_shown_metadata, desk, conversation_id, metadata),
        quality=quality_message(quality),
    )


@router.get("/turns/{conversation_id:path}", responses=error_responses(404, 409))
async def list_turns(
    desk: AppState, conversation_id: Identifier, limit: Limit = 100, cursor: Cursor = None
) -> TurnPage:
    """List the turns of a finished conversation in order, redacted as in the export."""
    after = number_of(cursor, -1)
    row = await desk.reads(_existing, desk.store, conversation_id)
    conversation = await desk.reads(_finished_conversation, desk, row)
    if conversation is None:
        reason = f"conversation_id: it is {row.state}; its words are shown when it is done"
        raise Refusal(409, "NotDone", reason)
    start = after + 1
    items = [
        TurnItem(
            turn=number,
            participant=conversation.participants[turn.speaker].name,
            text=turn.text,
            at=turn.at,
        )
        for number, turn in enumerate(conversation.turns[start : start + limit], start)
    ]
    has_more = start + limit < len(conversation.turns)
    return TurnPage(items=items, next=encode_cursor(start + limit - 1) if has_more else None)


@router.get("/windows/{conversation_id:path}", responses=error_responses(404))
async def list_windows(
    desk: AppState, conversation_id: Identifier, limit: Limit = 100, cursor: Cursor = None
) -> WindowPage:
    """List the windows of a conversation in order; there are none before its ground truth is
    sealed.
    """
    after = number_of(cursor, -1)
    await desk.reads(_existing, desk.store, conversation_id)
    rows = await desk.reads(desk.store.window_page, conversation_id, after, limit + 1)
    next_cursor = encode_cursor(rows[limit - 1].index) if len(rows) > limit else None
    items = [
        WindowItem(index=w.index, start=w.start, stop=w.stop, done=w.done, done_at=w.done_at)
        for w in rows[:limit]
    ]
    return WindowPage(items=items, next=next_cursor)


@router.get("/mined-windows/{conversation_id:path}", responses=error_responses(404))
async def list_mined_windows(
    desk: AppState, conversation_id: Identifier, limit: Limit = 100, cursor: Cursor = None
) -> MinedWindowPage:
    """List the tree of windows of a finished conversation in pre-order, each with its metadata.

    There are none before it is done, nor where it was done by an older program.
    """
    after = number_of(cursor, -1)
    await desk.reads(_existing, desk.store, conversation_id)
    rows = await desk.reads(desk.store.mined_windows, conversation_id, after, limit + 1)
    next_cursor = encode_cursor(rows[limit - 1].number) if len(rows) > limit else None
    items = await desk.reads(_shown_windows, desk, conversation_id, rows[:limit])
    return MinedWindowPage(items=items, next=next_cursor)


@router.get("/answers/{conversation_id:path}", responses=error_responses(404, 409))
async def read_answers(
    desk: AppState,
    conversation_id: Identifier,
    window: Annotated[int, Query(ge=0, lt=MAX_TURNS, description="Index of the window")],
) -> WindowAnswers:
    """Return the answers to a window with their scores and every tag's verdict.

    They are published when the conversation is done (or has failed): verdicts reveal tags of the
    ground truth, which other miners may still be asked about.
    """
    return await desk.reads(_answers, desk, conversation_id, window)


@router.get("/ground-truths/{conversation_id:path}", responses=error_responses(404))
async def read_ground_truth(desk: AppState, conversation_id: Identifier) -> GroundTruthDocument:
    """Return the seal of a ground truth and, once the conversation is done, the sealed document."""
    return await desk.reads(_truth, desk, conversation_id)


def _existing(store: ApiStore, conversation_id: str) -> ConversationRow:
    row = store.conversation_row(conversation_id)
    if row is None:
        raise Refusal(404, "NotFound", "conversation_id: there is no such conversation")
    return row


def _fields(row: ConversationRow) -> dict[str, Any]:
    fields = asdict(row)
    del fields["number"]
    return {"conversation_id": fields.pop("id"), **fields}


def _item(row: ConversationRow) -> ConversationItem:
    return ConversationItem(**_fields(row))


def _gate(desk: Desk, conversation_id: str) -> Gate:
    gate = desk.gates.of(conversation_id)
    if gate is None:
        raise Refusal(404, "NotFound", "conversation_id: there is no such conversation")
    return gate


def _finished_conversation(desk: Desk, row: ConversationRow) -> Conversation | None:
    """Return a finished conversation, redacted; None for another, of which no word is shown."""
    return _gate(desk, row.id).conversation if row.state == DONE else None


def _shown_metadata(
    desk: Desk, conversation_id: str, metadata: Metadata | None
) -> MetadataMessage | None:
    if metadata is None:
        return None
    return metadata_message(_gate(desk, conversation_id).metadata(metadata))


def _shown_windows(
    desk: Desk, conversation_id: str, windows: list[MinedWindow]
) -> list[MinedWindowMessage]:
    if not windows:
        return []
    gate = _gate(desk, conversation_id)
    return mined_window_messages(
        replace(window, metadata=gate.metadata(window.metadata)) for window in windows
    )


def _answers(desk: Desk, conversation_id: str, index: int) -> WindowAnswers:
    store = desk.store
    conversation = _existing(store, conversation_id)
    window = store.window_row(conversation_id, index)
    if window is None:
        raise Refusal(404, "NotFound", f"window: the conversation has no window {index}")
    if conversation.state not in _FINAL:
        reason = (
            f"conversation_id: it is {conversation.state}; answers are published when it is done"
        )
        raise Refusal(409, "NotDone", reason)
    gate = _gate(desk, conversation_id)
    return WindowAnswers(
        conversation_id=conversation_id,
        index=index,
        start=window.start,
        stop=window.stop,
        seed=window.seed,
        rule_version=window.rule_version,
        background=[Reference(**asdict(reference)) for reference in window.background],
        answers=[
            AnswerMessage.model_validate(gate.document(answer_message(a).model_dump()))
            for a in store.answers_of(conversation_id, index)
        ],
    )


def _truth(desk: Desk, conversation_id: str) -> GroundTruthDocument:
    store = desk.store
    conversation = _existing(store, conversation_id)
    truth = store.truth_row(conversation_id)
    if truth is None:
        raise Refusal(404, "NotFound", "conversation_id: its ground truth is not sealed yet")
    fields = asdict(truth)
    document = fields["document"]
    if conversation.state not in _FINAL:
        fields["document"] = None
    elif _gate(desk, conversation_id).document(json.loads(document)) != json.loads(document):
        # A sealed document cannot be changed: one that holds personal data is not shown.
        fields["document"] = None
    return GroundTruthDocument(conversation_id=conversation_id, **fields)
