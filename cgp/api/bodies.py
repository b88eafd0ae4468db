"""Bodies of requests: JSON in UTF-8, within limits of size and time, read into strict models."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Final, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from cgp import signing
from cgp.api.messages import MAX_BODY_BYTES
from cgp.protocol.wire import WireError, WireModel, read
from cgp.signing import Refusal

# An import of a few hundred conversations over a slow line takes seconds; a caller that drips bytes
# is cut off.
BODY_SECONDS: Final = 30.0

Model = TypeVar("Model", bound=WireModel)


def check_media_type(request: Request) -> None:
    """Check that a body is announced as JSON in UTF-8 (or not announced at all), not compressed.

    Raises:
        Refusal: 415, naming the header.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise Refusal(415, "UnsupportedMediaType", "Content-Encoding: send the body uncompressed")
    media_type = request.headers.get("content-type")
    if media_type is None:
        return
    header = EmailMessage()
    header["Content-Type"] = media_type.replace("\r", " ").replace("\n", " ")
    if header.get_content_type() != "application/json":
        raise Refusal(415, "UnsupportedMediaType", "Content-Type: only application/json is read")
    charset = header.get_content_charset("utf-8")
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Refusal(415, "UnsupportedMediaType", "Content-Type: charset: only utf-8 is read")


async def read_body(request: Request, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the body. Raises as ``cgp.signing.read_body``."""
    return await signing.read_body(request, max_bytes, BODY_SECONDS)


def parse(model: type[Model], body: bytes) -> Model:
    """Return ``body`` as ``model``.

    Raises:
        Refusal: 422, with the first wrong field.
    """
    try:
        return read(model, body)
    except WireError as error:
        raise Refusal(422, "Malformed", str(error)) from None


def described_body(model: type[BaseModel]) -> dict[str, object]:
    """Return the OpenAPI description of a route's body; ``cgp.api.openapi`` defines the models."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
