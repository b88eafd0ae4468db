"""The genome map: every tag as a point in two dimensions, in clusters with names.

Clusters are those of k-means (Lloyd 1982) in the full space, so that they keep what two dimensions
lose. The points are the first two principal components (Pearson 1901; Hotelling 1933) of the tags'
vectors, each moved halfway to its cluster's centre: the components of the vectors alone hold a few
per cent of the variance, and a reader would see one cloud. A cluster's name is the tag of most
conversations among those nearest its centre.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cgp.search import GenomeIndex
from cgp.search.overview import TagCount

Floats = NDArray[np.float32]

T = TypeVar("T")

MOST_CLUSTERS = 24
_SEED = 7
_ROUNDS = 20
_SAMPLE = 20_000
"""Tags that the components and the clusters are learned from; the others are placed by them."""

_PLAIN = 0.85
"""Part of the map in which places are true; towards its edge they come ever nearer."""

_NAMED_AMONG = 12
_TAGS_OF_CLUSTER = 12


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster: its name, place on the map, number of tags, and its most frequent tags."""

    name: str
    x: float
    y: float
    size: int
    tags: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class GenomeMap:
    """All tags with their places.

    ``points`` is float32 of shape (n, 2), within -1 to 1; ``clusters_of`` uint8 of shape (n,);
    ``explained`` is the share of the variance that lies in the two dimensions.
    """

    tags: Sequence[TagCount]
    points: Floats
    clusters_of: NDArray[np.uint8]
    clusters: Sequence[Cluster]
    variance: float

    def wire(self) -> bytes:
        """Return the points for the page: n rows of x, y, conversations (float32), then n clusters.

        All little-endian; the number of rows is a uint32 in front.
        """
        sizes = np.array([tag.conversations for tag in self.tags], dtype="<f4")
        rows = np.column_stack([self.points, sizes]).astype("<f4")
        return bytes(
            np.uint32(len(self.tags)).astype("<u4").tobytes()
            + rows.tobytes()
            + self.clusters_of.tobytes()
        )


def tags_and_vectors(index: GenomeIndex) -> tuple[list[TagCount], Floats]:
    """Return an index's tags, the most frequent first, and their unit vectors of shape (n, d)."""
    # The page draws them in this order, over several frames.
    tags = sorted(index.overview().tag_sizes(), key=lambda tag: (-tag.conversations, tag.number))
    if not tags:
        return [], np.zeros((0, 2), dtype=np.float32)
    return tags, index.tag_vectors(np.array([tag.number for tag in tags], dtype=np.int64))


def place_tags(tags: Sequence[TagCount], vectors: Floats) -> GenomeMap:
    """Return the map of ``tags`` with unit ``vectors``, ``(n, d)``; the same give the same map."""
    if not tags:
        empty = np.zeros((0, 2), dtype=np.float32)
        return GenomeMap((), empty, np.zeros(0, dtype=np.uint8), (), 0.0)
    generator = np.random.default_rng(_SEED)
    sample = vectors
    if len(vectors) > _SAMPLE:
        sample = vectors[np.sort(generator.choice(len(vectors), _SAMPLE, replace=False))]
    count = min(MOST_CLUSTERS, max(1, round(math.sqrt(len(tags) / 2))))
    centres = _centres(sample, count, generator)
    nearest = _nearest(vectors, centres)
    places = _Places.of(sample, centres[_nearest(sample, centres)])
    points = places.within(vectors, centres, nearest)
    sizes = np.array([tag.conversations for tag in tags])
    clusters = [
        _cluster(
            np.flatnonzero(nearest == number),
            centre,
            tags=tags,
            sizes=sizes,
            vectors=vectors,
            points=points,
        )
        for number, centre in enumerate(centres)
    ]
    return GenomeMap(tags, points, nearest, clusters, places.variance)


@dataclass(frozen=True, eq=False, slots=True)
class _Places:
    """The plane of the first two components: its axes (d, 2), and ``origin``, its middle (2,)."""

    axes: Floats
    origin: Floats
    variance: float

    @classmethod
    def of(cls, sample: Floats, centres: Floats) -> _Places:
        """Return the plane of a sample of vectors (n, d), each with its cluster's centre."""
        moved = (sample + centres) / 2
        mean = moved.mean(axis=0)
        spread = moved - mean
        values, axes = np.linalg.eigh(spread.T @ spread)
        two = axes[:, ::-1][:, :2]
        # An eigenvector's sign is arbitrary: its greatest entry is made positive, so that maps
        # agree.
        signs = np.sign(two[np.abs(two).argmax(axis=0), [0, 1]])
        two = two * np.where(signs == 0, 1, signs)
        total = float(values.sum())
        variance = float(values[-2:].sum() / total) if total > 0 else 0.0
        return cls(two.astype(np.float32), (mean @ two).astype(np.float32), variance)

    def within(self, vectors: Floats, centres: Floats, nearest: NDArray[np.uint8]) -> Floats:
        """Return places within -1 to 1 of vectors (n, d), each moved halfway to its centre."""
        # Halfway after the projection: 100,000 sums of two numbers, not of 256.
        points = (vectors @ self.axes + (centres @ self.axes)[nearest]) / 2 - self.origin
        # A few far points would press all others together: they come nearer, in their order.
        low, high = np.quantile(points, (0.01, 0.99), axis=0)
        middle, reach = (low + high) / 2, (high - low) / 2
        places = (points - middle) / np.where(reach > 0, reach, 1) * _PLAIN
        beyond = np.maximum(np.abs(places) - _PLAIN, 0)
        nearer = _PLAIN + (1 - _PLAIN) * beyond / (beyond + 1 - _PLAIN)
        near: Floats = np.where(beyond > 0, np.sign(places) * nearer, places).astype(np.float32)
        return near


def _centres(sample: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Return unit centres of shape (at most ``count``, d) by k-means on the sphere."""
    centres = sample[generator.choice(len(sample), min(count, len(sample)), replace=False)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        # A centre without points stays where it is.
        next_centres = np.where(norms > 0, sums / np.where(norms > 0, norms, 1), centres)
        if np.allclose(next_centres, centres, atol=1e-4):
            break
        centres = next_centres.astype(np.float32)
    return centres


def _nearest(vectors: Floats, centres: Floats) -> NDArray[np.uint8]:
    nearest: NDArray[np.uint8] = np.argmax(vectors @ centres.T, axis=1).astype(np.uint8)
    return nearest


def _cluster(
    members: NDArray[np.intp],
    centre: Floats,
    *,
    tags: Sequence[TagCount],
    sizes: NDArray[np.int64],
    vectors: Floats,
    points: Floats,
) -> Cluster:
    if not len(members):
        return Cluster("", 0.0, 0.0, 0, ())
    near = members[np.argsort(-(vectors[members] @ centre), kind="stable")[:_NAMED_AMONG]]
    name = near[np.argmax(sizes[near])]
    frequent = members[np.argsort(-sizes[members], kind="stable")[:_TAGS_OF_CLUSTER]]
    # The median: a few far members must not pull the name away from the crowd.
    x, y = np.median(points[members], axis=0).tolist()
    return Cluster(
        tags[name].text,
        x,
        y,
        len(members),
        tuple(tags[n].text for n in frequent),
    )


@dataclass(frozen=True, eq=False, slots=True)
class Document:
    """Bytes to serve, packed once as ``gzip_form``; ``tag`` names their content."""

    content: bytes
    gzip_form: bytes
    tag: str

    @classmethod
    def of(cls, content: bytes) -> Document:
        """Return the document of some content."""
        # The lowest level: a higher one takes thrice as long and saves a tenth of a megabyte.
        gzip_form = gzip.compress(content, compresslevel=1, mtime=0)
        return cls(content, gzip_form, f'"{hashlib.sha256(content).hexdigest()[:24]}"')


@dataclass(frozen=True, eq=False, slots=True)
class ServedMap:
    """A map with the two documents that a page's script reads.

    ``names`` is JSON: the tags' texts, and the clusters' names and places, in the points' order.
    """

    genome_map: GenomeMap
    points: Document
    names: Document

    @classmethod
    def of(cls, genome_map: GenomeMap) -> ServedMap:
        """Return a map with its documents."""
        clusters = [
            {"name": cluster.name, "x": cluster.x, "y": cluster.y}
            for cluster in genome_map.clusters
        ]
        names = {"tags": [tag.text for tag in genome_map.tags], "clusters": clusters}
        document = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
        return cls(
            genome_map,
            Document.of(genome_map.wire()),
            Document.of(document.encode("utf-8", "replace")),
        )


class ReadIndex(Protocol):
    """Lends the index to one thread at a time; see ``Explorer.read_index``."""

    def __call__(self, read: Callable[[GenomeIndex], T]) -> T | None:
        """Return the result of ``read`` on the index, None where there is no index."""
        ...


class MapMaker:
    """Makes the map once for each state of the index. Thread-safe.

    A map of 100,000 tags takes seconds: while one reader makes the next map, others get the last.
    """

    def __init__(self, read_index: ReadIndex) -> None:
        self._read_index = read_index
        self._lock = threading.Lock()  # two readers never make the same map twice
        self._made: ServedMap | None = None
        self._state: object = None

    def current(self) -> ServedMap | None:
        """Return the latest map, None without an index. Blocks while the first map is made."""
        index = self._read_index(lambda index: index)
        if index is None:
            return None
        latest = self._made
        # The reader opens a new index object when a writer has saved a newer state.
        if latest is not None and self._state is index:
            return latest
        if not self._lock.acquire(blocking=latest is None):
            return latest
        try:
            if self._made is latest:
                self._make()
            return self._made
        finally:
            self._lock.release()

    def _make(self) -> None:
        # Other pages need the index too: it is lent for reading only, not while points are placed.
        reading = self._read_index(lambda index: (index, *tags_and_vectors(index)))
        if reading is not None:
            index, tags, vectors = reading
            self._made, self._state = ServedMap.of(place_tags(tags, vectors)), index
