"""How fast ``cgp import`` brings conversations into a new store, and in how much memory.

Generated conversations are written as JSON lines and imported through the command, in a process of its
own. The floor, measured before and after, is reading the same file line by line and decoding its JSON.

    python benchmarks/import_speed.py [--conversations 100000]
    python benchmarks/import_speed.py --gigabytes 2      # the memory that a file of 2 GB takes

``DATABASE_URL``, if set, names the (empty) store to import into; SQLite in a temporary folder otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGET_PER_SECOND = 2000.0
TARGET_MEGABYTES = 500.0
TARGET_LARGE_MEGABYTES = 300.0
"""Most memory that reading a file takes, however large it is."""
COMMAND = "import typer; from cgp.cli.import_ import import_conversations as c; typer.run(c)"
"""The function behind ``cgp import``, with nothing of the other commands around it."""

NAMES = ("Ana", "Bo", "Chidi", "Dmitri", "Elif", "Farah", "Goro", "Hana", "Ines", "Jun")
WORDS = (
    "the", "a", "we", "you", "they", "it", "was", "is", "not", "could", "should", "about",
    "after", "before", "because", "garden", "harbour", "invoice", "budget", "deploy", "rollback",
    "engine", "chapter", "recipe", "yeast", "orbit", "antenna", "ticket", "refund", "train",
    "platform", "really", "maybe", "today", "tomorrow", "morning", "evening", "quickly", "slowly",
    "market", "survey", "glacier", "violin", "tempo",
)  # fmt: skip


def generated(number: int, chance: random.Random) -> dict[str, Any]:
    """Return one conversation of about eight turns."""
    people = chance.sample(NAMES, chance.choice((2, 2, 3)))
    turns = [
        {
            "speaker": chance.randrange(len(people)),
            "text": " ".join(chance.choices(WORDS, k=chance.randint(4, 24))),
        }
        for _ in range(chance.randint(4, 12))
    ]
    return {"id": f"made-{number}", "participants": people, "turns": turns}


def write(path: Path, count: int) -> None:
    """Write the conversations as JSON lines."""
    chance = random.Random(5)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps(generated(number, chance)) + "\n")


def write_large(path: Path, size: int) -> int:
    """Write long conversations as JSON lines until there are ``size`` bytes; return how many."""
    chance = random.Random(5)
    count = written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            words = chance.choices(WORDS, k=90)
            turns = [{"speaker": i % 2, "text": " ".join((*words, str(i)))} for i in range(80)]
            document = {"id": f"long-{count}", "participants": ["Ana", "Bo"], "turns": turns}
            written += file.write(json.dumps(document) + "\n")
            count += 1
    return count


def measure_large(gigabytes: float) -> None:
    """Read a large file without storing it, and print how much memory that takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "large.jsonl"
        count = write_large(path, int(gigabytes * 1e9))
        report, seconds, processor = run(path, folder, "--dry-run")
        assert report["read"] == count, report
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{gigabytes:g} GB read in {seconds:.0f} s ({processor:.0f} s of processor), "
        f"peak memory {peak:.0f} MB  (target {TARGET_LARGE_MEGABYTES:.0f})"
    )


def floor(path: Path) -> float:
    """Return the seconds that reading and decoding the file takes."""
    started = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
    return time.perf_counter() - started


def run(path: Path, folder: Path, *options: str) -> tuple[dict[str, Any], float, float]:
    """Import; return the report, the seconds of the process, and its processor seconds."""
    environment = {**os.environ, "DATA_DIR": str(folder)}
    root = Path(__file__).resolve().parent.parent
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "--json", *options, str(path)],
        env={**environment, "PYTHONPATH": str(root)},
        cwd=folder,
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), seconds, processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, help="measure the memory that such a file takes")
    arguments = parser.parse_args()
    if arguments.gigabytes is not None:
        measure_large(arguments.gigabytes)
        return
    count = arguments.conversations
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "conversations.jsonl"
        write(path, count)
        print(f"{count:,} conversations, {path.stat().st_size / 1e6:.0f} MB of JSON lines")
        lowest = floor(path)
        report, seconds, processor = run(path, folder)
        lowest = min(lowest, floor(path))
        assert report["added"] == count, report
        again, again_seconds, _ = run(path, folder)
        assert again["added"] == 0, again
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rate = count / seconds
    print(
        f"import     {seconds:6.1f} s  {rate:8,.0f} conversations/s  (target {TARGET_PER_SECOND:,.0f})"
    )
    print(f"processor  {processor:6.1f} s  {count / processor:8,.0f} conversations/s of one core")
    print(
        f"floor      {lowest:6.2f} s  {count / lowest:8,.0f}/s (read and decode): {seconds / lowest:.1f}x"
    )
    print(
        f"again      {again_seconds:6.1f} s  {count / again_seconds:8,.0f} conversations/s, all known"
    )
    print(f"peak memory of the process {peak:.0f} MB  (target {TARGET_MEGABYTES:.0f})")


if __name__ == "__main__":
    main()
