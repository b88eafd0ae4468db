"""The experts' part of a window's log odds, computed by nodes: two tries, then the local copy.

The reader opens the gates, so only experts behind open gates are asked for or loaded. Some answers
are computed again here: a node whose values differ is asked no more.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from cgp.arrays import Floats
from cgp.experts.errors import DamagedLedgerError
from cgp.experts.gate import gate_inputs
from cgp.experts.mixture import Member, Mixture
from cgp.experts.nodes import wire
from cgp.experts.nodes.choice import NodeChoice
from cgp.jobs import Frame, FrameKind, Job, JobKind, JobsError, Presence

TRIES: Final = 2
"""Nodes that are asked for one expert before it is computed here."""
TOLERANCE: Final = 1e-5
"""Most difference of a node's value from the expert's own: machines differ by far less."""


class Asker(Protocol):
    """The part of ``cgp.jobs.Jobs`` that the reader needs."""

    def workers(self) -> Mapping[str, Presence]:
        """Return the workers that are there now, by id."""
        ...

    def submit(self, worker: str, job: Job, *, seconds: float = ...) -> AsyncGenerator[Frame]:
        """Ask a worker; yield the frames of its answer."""
        ...


class Place(StrEnum):
    """Place where an expert's values were computed."""

    NODE = "node"
    LOCAL = "local"
    NOWHERE = "nowhere"
    """No node answered, and there is no copy here: the expert is left out."""


@dataclass(frozen=True, slots=True)
class ExpertUse:
    """The part of one expert in a window. ``node`` is a node's id, empty where none answered."""

    name: str
    digest: str
    opening: float
    place: Place
    node: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ExpertReading:
    """The experts' part of each candidate's log odds, ``(rows,)``, and where it came from."""

    log_odds: Floats
    uses: tuple[ExpertUse, ...]

    @property
    def is_degraded(self) -> bool:
        """True if an expert is missing."""
        return any(use.place is Place.NOWHERE for use in self.uses)


class DistributedReader:
    """Asks nodes for experts.

    Args:
        jobs: the connection of a gateway that listens.
        choice: what is known of nodes; it may be shared.
        has_copies: whether experts may be computed here too, as a check and as the last resort.
        seconds: most time for one try.
        spot_share: share of answers that is computed again here.
        draws: picks the answers that are computed again; nodes must not guess them.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        jobs: Asker,
        choice: NodeChoice,
        *,
        has_copies: bool = True,
        seconds: float = 2.0,
        spot_share: float = 0.05,
        draws: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self.choice = choice
        self._has_copies = has_copies
        self._seconds = seconds
        self._spot_share = spot_share
        self._draws = draws or random.SystemRandom()
        self._clock = clock

    def nodes(self) -> Mapping[str, Presence]:
        """Return the nodes that are there now, by id."""
        return {
            worker: presence
            for worker, presence in self._jobs.workers().items()
            if JobKind.EXPERTS in presence.offer.models
        }

    async def read(
        self, mixture: Mixture, inputs: Floats, language: str, top_k: int | None = None
    ) -> ExpertReading:
        """Return the experts' part of a window; as ``Mixture.log_odds`` where all answer.

        ``top_k`` keeps the experts with the widest open gates alone; None keeps all open ones.
        """
        if not len(inputs):
            return ExpertReading(np.zeros(0), ())
        pairs = mixture.open_members(gate_inputs(inputs, language))
        if top_k is not None:
            pairs = sorted(pairs, key=lambda pair: -pair[1])[:top_k]
        # All experts at once: a window takes one round trip, however many layers there are.
        parts = await asyncio.gather(*(self._part(m, opening, inputs) for m, opening in pairs))
        total = np.zeros(len(inputs))
        for values, use in parts:
            if values is not None:
                total += use.opening * values
        return ExpertReading(total, tuple(use for _, use in parts))

    async def _part(
        self, member: Member, opening: float, inputs: Floats
    ) -> tuple[Floats | None, ExpertUse]:
        start = self._clock()
        asked_nodes: set[str] = set()
        values: Floats | None = None
        node = ""
        while values is None and len(asked_nodes) < TRIES:
            candidates = self._serving(member.digest) - asked_nodes
            chosen_node = self.choice.pick(candidates)
            if chosen_node is None:
                break
            asked_nodes.add(chosen_node)
            values = await self._ask(chosen_node, member, inputs)
            node = chosen_node
        place = Place.NODE
        if values is None:
            node, place = "", Place.LOCAL
            values = await self._compute(member, inputs)
        if values is None:
            place = Place.NOWHERE
        seconds = self._clock() - start
        return values, ExpertUse(member.name, member.digest, opening, place, node, seconds)

    def _serving(self, digest: str) -> set[str]:
        return {
            node
            for node, presence in self.nodes().items()
            if presence.offer.serves(JobKind.EXPERTS, digest) and not presence.draining
        }

    async def _ask(self, node: str, member: Member, inputs: Floats) -> Floats | None:
        """Return a node's values, None where it has none or gives others than the expert does."""
        job = Job(JobKind.EXPERTS, wire.question(member.digest, inputs))
        self.choice.begin(node)
        start = self._clock()
        values: Floats | None = None
        try:
            async with asyncio.timeout(self._seconds):
                values = await self._answer(node, job, len(inputs))
        except (JobsError, TimeoutError):
            values = None
        except ValueError as error:
            # No working node answers with something that is not a number.
            self.choice.quarantine(node, str(error))
        finally:
            self.choice.end(node, self._clock() - start, failed=values is None)
        if values is not None and self._draws.random() < self._spot_share:
            values = await self._check(node, member, inputs, values)
        return values

    async def _answer(self, node: str, job: Job, rows: int) -> Floats | None:
        async with aclosing(self._jobs.submit(node, job, seconds=self._seconds)) as frames:
            async for frame in frames:
                if frame.kind is FrameKind.DATA:
                    return wire.read_answer(frame.content, rows)
                # Busy, or a refusal such as 412: another node is asked.
                if frame.kind is not FrameKind.BEAT:
                    return None
        return None

    async def _check(self, node: str, member: Member, inputs: Floats, values: Floats) -> Floats:
        own = await self._compute(member, inputs)
        if own is None:
            return values
        difference = float(np.max(np.abs(own - values)))
        if difference > TOLERANCE:
            self.choice.quarantine(node, f"{member.name}: values differ by {difference:.3g}")
        return own

    async def _compute(self, member: Member, inputs: Floats) -> Floats | None:
        if not self._has_copies:
            return None
        try:
            return await asyncio.to_thread(lambda: member.load().infer(inputs))
        # A damaged copy is not a copy; fsck names it.
        except DamagedLedgerError:
            return None
