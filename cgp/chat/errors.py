"""Errors of chat, with the status and the body that OpenAI's clients understand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cgp.errors import CgpError

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    408: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}


class ChatError(CgpError, RuntimeError, code="chat.failed", remedy="do as the message says"):
    """A request that is refused or has failed.

    ``status`` is the HTTP status, ``word`` the code for programs, ``parameter`` the field at fault.
    ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        status: int,
        word: str,
        message: str,
        *,
        parameter: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.word = word
        self.message = message
        self.parameter = parameter
        self.retry_after = retry_after
        super().__init__(f"{status} {word}: {message}")

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the answer."""
        if self.retry_after is None:
            return {}
        return {"Retry-After": str(max(1, math.ceil(self.retry_after)))}

    def body(self) -> Mapping[str, Any]:
        """Return the error as OpenAI writes it."""
        return {
            "error": {
                "message": self.message,
                "type": _TYPES.get(self.status, "server_error"),
                "param": self.parameter,
                "code": self.word,
            }
        }


class NoWorkerError(ChatError, code="chat.no_worker", remedy="start a worker: cgp worker"):
    """No worker can take a request now."""


class BrokenStreamError(ChatError, code="chat.broken_stream", remedy="ask again"):
    """A worker was lost after the first token; what it said stands, and no more comes."""


class SkippedWorkerError(
    CgpError, RuntimeError, code="chat.worker_skipped", remedy="another worker is asked"
):
    """A worker did not begin a job. ``last_word`` is its fault, None where it was only full.

    ``may_ask_again`` is True where the fault was not the worker's.
    """

    def __init__(self, last_word: ChatError | None, *, may_ask_again: bool = False) -> None:
        self.last_word = last_word
        self.may_ask_again = may_ask_again
        super().__init__("full" if last_word is None else last_word.message)


class AwayError(
    CgpError,
    RuntimeError,
    code="chat.away",
    remedy="see that it runs at that address, or name another (cgp gateway --help, cgp worker --help)",
):
    """A gateway or a backend cannot be reached for now."""


class OpenToOthersError(
    CgpError,
    ValueError,
    code="chat.open_to_others",
    remedy="--host 127.0.0.1 keeps the gateway to this machine; docs/chat.md says what others need",
):
    """Others would reach a gateway without a key or without TLS."""


class WorkerError(
    CgpError,
    RuntimeError,
    code="chat.worker",
    remedy="mend what the message names, then start it again",
):
    """A worker cannot enrol, or its backend cannot be used."""
