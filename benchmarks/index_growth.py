"""Growth of `cgp index`: does a conversation cost the same among many as among few?

Makes stores of short conversations (parts of the samples, each said differently), indexes each by the
command in a process of its own, on one core, and prints processor time a conversation and the process's
peak of memory. The ratios are those of the last size to the first; at most 1.1 is wanted of the time.
The annotator is a baseline that counts words: the embedded one takes most of the time, the same for each
conversation, and would hide the growth of the rest (and take most of an hour). Exit status 1: the bound
is not held.

    python benchmarks/index_growth.py                      2,000 and 20,000 conversations
    python benchmarks/index_growth.py --sizes 500 5000
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgp import samples
from cgp.config import Settings
from cgp.conversation import Conversation, Turn
from cgp.store import Store

TURNS = 4
BATCH = 1000
WANTED = 1.1


def conversations(count: int) -> Iterator[Conversation]:
    """Yield short parts of the samples, each with words of its own."""
    talks = list(samples.load())
    for number in range(count):
        talk = talks[number % len(talks)]
        start = (number * 7) % (len(talk.turns) - TURNS)
        part = talk.excerpt(start, start + TURNS)
        last = Turn(part.turns[-1].speaker, f"{part.turns[-1].text} That was number {number}.")
        yield replace(part, id=f"part-{number}", turns=(*part.turns[:-1], last))


def fill(folder: Path, count: int) -> None:
    """Make a store of conversations in a folder."""
    url = Settings(data_dir=folder, _env_file=None).store_url
    with contextlib.closing(Store(url)) as store:
        batch: list[Conversation] = []
        for conversation in conversations(count):
            batch.append(conversation)
            if len(batch) == BATCH:
                store.add_conversations(batch)
                batch = []
        store.add_conversations(batch)


def measured(count: int, annotator: str) -> tuple[float, float, float]:
    """Return processor seconds, seconds of the clock, and the peak of memory in MB of one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, count)
        command = [str(Path(sys.executable).with_name("cgp")), "index"]
        environment = {
            **os.environ,
            "DATA_DIR": str(folder),
            "ANNOTATOR": annotator,
            # One core: threads that wait for each other count as processor time too.
            "OMP_NUM_THREADS": "1",
        }
        began = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        # The usage of this process alone: earlier runs are not in it.
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"cgp index of {count} conversations ended with status {status}")
        seconds = time.perf_counter() - began
        return usage.ru_utime + usage.ru_stime, seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Print a line for each size, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--annotator", default="frequent-words")
    options = parser.parse_args()
    sizes = options.sizes
    # A start costs the same for any number: it is not a conversation's.
    start, _, _ = measured(1, options.annotator)
    print(f"start {start:.1f} s of processor")
    each: list[float] = []
    peaks: list[float] = []
    for count in sizes:
        processor, seconds, memory = measured(count, options.annotator)
        each.append((processor - start) / count)
        peaks.append(memory)
        print(
            f"{count:7,} conversations: {1000 * each[-1]:.2f} ms of processor each, "
            f"{processor:.1f} s of processor, {seconds:.1f} s, {memory:.0f} MB",
            flush=True,
        )
    ratio = each[-1] / each[0]
    print(f"ratio of the time {ratio:.3f} (wanted: at most {WANTED})")
    print(f"ratio of the memory {peaks[-1] / peaks[0]:.2f}")
    if ratio > WANTED:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
