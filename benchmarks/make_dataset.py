"""Time of `cgp make-dataset` against that of `cgp index` alone, on the same files.

Both import and annotate; one of them then measures quality, keeps the tree of windows and exports. Each
runs as a command in a process of its own, in an empty folder, in turn, and processor time is compared.
At most 1.2 times is wanted. The dataset is then loaded with pandas and `datasets`, where they are
installed (`./setup.sh dataset`, `pip install datasets`).

    python benchmarks/make_dataset.py MEETINGS.jsonl                 such as the 35 meetings of QMSum
    python benchmarks/make_dataset.py MEETINGS.jsonl --rounds 3
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WANTED = 1.2
_TABLES = ("conversations", "windows", "tags", "profiles", "quality")


def processor_seconds(command: list[str], folder: Path) -> float:
    """Run a command of ``cgp`` with its data in a folder; return its processor seconds."""
    environment = {**os.environ, "DATA_DIR": str(folder / "data")}
    cgp = str(Path(sys.executable).with_name("cgp"))
    process = subprocess.Popen(
        [cgp, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # The usage of this process alone: earlier runs are not in it.
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"cgp {command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def load(folder: Path) -> None:
    """Print the rows of each table as pandas and ``datasets`` read them."""
    try:
        import datasets
        import pandas as pd
    except ImportError as error:
        print(f"not loaded: {error.name} is not installed")
        return
    for table in _TABLES:
        frame = pd.read_parquet(folder / table)
        splits = datasets.load_dataset(str(folder), table, cache_dir=str(folder.parent / "cache"))
        rows = sum(len(split) for split in splits.values())
        print(f"{table:14}{len(frame):>8,} rows in pandas, {rows:>8,} in datasets")


def main() -> None:
    """Print both times of each round, their ratio, and the rows of the dataset."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    files = [str(file.resolve()) for file in options.files]
    ratios = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as alone, tempfile.TemporaryDirectory() as whole:
            index = processor_seconds(["index", *files], Path(alone))
            out = Path(whole) / "dataset"
            dataset = processor_seconds(["make-dataset", *files, str(out)], Path(whole))
            ratios.append(dataset / index)
            print(
                f"index {index:.1f} s, make-dataset {dataset:.1f} s of processor: {ratios[-1]:.2f} times",
                flush=True,
            )
            if len(ratios) == options.rounds:
                load(out)
    # The least: what else runs on the machine only adds to a time.
    print(f"least ratio {min(ratios):.2f} (wanted: at most {WANTED})")
    if min(ratios) > WANTED:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
