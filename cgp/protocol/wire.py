"""Reading JSON from peers: strict pydantic models over bytes that may be anything."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cgp.errors import CgpError


class WireModel(BaseModel):
    """A record on the wire. Strict types, no coercion; unknown fields are ignored.

    The JSON parser beneath (jiter) refuses lone surrogates, bytes that are not UTF-8, numbers out
    of range and nesting deeper than about 200. Of a key given twice the last value counts.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


Model = TypeVar("Model", bound=WireModel)


class WireError(
    CgpError, ValueError, code="protocol.wire", remedy="send the record that the schema describes"
):
    """Bytes are not the expected record. ``field`` is the place, ``reason`` the allowed values."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


def read(model: type[Model], body: bytes) -> Model:
    """Parse ``body`` as ``model``.

    Raises:
        WireError: with the first wrong field, and never with its content.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        # A peer's text must not reach our logs, so the error keeps no input.
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise WireError(field, first["msg"][:200]) from None
