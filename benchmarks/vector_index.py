"""Recall and speed of the vector index against an exact search of the same vectors, in one run.

Vectors are the shipped embedder's, of distinct phrases drawn word by word (Zipf) from the bundled
conversations' vocabulary: the crowded space that short tags live in. Queries are phrases that are not
in the index. Set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 to measure one core.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from cgp import samples
from cgp.embedders import default_embedder
from cgp.vectors import VectorIndex, structure

Rows = NDArray[np.float32]
_BATCH = 50_000


def phrases(number: int, seed: int = 0) -> list[str]:
    """Return distinct phrases of one to four words, drawn from the samples' vocabulary."""
    said = (turn.text.lower() for c in samples.load() for turn in c.turns)
    words = np.array(sorted({w for text in said for w in re.findall(r"[a-z]{3,}", text)}))
    rng = np.random.default_rng(seed)
    rng.shuffle(words)
    share = 1 / np.arange(1, len(words) + 1) ** 0.7
    share /= share.sum()
    found: dict[str, None] = {}
    while len(found) < number:
        lengths = rng.integers(1, 5, size=100_000)
        drawn = rng.choice(words, size=(100_000, 4), p=share)
        found.update((" ".join(row[:n]), None) for n, row in zip(lengths, drawn, strict=True))
    ordered = np.array(list(found)[:number], dtype=object)
    rng.shuffle(ordered)
    return list(ordered)


def embedded(texts: list[str]) -> Rows:
    """Return the rows (n, 256) of texts."""
    embed = default_embedder().embed
    return np.concatenate([embed(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)])


def clustered(number: int, dimension: int = 256, seed: int = 0) -> Rows:
    """Return unit rows around a thousand random centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(1000, dimension)).astype(np.float32)
    rows = centres[rng.integers(0, 1000, size=number)]
    for start in range(0, number, _BATCH):
        part = rows[start : start + _BATCH]
        part += rng.standard_normal(part.shape, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def milliseconds(search: Callable[[Rows], object], queries: Rows, size: int) -> float:
    """Return the time per query when queries come ``size`` at a time."""
    began = time.perf_counter()
    for start in range(0, len(queries), size):
        search(queries[start : start + size])
    return 1000 * (time.perf_counter() - began) / len(queries)


def recall(found: NDArray[np.int64], exact: NDArray[np.int64]) -> float:
    """Return the mean share of the exact nearest that were found."""
    return float(np.mean([np.isin(e, f).mean() for f, e in zip(found, exact, strict=True)]))


def measure(name: str, rows: Rows, queries: Rows) -> None:
    """Build, save, map and search an index of rows; print how it compares with an exact search."""
    print(f"{name}: {len(rows):,} vectors of {rows.shape[1]} components, {len(queries)} queries")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        began = time.perf_counter()
        with VectorIndex.open(folder, dimension=rows.shape[1], model=name) as index:
            for start in range(0, len(rows), _BATCH):
                stop = min(start + _BATCH, len(rows))
                index.add(np.arange(start, stop), rows[start:stop])
            built = time.perf_counter()
            index.save()
        saved = time.perf_counter()
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(
            f"  built in {built - began:.1f} s ({_BATCH:,} at a time), saved in {saved - built:.1f} s, "
            f"{size / 2**20:,.0f} MiB ({size / rows.nbytes:.2f} of the float32 rows)"
        )
        np.save(folder / "queries.npy", queries)
        print(f"  {reopened(folder, rows.shape[1], name)}")
        exact = faiss.IndexFlatIP(rows.shape[1])
        exact.add(rows)
        _, truth = exact.search(queries, 10)
        one = milliseconds(lambda q: exact.search(q, 10), queries[:50], 1)
        many = milliseconds(lambda q: exact.search(q, 10), queries, len(queries))
        product = milliseconds(lambda q: np.argpartition(-(q @ rows.T), 10), queries[:64], 32)
        print(
            f"  exact (faiss.IndexFlatIP): {one:.1f} ms a query alone, {many:.1f} ms in a batch "
            f"(numpy's matrix product and argpartition, 32 at once: {product:.1f} ms)"
        )
        fastest = min(one, many, product)
        with VectorIndex.open(folder, dimension=rows.shape[1], model=name, mapped=True) as index:
            for probes in sorted({8, 16, 32, 64, structure.PROBES}):
                print(
                    f"  {compared(index, queries, truth, probes=probes, one=one, fastest=fastest)}"
                )


def compared(
    index: VectorIndex,
    queries: Rows,
    truth: NDArray[np.int64],
    *,
    probes: int,
    one: float,
    fastest: float,
) -> str:
    """Return the table's line of one number of lists to look into.

    ``one`` is what an exact search of one query takes in milliseconds, ``fastest`` a query's share of the
    fastest exact search of many.
    """
    default, structure.PROBES = structure.PROBES, probes
    try:
        found, _ = index.search(queries, 10)
        alone = milliseconds(lambda q: index.search(q, 10), queries, 1)
        batch = milliseconds(lambda q: index.search(q, 10), queries, len(queries))
    finally:
        structure.PROBES = default
    return (
        f"{'*' if probes == default else ' '} {probes:3d} lists: recall@10 {recall(found, truth):.3f}; "
        f"alone {alone:.2f} ms ({one / alone:.0f} times as fast as exact alone), "
        f"in a batch {batch:.2f} ms ({fastest / batch:.0f} times as fast as the fastest exact)"
    )


def reopened(folder: Path, dimension: int, model: str) -> str:
    """Return what opening mapped and one search cost a fresh process, in time and memory."""
    code = (
        "import resource, sys, time, faiss, numpy as np\n"
        "from pathlib import Path\nfrom cgp.vectors import VectorIndex\n"
        "folder = Path(sys.argv[1]); queries = np.load(folder / 'queries.npy')[:1]\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; began = time.perf_counter()\n"
        "index = VectorIndex.open(folder, dimension=int(sys.argv[2]), model=sys.argv[3], mapped=True)\n"
        "opened = time.perf_counter(); index.search(queries, 10); done = time.perf_counter()\n"
        "grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024\n"
        "print(f'reopened memory-mapped in {1000 * (opened - began):.0f} ms, first search '\n"
        "      f'{1000 * (done - opened):.0f} ms, {grown:.0f} MiB more memory')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(dimension), model],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def main() -> None:
    """Run the comparison for embedded phrases and for random clusters."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    total = options.vectors + options.queries
    for name, rows in (("phrases", embedded(phrases(total))), ("clusters", clustered(total))):
        measure(name, rows[: options.vectors], rows[options.vectors :])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.1f} GiB, float32 rows and the exact index included")


if __name__ == "__main__":
    main()
