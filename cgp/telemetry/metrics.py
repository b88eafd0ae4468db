"""``/metrics``: a neuron's health and counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cgp.telemetry.health import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NOT_INSTALLED = "metrics need the extra 'operator': run ./setup.sh\n"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number: its name, its meaning, its labels. Names that end in ``_total``
    only ever grow.
    """

    name: str
    meaning: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def health_samples(health: Health) -> Iterator[Sample]:
    """Yield the facts of every neuron's health as numbers."""
    yield Sample("cgp_ready", "1 where the neuron is ready", float(health.ready))
    for problem in health.problems:
        yield Sample("cgp_problem", "1 for each problem there is", 1.0, {"name": problem.name})
    details = health.details
    yield Sample(
        "cgp_uptime_seconds", "Seconds since the start", details.get("uptime_seconds", 0.0)
    )
    for name, duty in details.get("duties", {}).items():
        labels = {"duty": name}
        if (age := duty["last_success_seconds_ago"]) is not None:
            yield Sample("cgp_duty_age_seconds", "Seconds since a duty's last success", age, labels)
        deadline = duty["deadline_seconds"]
        yield Sample(
            "cgp_duty_deadline_seconds", "Within which it should succeed", deadline, labels
        )
        yield Sample("cgp_duty_failures_total", "Failures of a duty", duty["failures"], labels)
    chain = details.get("chain", {})
    if chain.get("block") is not None:
        yield Sample("cgp_chain_block", "Block of the metagraph in use", chain["block"])
    if chain.get("age_seconds") is not None:
        yield Sample("cgp_chain_age_seconds", "Seconds since it was read", chain["age_seconds"])


def counter_samples(
    name: str, meaning: str, label: str, counts: Mapping[Any, float]
) -> Iterator[Sample]:
    """Yield one sample for each key of ``counts``, with the key as a label."""
    for key, value in counts.items():
        yield Sample(name, meaning, float(value), {label: str(key)})


def exposition(samples: Iterable[Sample]) -> str | None:
    """Return samples in Prometheus' text format; None where its client is not installed."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    except ImportError:
        return None
    families: dict[str, Any] = {}
    for sample in samples:
        names = sorted(sample.labels)
        if sample.name not in families:
            # Prometheus' convention: a name that ends in _total is a counter, any other a gauge.
            kind = CounterMetricFamily if sample.name.endswith("_total") else GaugeMetricFamily
            families[sample.name] = kind(sample.name, sample.meaning, labels=names)
        families[sample.name].add_metric([sample.labels[n] for n in names], sample.value)
    # A registry for this page alone: the client's global one would keep the families of earlier
    # pages.
    registry = CollectorRegistry()
    registry.register(_FamilySource(families.values()))
    return generate_latest(registry).decode()


class _FamilySource:
    """Source of families for prometheus_client: they exist already."""

    def __init__(self, families: Iterable[Any]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Any]:
        """Yield the families."""
        yield from self._families
