"""Jobs between machines over NATS: ask one worker, read its frames, cancel by closing.

A gateway asks and workers answer. Both dial the NATS server, so a worker may sit behind NAT. Each
of them is a user with a key (Ed25519). The server's permissions let a worker answer only the jobs
that it was asked for.
"""

from cgp.jobs.errors import (
    ConnectionLostError,
    JobsError,
    JobsExtraError,
    NatsServerError,
    WorkerLostError,
)
from cgp.jobs.frames import Frame, FrameKind
from cgp.jobs.jobs import Handler, Jobs, Timing
from cgp.jobs.offers import Audience, Job, JobKind, Offer, Presence

__all__ = [
    "Audience",
    "ConnectionLostError",
    "Frame",
    "FrameKind",
    "Handler",
    "Job",
    "JobKind",
    "Jobs",
    "JobsError",
    "JobsExtraError",
    "NatsServerError",
    "Offer",
    "Presence",
    "Timing",
    "WorkerLostError",
]
