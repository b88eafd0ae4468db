"""Faults of jobs as clients and the dispatcher see them."""

from __future__ import annotations

from typing import Final

from cgp.chat.errors import BrokenStreamError, ChatError, NoWorkerError, SkippedWorkerError
from cgp.errors import CgpError
from cgp.jobs import ConnectionLostError, JobsError
from cgp.jobs.errors import JobFailedError

_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Faults of a backend after which another worker may do better."""


def fault_of(error: JobsError) -> ChatError:
    """Return the error of a job as the client sees it, in bounds: a worker may write anything."""
    if isinstance(error, ConnectionLostError):
        message = "the connection to the NATS server broke"
        return NoWorkerError(502, "connection_lost", message, retry_after=1.0)
    if not isinstance(error, JobFailedError):
        return NoWorkerError(502, "worker_lost", "the worker was lost", retry_after=1.0)
    status = error.content.get("status")
    if not isinstance(status, int) or not 400 <= status <= 599 or status in {401, 403}:
        # A worker's key at its own backend is none of the client's business.
        status = 502
    message = str(error.content.get("message", "the backend failed"))[:500]
    return ChatError(status, "backend_failed" if status >= 500 else "backend_refused", message)


def outcome_of(fault: ChatError, *, has_begun: bool, may_ask_again: bool) -> CgpError:
    """Return the error to raise: an end for the client, or a turn for another worker."""
    if has_begun:
        return BrokenStreamError(fault.status, fault.word, f"{fault.message}; the answer is cut")
    if fault.status not in _PASSING:
        return fault
    return SkippedWorkerError(fault, may_ask_again=may_ask_again)
