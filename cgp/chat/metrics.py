"""Numbers of a gateway for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from cgp.chat.desk import Desk
from cgp.telemetry import Sample, counter_samples


def gateway_samples(desk: Desk) -> Iterator[Sample]:
    """Yield the numbers of a gateway; workers go by their names, keys by none."""
    yield Sample("cgp_gateway_ready", "1 with a connection to NATS", float(desk.jobs.is_connected))
    dispatcher = desk.dispatcher
    yield Sample(
        "cgp_gateway_waiting", "Requests that wait for a worker", float(dispatcher.places.waiting)
    )
    yield from counter_samples(
        "cgp_gateway_requests_total", "Requests by outcome", "outcome", asdict(dispatcher.counts)
    )
    for worker, presence in desk.jobs.workers().items():
        standing = dispatcher.roster.standing(worker)
        labels = {"worker": presence.offer.name, "id": worker[:12]}
        yield Sample("cgp_worker_slots", "Jobs at once", float(presence.offer.slots), labels)
        yield Sample("cgp_worker_busy", "Jobs at work", float(standing.busy), labels)
        yield Sample("cgp_worker_jobs_total", "Jobs that ended well", float(standing.jobs), labels)
        yield Sample(
            "cgp_worker_losses_total", "Jobs that were lost", float(standing.losses), labels
        )
        yield Sample(
            "cgp_worker_faults_total",
            "Answers found wrong by a spot check or a forged usage",
            float(standing.faults),
            labels,
        )
