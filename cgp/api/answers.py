"""Answers as JSON in which nothing acts on the terminal that shows them."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from cgp.foreign_text import json_text


class EscapedResponse(JSONResponse):
    """JSON of the same value as any, with escapes for control and direction characters.

    Conversations hold other people's texts, and answers are often read with ``curl``.
    """

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - as overridden: any JSON value
        """Return the bytes of the body."""
        body = super().render(content)
        return body if body.isascii() and b"\x7f" not in body else json_text(body.decode()).encode()
