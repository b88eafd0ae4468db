"""An id for every request: taken from the caller or made, answered, logged."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cgp.privacy import loggable_label

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_MOST_PATH = 200
"""Characters of a path that are logged."""

# A caller's own id goes into the log and the answer's header: no spaces, no line breaks.
_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """ASGI middleware: sets ``request.state.request_id`` and the ``X-Request-ID`` of the answer.

    A caller's own id is kept if it is 1 to 64 letters, digits, dots, underscores or hyphens. Any
    other is replaced, so that a caller cannot write arbitrary text into our log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own_id = Headers(scope=scope).get(HEADER, "")
        request_id = own_id if _FORM.fullmatch(own_id) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        start, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            logger.info(
                "%s %s %d %.1f ms %s",
                scope["method"],
                # A page's path may name a participant.
                loggable_label(scope["path"][:_MOST_PATH]),
                status,
                1000 * (time.perf_counter() - start),
                request_id,
            )
