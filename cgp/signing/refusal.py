"""The refusal of a request, and the bodies of requests that are refused beyond their limits."""

from __future__ import annotations

import math

from starlette.requests import Request

from cgp.errors import CgpError
from cgp.request_bodies import BodyFault, read_within


class Refusal(CgpError, code="signing.refused", remedy="send what the detail asks for"):  # noqa: N818 - it is an answer to the caller, not a fault of the server
    """A request is refused: ``status``, ``error`` (one word for programs), ``detail`` (a
    sentence).
    """

    def __init__(
        self, status: int, error: str, detail: str, *, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.error = error
        self.detail = detail
        self.headers: dict[str, str] = {}
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
        super().__init__(f"{status} {error}: {detail}")


def too_large(max_bytes: int) -> Refusal:
    """Return the refusal of a body with more than ``max_bytes``."""
    return _closing(Refusal(413, "TooLarge", f"a request has at most {max_bytes} bytes"))


async def read_body(request: Request, max_bytes: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises:
        Refusal: 413 if it is too large (announced or not), 408 if it takes longer than
            ``seconds``, 400 if the caller goes away.
    """
    body = await read_within(request, max_bytes, seconds)
    if body is BodyFault.TOO_LARGE:
        raise too_large(max_bytes)
    if body is BodyFault.TOO_SLOW:
        raise _closing(Refusal(408, "TooSlow", f"a body takes at most {seconds:g} s"))
    if isinstance(body, BodyFault):
        raise Refusal(400, "Disconnected", "the caller went away")
    return body


def _closing(refusal: Refusal) -> Refusal:
    """Return a refusal after which the connection closes."""
    # Else the server would go on reading a body that it does not use.
    refusal.headers["Connection"] = "close"
    return refusal
