"""The API's own description: FastAPI's, plus the bodies and signatures that FastAPI cannot see."""

from __future__ import annotations

from typing import Any

import bittensor as bt
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from cgp.api.messages import (
    ClaimRequest,
    FailRequest,
    FinishRequest,
    HeartbeatRequest,
    ReleaseRequest,
    ReleaseSessionRequest,
    ReserveRequest,
    SealRequest,
    WindowAnswersRequest,
    WindowRequest,
)
from cgp.api.routes.imports import ImportRequest
from cgp.protocol.wire import WireModel

DESCRIPTION = """
Conversations in, results out.

* **Validators** reserve conversations and push results. Their requests are signed by their hotkey as
  `btauth/1` says (headers `X-Bittensor-*`); the receiver to sign for is the `address` that `GET /v1`
  gives. A validator is one with a permit on the subnet, or one that the operator named.
* **Importers** push conversations with an API key: `Authorization: Bearer cgp_...`, made by
  `cgp keys create`.
* **Anyone** reads results. Reading with an API key of the scope `read` has a rate of its own.

An unknown parameter is refused. Times are ISO 8601 in UTC, ids are `conversation_id` everywhere, turns
are counted from 0 and `stop` is the turn after the last. Titles, names and words are given of finished
conversations alone, redacted.

Lists have pages: pass `next` as `cursor` until it is null. Every answer has an `X-Request-ID` (yours, if
you sent one); every error is `{error, detail, request_id}`, its detail naming the field.
"""

_BODIES: tuple[type[WireModel], ...] = (
    ClaimRequest,
    FailRequest,
    FinishRequest,
    HeartbeatRequest,
    ImportRequest,
    ReleaseSessionRequest,
    ReleaseRequest,
    ReserveRequest,
    SealRequest,
    WindowAnswersRequest,
    WindowRequest,
)


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of ``app``, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
        )
        _, definitions = models_json_schema(
            [(model, "validation") for model in _BODIES],
            ref_template="#/components/schemas/{model}",
        )
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        components["securitySchemes"] = _SCHEMES
        for path, operations in document["paths"].items():
            if path.startswith("/v1/leases"):
                for operation in operations.values():
                    operation["security"] = [{"btauth": []}]
        app.openapi_schema = document
    return app.openapi_schema


_SCHEMES = {
    "btauth": {
        "type": "apiKey",
        "in": "header",
        "name": bt.http_auth.HEADER_SIGNATURE,
        "description": "Signature of the request by the validator's hotkey (btauth/1)",
    },
    "api_key": {"type": "http", "scheme": "bearer", "description": "An API key: cgp_ID_SECRET"},
}
