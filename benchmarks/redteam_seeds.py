"""Run the red team with several seeds and print each strategy's ratio over them, as Markdown.

    python benchmarks/redteam_seeds.py --seeds 5 --windows 150 [--conversations FILE] [--jobs N]
    python benchmarks/redteam_seeds.py --gold FILE --gold FILE ...

With gold files the windows are those that a careful reader annotated, under the reader's ground truth.
A row passes where it passes with every seed. Exits with status 1 where one does not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from cgp.conversation import Conversation
from cgp.conversation_json import read_conversations
from cgp.embedders import default_embedder
from cgp.gold import GoldWindow, read_gold
from cgp.samples import load
from cgp.scoring.redteam.noting import NotingAnnotator
from cgp.scoring.redteam.report import Report, Row, run_red_team


def conversations_of(path: Path | None) -> tuple[Conversation, ...]:
    """Return the conversations of a file or folder, the samples by default."""
    return load() if path is None else tuple(read_conversations(path))


def gold_of(paths: Sequence[Path]) -> tuple[GoldWindow, ...]:
    """Return the annotated windows of several gold files."""
    return tuple(window for path in paths for window in read_gold(path))


def measure(path: Path | None, gold: Sequence[Path], windows: int, seed: int) -> Report:
    """Return one seed's report."""
    started = time.perf_counter()
    report = run_red_team(
        conversations_of(path),
        NotingAnnotator(),
        default_embedder(),
        windows=windows,
        seed=seed,
        gold=gold_of(gold),
    )
    print(f"seed {seed}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return report


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """Yield the table: mean score, and the least, mean and greatest measured figure."""
    yield "| strategy | kind | score | least | mean | greatest | bound | seeds passed |"
    yield "|---|---|---|---|---|---|---|---|"
    for rows in zip(*(report.rows for report in reports), strict=True):
        yield _line(rows)


def _line(rows: Sequence[Row]) -> str:
    first = rows[0]
    measured = [row.measured for row in rows]
    figures = (min(measured), float(np.mean(measured)), max(measured))
    passed = sum(row.passed for row in rows)
    cells = [
        first.name,
        first.kind,
        f"{np.mean([row.score for row in rows]):.3f}",
        *(f"{figure:.3g}" if figure >= 100 else f"{figure:.3f}" for figure in figures),
        f"{first.sense} {first.bound:.3g}",
        f"{passed} of {len(rows)}" + ("" if passed == len(rows) else " **fails**"),
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Measure all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=Path)
    parser.add_argument("--gold", type=Path, action="append", default=[])
    parser.add_argument("--windows", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file to write all reports to")
    arguments = parser.parse_args()
    run = partial(measure, arguments.conversations, arguments.gold, arguments.windows)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        reports = list(pool.map(run, range(arguments.seeds)))
    print("\n".join(lines(reports)))
    if arguments.json:
        arguments.json.write_text(json.dumps([report.to_json() for report in reports]))
    return 0 if all(report.passed for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
