"""Importers' endpoint: conversations in, with an API key of the scope ``import``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from cgp.api.access import importer
from cgp.api.bodies import check_media_type, parse, read_body
from cgp.api.desk import AppState
from cgp.api.documents import Imported
from cgp.api.errors import error_responses
from cgp.api.messages import ApiRequest
from cgp.conversation import (
    MAX_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_PARTICIPANTS,
    MAX_TURN_CHARACTERS,
    MAX_TURNS,
    Conversation,
)
from cgp.conversation_json import ConversationError, conversation_from_json
from cgp.signing import Refusal

# One import is one transaction: more would hold the store's write lock for too long.
MAX_CONVERSATIONS = 500

router = APIRouter(prefix="/v1", tags=["importers"])

_NAME: dict[str, Any] = {"type": "string", "maxLength": MAX_NAME_CHARACTERS}
_CONVERSATION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A conversation. Without an id it gets one from its content. All its turns "
    f"together have at most {MAX_CHARACTERS} characters of text.",
    "required": ["turns"],
    "properties": {
        "id": {"type": "string", "maxLength": 200},
        "source": {"type": "string", "maxLength": MAX_LABEL_CHARACTERS["source"]},
        "title": {"type": "string", "maxLength": MAX_LABEL_CHARACTERS["title"]},
        "language": {
            "type": "string",
            "description": "BCP 47",
            "maxLength": MAX_LABEL_CHARACTERS["language"],
        },
        "started_at": {"type": "string", "format": "date-time"},
        "participants": {
            "type": "array",
            "maxItems": MAX_PARTICIPANTS,
            "items": {
                "anyOf": [
                    _NAME,
                    {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": _NAME, "id": _NAME},
                    },
                ]
            },
        },
        "turns": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_TURNS,
            "items": {
                "type": "object",
                "required": ["speaker", "text"],
                "properties": {
                    "speaker": {
                        "anyOf": [
                            _NAME,
                            {"type": "integer", "minimum": 0, "maximum": MAX_PARTICIPANTS - 1},
                        ],
                        "description": "Name, or index into participants",
                    },
                    "text": {"type": "string", "maxLength": MAX_TURN_CHARACTERS},
                    "at": {"type": "number", "description": "Seconds from the start"},
                },
            },
        },
    },
    "examples": [
        {
            "id": "talk-1",
            "source": "meeting",
            "language": "en",
            "participants": ["Ann", "Bo"],
            "turns": [
                {"speaker": 0, "text": "When does the ferry leave?"},
                {"speaker": 1, "text": "At nine, if the tide allows."},
            ],
        }
    ],
}


class ImportRequest(ApiRequest):
    """Conversations, in the form that ``cgp import`` reads as JSON."""

    conversations: Annotated[
        list[Annotated[dict[str, Any], Field(json_schema_extra=_CONVERSATION_SCHEMA)]],
        Field(min_length=1, max_length=MAX_CONVERSATIONS),
    ]


@router.post(
    "/conversations",
    dependencies=[Depends(importer)],
    responses=error_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ImportRequest"}}
            },
        },
        "security": [{"api_key": []}],
    },
)
async def import_conversations(request: Request, desk: AppState) -> Imported:
    """Store conversations. A conversation with a known id or content is left unchanged.

    All of a request's conversations are stored, or none: the error names the first that is wrong.
    Repeating a request changes nothing.
    """
    check_media_type(request)
    body = await read_body(request)
    conversations = await desk.reads(_read, body)
    counts = await desk.writes(desk.store.add_conversations, conversations)
    desk.ahead.wake()
    return Imported(added=counts.added, known=counts.known)


def _read(body: bytes) -> list[Conversation]:
    message = parse(ImportRequest, body)
    return [_conversation(index, value) for index, value in enumerate(message.conversations)]


def _conversation(index: int, value: dict[str, Any]) -> Conversation:
    try:
        conversation = conversation_from_json(value)
    except (ConversationError, OverflowError, ValueError) as error:
        reason = str(error) if isinstance(error, ConversationError) else "a number is too large"
        raise Refusal(422, "Malformed", f"conversations.{index}: {reason}") from None
    return conversation
