"""Interface of a backend."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

from cgp.jobs import Job, JobKind


class Backend(Protocol):
    """Answers jobs. It stops at once where the generator of a job is closed."""

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the names of the models that answer now, by kind of job.

        Raises:
            AwayError: if the backend cannot be reached.
        """
        ...

    def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the parts of an answer: chunks where the body asks for a stream, else one whole.

        Raises:
            JobFailedError: with the status and the message of the backend.
        """
        ...

    async def close(self) -> None:
        """Give up connections and files."""
        ...
