"""Verdicts of a benchmark: what must hold, what was seen, and whether it held, a line for each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One measure: what must hold, what was seen, and whether it held."""

    name: str
    seen: str
    wanted: str
    holds: bool

    def __str__(self) -> str:
        return (
            f"{'pass' if self.holds else 'FAIL'}  {self.name}: {self.seen} (wanted: {self.wanted})"
        )


def say_all(verdicts: Iterable[Verdict]) -> bool:
    """Print a line for each verdict; return whether all of them held."""
    verdicts = list(verdicts)
    for verdict in verdicts:
        sys.stdout.write(f"{verdict}\n")
    sys.stdout.flush()
    return all(verdict.holds for verdict in verdicts)
