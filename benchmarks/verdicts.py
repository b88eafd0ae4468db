"""Verdicts of a benchmark: what must hold, what was seen, and whether it held, a line for each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_LINE = 10_000
MOST_GROWTH_MB = 30.0
"""Growth of a process that counts as flat: allocators keep some of what a burst needed."""


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


def judge_hostile(
    statuses: Counter[int], memory: Sequence[float], log: Path, seconds: float
) -> Iterator[Verdict]:
    """Judge what hostile requests did to a server: its answers, its memory (MB) and its log."""
    count = statuses.total()
    failed = sum(number for status, number in statuses.items() if status == 500)
    shown = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
    yield Verdict(
        f"{count} hostile requests in {seconds:.0f} s",
        f"{failed} answered 500; by status {shown}",
        "no 500",
        not failed,
    )
    growth = memory[-1] - memory[len(memory) // 4]
    yield Verdict(
        "memory after the first quarter",
        f"{growth:+.1f} MB",
        f"at most {MOST_GROWTH_MB:g} MB more",
        growth <= MOST_GROWTH_MB,
    )
    lines = log.read_bytes().splitlines()
    longest, tracebacks = max(map(len, lines)), sum(b"Traceback" in line for line in lines)
    yield Verdict(
        "the log",
        f"longest line {longest} bytes, {tracebacks} tracebacks in {len(lines)} lines",
        f"at most {LONGEST_LINE} bytes, no traceback",
        longest <= LONGEST_LINE and not tracebacks,
    )
