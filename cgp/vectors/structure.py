"""The FAISS index inside: exact while small, inverted lists beyond, always of 16-bit components.

Components are kept as float16 at every size, so that a vector's stored bits never depend on when it
came or how often the lists were made anew. Inverted lists (IVF; Jégou, Douze, Schmid 2011, "Product
Quantization for Nearest Neighbor Search", section 4) cut a search to the ``PROBES`` lists whose
centres are nearest to the query. ``benchmarks/vector_index.py`` measures the loss of recall.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cgp.arrays import Ids, Vectors
from cgp.durable_files import private_file

# Below this many vectors all of them are compared; beyond, lists are searched. They are made anew
# each time that their number of vectors has grown by GROWTH since.
EXACT_UP_TO = 50_000
GROWTH = 4
# Enough for 0.96 of the ten nearest among a million tags: the table that benchmarks/vector_index.py
# prints.
PROBES = 16
# More training rows and rounds cost time and did not raise recall in the same table.
_TRAINING_PER_LIST = 64
_ROUNDS = 10
_SEED = 1234


def needs_lists(count: int, trained_on: int) -> bool:
    """Tell whether ``count`` vectors need new lists; the last were trained on ``trained_on``."""
    return count > EXACT_UP_TO and count >= GROWTH * trained_on


def list_count(count: int) -> int:
    """Return the number of lists for ``count`` vectors: a power of two near twice its root."""
    return 1 << max(4, round(math.log2(2 * math.sqrt(max(count, 1)))))


def exact(dimension: int) -> Any:  # noqa: ANN401 - FAISS brings no types
    """Return an empty index that compares a query with every vector."""
    import faiss

    codes = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    return faiss.IndexIDMap2(codes)


def lists(sample: Vectors, count: int) -> Any:  # noqa: ANN401
    """Return an empty index with lists for ``count`` vectors, centred by ``sample`` (n, d) of them.

    Centres are found by spherical k-means (``_ROUNDS`` rounds, a fixed seed) of at most
    ``_TRAINING_PER_LIST`` rows a list.
    """
    import faiss

    dimension = sample.shape[1]
    number = min(list_count(count), max(1, len(sample)))
    centres = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        centres,
        dimension,
        number,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    # The centres live as long as the index: it owns them, not Python's garbage collector.
    centres.this.disown()
    index.own_fields = True
    index.cp.spherical = True
    index.cp.niter = _ROUNDS
    index.cp.seed = _SEED
    index.cp.min_points_per_centroid = 1
    index.cp.max_points_per_centroid = _TRAINING_PER_LIST
    rows = np.random.default_rng(_SEED).permutation(len(sample))[: number * _TRAINING_PER_LIST]
    index.train(np.ascontiguousarray(sample[np.sort(rows)]))
    return index


def has_lists(index: Any) -> bool:  # noqa: ANN401
    """Tell whether an index has inverted lists."""
    return hasattr(index, "invlists")


def contents(index: Any) -> Iterator[tuple[Ids, Vectors]]:  # noqa: ANN401
    """Yield all that is in an index: ids (n,) with their vectors (n, d), a list at a time."""
    import faiss

    if not has_lists(index):
        if index.ntotal:
            codes = faiss.downcast_index(index.index)
            bits = faiss.vector_to_array(codes.codes).view(np.float16)
            vectors = bits.reshape(index.ntotal, index.d).astype(np.float32)
            yield faiss.vector_to_array(index.id_map).astype(np.int64), vectors
        return
    for number in range(index.nlist):
        ids = ids_of_list(index, number)
        if len(ids):
            yield ids, vectors_of_list(index, number, len(ids))


def rows(index: Any, number: int, offsets: Ids) -> Vectors:  # noqa: ANN401
    """Return the vectors (n, d) at offsets (n,) of one inverted list, else of the index."""
    import faiss

    # Only the rows that are asked for are copied: a page asks for one of a hundred thousand.
    if has_lists(index):
        size, codes = index.invlists.list_size(number), index.invlists.get_codes(number)
    else:
        size, codes = index.ntotal, faiss.downcast_index(index.index).codes.data()
    bits = faiss.rev_swig_ptr(codes, size * 2 * index.d).view(np.float16)
    vectors: Vectors = bits.reshape(size, index.d)[offsets].astype(np.float32)
    return vectors


def ids_of_list(index: Any, number: int) -> Ids:  # noqa: ANN401
    """Return the ids (n,) in one inverted list, a copy."""
    import faiss

    size = index.invlists.list_size(number)
    if not size:
        return np.empty(0, dtype=np.int64)
    ids: Ids = faiss.rev_swig_ptr(index.invlists.get_ids(number), size).copy()
    return ids


def vectors_of_list(index: Any, number: int, size: int) -> Vectors:  # noqa: ANN401
    """Return the vectors (size, d) in one inverted list, in the order of its ids."""
    import faiss

    raw = faiss.rev_swig_ptr(index.invlists.get_codes(number), size * index.code_size)
    bits = np.frombuffer(raw.tobytes(), dtype=np.float16)
    return bits.reshape(size, index.d).astype(np.float32)


def read(path: Path, *, mapped: bool) -> Any:  # noqa: ANN401
    """Return the index in a file. ``mapped`` leaves the inverted lists on disk until a search."""
    import faiss

    flags = faiss.IO_FLAG_MMAP if mapped else 0
    return faiss.read_index(str(path), flags)


def write(index: Any, path: Path) -> None:  # noqa: ANN401
    """Write an index to a file that only its owner reads."""
    import faiss

    faiss.write_index(index, str(private_file(path)))
