"""Health: readiness of a neuron, and otherwise the reason and the operator's remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a short name for programs, the reason, and the remedy."""

    name: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a neuron: its problems (none: ready), and details for people and dashboards."""

    problems: Sequence[Problem]
    details: Mapping[str, Any]

    @property
    def ready(self) -> bool:
        """True if there is no problem."""
        return not self.problems

    @property
    def status_code(self) -> int:
        """The HTTP status of ``/healthz``: 200 where the neuron is ready, 503 otherwise."""
        return 200 if self.ready else 503

    def document(self) -> dict[str, Any]:
        """Return the JSON document of ``/healthz``; ``status`` is ``ok`` or the first problem's
        name.
        """
        problems = [{"name": p.name, "reason": p.reason, "remedy": p.remedy} for p in self.problems]
        status = problems[0]["name"] if problems else "ok"
        return {"status": status, "problems": problems, **self.details}
