"""A node: serves the experts of its ledger that it keeps, one call of a reader at a time and
slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any

from cgp.experts.block import Kind
from cgp.experts.ledger import Ledger
from cgp.experts.nodes import wire
from cgp.experts.standing import Networks
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError

MAX_EXPERTS = 64
"""Most experts of one node: as many models as a worker may offer."""


class ExpertNode:
    """A ``cgp.chat.backends.Backend`` whose models are experts, by the digests of their blocks.

    ``names`` are the experts that it keeps (None: all that stand). A head that moves is offered
    within half a minute; the version before it is then refused with status 412. Networks are loaded
    when they are first asked for.
    """

    def __init__(self, ledger: Ledger, names: Collection[str] | None = None) -> None:
        self._ledger = ledger
        self._names = None if names is None else frozenset(names)
        self._networks = Networks(ledger, capacity=MAX_EXPERTS)

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the digests of the experts that stand and that this node keeps."""
        return {JobKind.EXPERTS: await asyncio.to_thread(self._digests)}

    def loaded(self) -> tuple[str, ...]:
        """Return the digests of the experts that are in memory."""
        return self._networks.digests()

    async def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the values of an expert for the candidates of a window.

        Raises:
            JobFailedError: 400 for a question that is none, 412 for an expert that this node does
                not keep or that no longer stands.
        """
        if job.kind is not JobKind.EXPERTS:
            message = f"this node serves experts, not {job.kind}"
            raise JobFailedError({"status": 400, "message": message})
        try:
            digest, inputs = wire.read_question(job.body)
        except ValueError as error:
            raise JobFailedError({"status": 400, "message": str(error)}) from error
        if digest not in await asyncio.to_thread(self._digests):
            raise JobFailedError({"status": 412, "message": f"{digest} does not stand here"})
        values = await asyncio.to_thread(lambda: self._networks.get(digest).infer(inputs))
        yield wire.answer(values)

    async def close(self) -> None:
        """Close the ledger."""
        await asyncio.to_thread(self._ledger.close)

    def _digests(self) -> tuple[str, ...]:
        heads = self._ledger.heads()
        # A router's gates are opened by the reader; there is nothing to serve.
        digests = [
            digest
            for name, digest in heads.items()
            if (self._names is None or name in self._names) and not name.endswith(f".{Kind.ROUTER}")
        ]
        return tuple(digests[:MAX_EXPERTS])
