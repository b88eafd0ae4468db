"""Choice of a worker: the one that is expected to finish first, kept for a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

AFFINITY_FACTOR: Final = 1.3
"""A conversation stays with its worker, whose cache holds it, up to so much later an end."""

# Service time of a worker before any worker has one: only ratios of times matter, so any value.
_UNKNOWN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class WorkerCandidate:
    """A worker that could take a job. ``service_seconds`` is None before its first job."""

    worker: str
    slots: int
    busy: int
    service_seconds: float | None
    has_room: bool


def expected_finish(candidate: WorkerCandidate, typical_seconds: float, ahead: int) -> float:
    """Return the seconds until a job that is given now would be finished.

    A worker without room frees one of its slots every service time ÷ slots; ``ahead`` jobs wait
    before this one. Among free workers a busier one is a little slower.
    """
    seconds = candidate.service_seconds
    if seconds is None:
        seconds = typical_seconds
    # Slots of one machine share its memory's bandwidth; a tenth is enough to spread equals.
    share = candidate.busy / candidate.slots
    wait = 0.0 if candidate.has_room else seconds * (ahead + 1) / candidate.slots
    return wait + seconds * (1 + 0.1 * min(share, 1.0))


def choose(
    candidates: Sequence[WorkerCandidate], *, ahead: int = 0, keeper: str | None = None
) -> str | None:
    """Return the worker to ask now, None where waiting for a busy one is faster or all are busy.

    ``keeper`` is the worker that the conversation had before. ``candidates`` are in random order,
    which decides among equals.
    """
    speeds = sorted(c.service_seconds for c in candidates if c.service_seconds is not None)
    typical = speeds[len(speeds) // 2] if speeds else _UNKNOWN_SECONDS
    finishes = {c.worker: expected_finish(c, typical, ahead) for c in candidates}
    free = [c for c in candidates if c.has_room]
    if not free:
        return None
    best = min(finishes.values())
    if any(c.worker == keeper and finishes[c.worker] <= AFFINITY_FACTOR * best for c in free):
        return keeper
    first = min(free, key=lambda c: finishes[c.worker])
    return first.worker if finishes[first.worker] <= best else None
