"""``VectorIndex``: a folder of unit vectors, addressed by int64 id and searched by cosine."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from cgp.arrays import Ids, Vectors
from cgp.durable_files import private_folder
from cgp.vectors import snapshot, structure
from cgp.vectors.snapshot import SnapshotManifest, VectorIndexError

# A filter that leaves at most this number of vectors, or this share of all, is searched exactly:
# the inverted lists would skip too many of the few vectors that pass the filter.
_EXACT_COUNT = 4096
_EXACT_SHARE = 0.02
# Attempts of a reader to open a snapshot that writers replace again and again meanwhile.
_OPEN_TRIES = 20


class VectorIndex:
    """Unit vectors by int64 id: added in steps, searched by cosine, saved whole or not at all.

    Up to ``structure.EXACT_UP_TO`` vectors a search is exact (to float16); beyond, it looks into
    inverted lists. One object writes a folder at a time (a lock says so); any number of processes
    read it with ``mapped=True``, each keeping the snapshot that it opened while a writer saves
    newer ones. Vectors added since the last ``save`` are lost with the process. Not thread-safe.

    FAISS takes the threads of OpenMP: ``OMP_NUM_THREADS`` sets their number.
    """

    def __init__(
        self,
        folder: Path,
        index: Any,  # noqa: ANN401 - FAISS brings no types
        *,
        dimension: int,
        model: str,
        manifest: SnapshotManifest | None,
        lock: int | None,
    ) -> None:
        self._folder = folder
        self._index = index
        self._dimension = dimension
        self._model = model
        self._manifest = manifest
        self._trained_on = manifest.trained_on if manifest else 0
        self._lock = lock
        self._all_ids: Ids | None = None
        self._places: tuple[Ids, Ids, Ids] | None = None
        self._changed = False

    @classmethod
    def open(cls, folder: Path, *, dimension: int, model: str, mapped: bool = False) -> Self:
        """Open the index in ``folder``, to write it, or to read it memory-mapped.

        To write creates the folder where it is missing, checks the whole file's SHA-256 and locks
        the folder. ``mapped`` checks the file's size and leaves it on disk until searches read
        it.

        Raises:
            VectorIndexError: if the index is of another dimension or ``model`` (the embedder's id),
                is damaged, is being written (unless mapped), or is not there (if mapped).
        """
        if mapped:
            manifest, index = _map(folder, dimension, model)
            return cls(
                folder, index, dimension=dimension, model=model, manifest=manifest, lock=None
            )
        private_folder(folder)
        lock = snapshot.lock_for_writing(folder)
        try:
            present = snapshot.read_manifest(folder)
            # A folder without a snapshot starts with an empty exact index.
            index = structure.exact(dimension)
            if present is not None:
                _check(folder, present, dimension, model)
                index = _read(folder, present, mapped=False)
            snapshot.remove_strays(folder, present)
        except BaseException:
            # A failed opening that kept the lock would block every later writer.
            os.close(lock)
            raise
        return cls(folder, index, dimension=dimension, model=model, manifest=present, lock=lock)

    @property
    def dimension(self) -> int:
        """Components of a vector."""
        return self._dimension

    @property
    def model(self) -> str:
        """Id of the embedder that the vectors come from."""
        return self._model

    @property
    def generation(self) -> int:
        """Number of the snapshot that was opened or saved last, 0 before the first."""
        return self._manifest.generation if self._manifest else 0

    @property
    def ids(self) -> Ids:
        """All ids, int64 (n,), ascending."""
        if self._all_ids is None:
            parts = [self._ids_inside()]
            self._all_ids = np.unique(np.concatenate(parts))
        return self._all_ids

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> int:
        """Add rows and return how many were new; an id that is already there keeps its vector.

        ``ids`` is int64 (n,), ``vectors`` float32 (n, dimension) of unit length (a zero row, an
        embedding of nothing, is found by no search).

        Raises:
            ValueError: if the arrays do not fit each other or the index, or are not finite.
            VectorIndexError: if the index was opened to be read.
        """
        self._must_write()
        ids, vectors = self._validate(ids, vectors)
        # Of an id that occurs twice in one call the first row is kept.
        ids, first = np.unique(ids, return_index=True)
        fresh = ~np.isin(ids, self.ids, assume_unique=True)
        ids, vectors = ids[fresh], np.ascontiguousarray(vectors[first][fresh])
        if not len(ids):
            return 0
        all_ids = np.union1d(self.ids, ids)
        if structure.needs_lists(len(all_ids), self._trained_on):
            self._make_lists(ids, vectors)
        else:
            self._index.add_with_ids(vectors, ids)
        self._has_changed(all_ids)
        return len(ids)

    def remove(self, ids: Ids) -> int:
        """Remove ids and return how many were there.

        Raises:
            VectorIndexError: if the index was opened to be read.
        """
        import faiss

        self._must_write()
        present = np.intersect1d(np.asarray(ids, dtype=np.int64), self.ids)
        if len(present):
            self._index.remove_ids(faiss.IDSelectorBatch(present))
            self._has_changed(np.setdiff1d(self.ids, present, assume_unique=True))
        return len(present)

    def search(
        self, queries: Vectors, count: int, *, among: Ids | None = None
    ) -> tuple[Ids, Vectors]:
        """Return the ids (q, count) nearest to each query, and their cosines float32 (q, count).

        ``queries`` is float32 (q, dimension) of unit length. Vectors descend by cosine; places
        without a result hold id -1 and -inf. ``among`` restricts the results to some ids.

        Raises:
            ValueError: if the queries do not fit the index or ``count`` is below 1.
        """
        import faiss

        _, queries = self._validate(np.arange(len(queries)), queries)
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        if among is not None:
            among = np.intersect1d(np.asarray(among, dtype=np.int64), self.ids)
        if not len(self) or not len(queries) or (among is not None and not len(among)):
            return _nothing(len(queries), count)
        if among is not None and len(among) <= max(_EXACT_COUNT, _EXACT_SHARE * len(self)):
            return _best(queries @ self.vectors_of(among).T, among, count)
        selector = None if among is None else faiss.IDSelectorBatch(among)
        share = 1.0 if among is None else len(among) / len(self)
        scores, nearest = self._index.search(queries, count, params=self._search(selector, share))
        scores[nearest < 0] = -np.inf
        return nearest.astype(np.int64), scores

    def vectors_of(self, ids: Ids) -> Vectors:
        """Return the vectors float32 (n, dimension) of ids (n,), as stored (float16).

        Raises:
            KeyError: if an id is not there.
        """
        requests = np.asarray(ids, dtype=np.int64)
        all_ids, numbers, offsets = self._where()
        at = np.searchsorted(all_ids, requests)
        there = at < len(all_ids)
        there[there] &= all_ids[at[there]] == requests[there]
        if not there.all():
            raise KeyError(f"no vector of id {int(requests[~there][0])} in {self._folder}")
        rows = np.empty((len(requests), self._dimension), dtype=np.float32)
        numbers, offsets = numbers[at], offsets[at]
        for number in np.unique(numbers):
            mine = numbers == number
            rows[mine] = structure.rows(self._index, int(number), offsets[mine])
        return rows

    def save(self) -> None:
        """Write a snapshot, if anything changed; a crash leaves the last one or this one whole.

        Raises:
            VectorIndexError: if the index was opened to be read.
            OSError: if the disk refuses.
        """
        self._must_write()
        if not self._changed and self._manifest is not None:
            return
        self._manifest = snapshot.write_snapshot(
            self._folder,
            lambda path: structure.write(self._index, path),
            generation=self.generation + 1,
            count=len(self),
            trained_on=self._trained_on,
            dimension=self._dimension,
            model=self._model,
        )
        self._changed = False

    def close(self) -> None:
        """Release the write lock. Changes that were not saved are lost."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _must_write(self) -> None:
        if self._lock is None:
            raise VectorIndexError(
                f"{self._folder} was opened for reading or closed: open to write"
            )

    def _validate(self, ids: Ids, vectors: Vectors) -> tuple[Ids, Vectors]:
        ids = np.asarray(ids, dtype=np.int64)
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if ids.ndim != 1 or vectors.shape != (len(ids), self._dimension):
            raise ValueError(
                f"vectors must have shape ({len(ids)}, {self._dimension}), got {vectors.shape}"
            )
        if len(ids) and ids.min() < 0:
            raise ValueError(f"ids must not be negative, got {int(ids.min())}")
        if not np.isfinite(vectors).all():
            raise ValueError("vectors must be finite")
        return ids, vectors

    def _has_changed(self, ids: Ids) -> None:
        self._all_ids, self._places, self._changed = ids, None, True

    def _make_lists(self, ids: Ids, vectors: Vectors) -> None:
        """Replace the structure by lists that are trained on the present and the new vectors."""
        inside = list(structure.contents(self._index))
        all_ids = np.concatenate([*(part for part, _ in inside), ids])
        rows = np.concatenate([*(part for _, part in inside), vectors])
        # Sorted by id, so that the lists do not depend on the order in which vectors came.
        order = np.argsort(all_ids, kind="stable")
        all_ids, rows = all_ids[order], np.ascontiguousarray(rows[order])
        self._index = structure.lists(rows, len(rows))
        self._index.add_with_ids(rows, all_ids)
        self._trained_on = len(rows)

    def _search(self, selector: object, share: float) -> Any:  # noqa: ANN401
        import faiss

        if not structure.has_lists(self._index):
            return faiss.SearchParameters(sel=selector) if selector else None
        # A filter thins every list, so more lists are read to compare about as many vectors.
        probes = min(self._index.nlist, round(structure.PROBES / max(share, 0.02)))
        if selector is None:
            return faiss.SearchParametersIVF(nprobe=probes)
        return faiss.SearchParametersIVF(sel=selector, nprobe=probes)

    def _ids_inside(self) -> Ids:
        import faiss

        if not structure.has_lists(self._index):
            ids: Ids = faiss.vector_to_array(self._index.id_map).astype(np.int64)
            return ids
        return np.concatenate(
            [structure.ids_of_list(self._index, n) for n in range(self._index.nlist)]
        )

    def _where(self) -> tuple[Ids, Ids, Ids]:
        """Return all ids ascending, with the number of the list and the offset of each."""
        if self._places is None:
            number = self._index.nlist if structure.has_lists(self._index) else 1
            sizes = (
                [self._index.invlists.list_size(n) for n in range(number)]
                if structure.has_lists(self._index)
                else [len(self)]
            )
            ids = self._ids_inside()
            numbers = np.repeat(np.arange(number), sizes)
            offsets = np.concatenate([np.arange(size) for size in sizes])
            order = np.argsort(ids)
            self._places = ids[order], numbers[order], offsets[order]
        return self._places


def _map(folder: Path, dimension: int, model: str) -> tuple[SnapshotManifest, Any]:
    """Map the present snapshot; try again where a writer replaces it in between."""
    missing = folder
    for _ in range(_OPEN_TRIES):
        manifest = snapshot.read_manifest(folder)
        if manifest is None:
            raise VectorIndexError(f"{folder} holds no index yet")
        _check(folder, manifest, dimension, model)
        try:
            return manifest, _read(folder, manifest, mapped=True)
        except FileNotFoundError:
            # If the manifest is still the same, no writer replaced the file: it is lost.
            missing = folder / manifest.file
            if snapshot.read_manifest(folder) == manifest:
                break
    raise VectorIndexError(f"{missing} is missing: build the index anew")


def _read(folder: Path, manifest: SnapshotManifest, *, mapped: bool) -> Any:  # noqa: ANN401
    try:
        path = snapshot.check_file(folder, manifest, contents=not mapped)
        index = structure.read(path, mapped=mapped)
    except FileNotFoundError:
        if mapped:
            raise
        raise VectorIndexError(
            f"{folder / manifest.file} is missing: build the index anew"
        ) from None
    except RuntimeError as error:
        # FAISS reports every failure as a RuntimeError, also a file that has just been replaced.
        if not (folder / manifest.file).exists():
            raise FileNotFoundError(manifest.file) from error
        raise VectorIndexError(f"{folder / manifest.file} is damaged: {error}") from error
    if index.ntotal != manifest.count or index.d != manifest.dimension:
        raise VectorIndexError(f"{folder / manifest.file} is not what its manifest says")
    return index


def _check(folder: Path, manifest: SnapshotManifest, dimension: int, model: str) -> None:
    if (manifest.dimension, manifest.model) != (dimension, model):
        raise VectorIndexError(
            f"{folder} holds vectors of {manifest.model} ({manifest.dimension} components), not of "
            f"{model} ({dimension}): set EMBEDDER_TYPE and EMBEDDER_MODEL back, or index anew"
        )


def _nothing(queries: int, count: int) -> tuple[Ids, Vectors]:
    return (
        np.full((queries, count), -1, dtype=np.int64),
        np.full((queries, count), -np.inf, dtype=np.float32),
    )


def _best(cosines: Vectors, ids: Ids, count: int) -> tuple[Ids, Vectors]:
    """Return the best ``count`` of cosines (q, n) by column, padded; ties go to the smaller id."""
    nearest, scores = _nothing(len(cosines), count)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    width = order.shape[1]
    nearest[:, :width] = ids[order]
    scores[:, :width] = np.take_along_axis(cosines, order, axis=1)
    return nearest, scores
