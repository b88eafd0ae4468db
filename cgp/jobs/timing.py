"""Times of jobs: how often each side tells that it is there, and when silence means loss."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between signs of life, and seconds of silence after which a side is given up."""

    beat: float = 0.5
    """Between the frames of a job, at most."""
    lease: float = 2.0
    """Silence of a worker after which its job is lost: four beats."""
    here: float = 1.0
    """Between two states of a worker."""
    absent: float = 3.5
    """Silence after which a worker is no longer there: three states."""
    keep: float = 1.0
    """Between two messages of a gateway about the jobs that it still wants."""
    orphan: float = 6.0
    """Silence of a gateway after which its jobs are stopped; survives a restart of the server."""
    grace: float = 0.1
    """Further wait after a lease, for frames that came while this process was busy."""
