"""Runs exports that kill themselves (SIGKILL) at a chosen step, each in a process of its own.

    python -m tests.dataset.killed STORE_URL FOLDER FORMAT FIRST EVERY

Steps are the calls that change what is on the disk for good: a file is synced, gets its name, is removed.
The first run is killed before its step number FIRST, the second before EVERY, the third before 2 EVERY, and
so on, until one comes to its end. Prints how many were killed.
"""

import os
import signal
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

import pandas as pd  # noqa: F401 - pyarrow loads it; here before the processes part
import pyarrow.parquet  # noqa: F401

from cgp.dataset import Options, ShardLimits, export
from cgp.embedders import default_embedder
from cgp.privacy import STANDARD
from cgp.sources.near_duplicates import NearDuplicates
from cgp.store import Store

WATCHED = ("replace", "fsync", "unlink", "rmdir", "mkdir")


def kill_before(step):
    """Make this process end at its ``step``-th change of the disk."""
    steps = count(1)

    def watched(original):
        def call(*arguments, **options):
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)

        return call

    for name in WATCHED:
        setattr(os, name, watched(getattr(os, name)))


def run(url, folder, format_name):
    with closing(Store(url)) as store:
        options = Options(
            format_name,
            find_near_duplicate=NearDuplicates().find,
            limits=ShardLimits(rows=40),
            batch=2,
        )
        export(store, folder, options, policy=STANDARD, embedder=default_embedder())


def main(url, folder, format_name, first, every):
    killed = 0
    default_embedder()
    while True:
        child = os.fork()
        if child == 0:
            kill_before(int(every) * killed or int(first))
            try:
                run(url, Path(folder), format_name)
            finally:
                # An end without an error; whatever went wrong shows in the files.
                os._exit(1 if sys.exc_info()[0] else 0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(killed)
            return os.WEXITSTATUS(status)
        killed += 1
        if killed > 200:
            return 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
