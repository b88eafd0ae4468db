"""Errors of jobs and of the NATS server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cgp.errors import CgpError
from cgp.extras import how_to_install


class JobsError(
    CgpError, RuntimeError, code="jobs.failed", remedy="see the message; jobs can be asked again"
):
    """A job cannot be sent or read."""


class JobsExtraError(JobsError, code="jobs.extra_missing", remedy=how_to_install("chat")):
    """The packages for NATS are missing."""


class NatsServerError(
    JobsError,
    code="jobs.nats_server",
    remedy="check the address and that the server runs (NATS_URL names another one); "
    "where the message names a folder, its nats.log says more",
):
    """The NATS server cannot be started or reached."""


class WorkerLostError(JobsError, code="jobs.worker_lost"):
    """A worker fell silent, left, or lost a frame before its job ended."""


class ConnectionLostError(JobsError, code="jobs.connection_lost"):
    """The connection to the NATS server broke while a job was at work: no fault of its worker."""


class JobFailedError(JobsError, code="jobs.job_failed"):
    """A backend refused a job or failed at it; ``content`` goes to the gateway as it is."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        super().__init__(str(content.get("message", "the backend failed")))
