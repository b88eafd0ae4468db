"""``GenomeIndex``: the searchable genome in a folder, for a writer or for any number of readers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Embedder
from cgp.errors import CgpError
from cgp.search import catalogue, spelling
from cgp.search.catalogue import CatalogueError
from cgp.search.derived import KINDS, VectorIndexes
from cgp.search.filters import Filters
from cgp.search.full_text import greatest_score, has_only_function_words, matches
from cgp.search.hits import Hit, hit_of
from cgp.search.index_extent import IndexExtent, last_change
from cgp.search.languages import has_recognised
from cgp.search.overview import Overview
from cgp.search.passages import each_passage_once
from cgp.search.ranking import LEAST_RELEVANCE, LEAST_TAG_COSINE, fits, relevances
from cgp.search.records import IndexedConversation
from cgp.text import normal_form
from cgp.vectors import VectorIndexError

Kind = Literal["windows", "conversations", "tags"]
MAX_RESULTS = 100
MAX_QUERY = 2000
# Windows that each side (words, meaning) hands to the fusion.
_CANDIDATES = 500
# Windows read for each conversation asked for: several of the best may belong to one conversation.
_WINDOWS_FOR_CONVERSATIONS = 10
_BATCH = 256
# Conversations that may wait for their vectors, as a share of those that have them.
_UNSAVED_SHARE = 0.25
# Windows read in one query, where it is not known how many will be shown.
_READ_AT_ONCE = 25
# SQLite limits the number of bound values in one statement.
_IN_ONE_QUERY = 500


class SearchError(CgpError, code="search.index", remedy="run cgp index to make the index"):
    """An index cannot be opened or searched; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class IndexStats:
    """Size of an index: its rows by kind, and its conversations by source."""

    conversations: int
    windows: int
    tags: int
    sources: dict[str, int]
    embedder: str


class GenomeIndex:
    """Search over a folder's catalogue and vectors. Not thread-safe."""

    def __init__(
        self, stack: ExitStack, folder: Path, embedder: Embedder, *, read_only: bool
    ) -> None:
        self._folder = folder
        self._embedder = embedder
        self._vectors = VectorIndexes(folder, embedder, mapped=read_only)
        stack.callback(self._vectors.close)
        self._catalogue = stack.enter_context(
            catalogue.open_catalogue(folder / "catalogue.sqlite", embedder.id, read_only=read_only)
        )
        if not read_only:
            self._vectors.follow(self._catalogue)

    @classmethod
    @contextmanager
    def open(
        cls, folder: Path, embedder: Embedder, *, read_only: bool = False
    ) -> Iterator[GenomeIndex]:
        """Open the index in ``folder``. A writer creates it where it is missing.

        A writer also makes the vectors that a crash left out.

        Raises:
            SearchError: if it is not there (read-only), is being written by another process, is
                damaged or was made with another embedder.
        """
        if read_only and not (folder / "catalogue.sqlite").exists():
            raise SearchError(f"there is no index in {folder} yet: make one with cgp index")
        with ExitStack() as stack:
            try:
                index = cls(stack, folder, embedder, read_only=read_only)
            except (CatalogueError, VectorIndexError) as error:
                raise SearchError(str(error)) from error
            yield index

    def add(
        self,
        records: Iterable[IndexedConversation],
        progress: Callable[[int], None] = lambda _count: None,
    ) -> int:
        """Add records in batches; return how many were new or changed.

        A record that is present is left alone, a changed one replaces it. After a kill at any point
        the finished batches are whole, and adding the same records again completes the rest.
        ``progress`` gets the number of changes after each batch. The vectors follow the batches
        now and then and at the end, so a reader finds the newest rows by their words first.
        """
        count = waiting = 0
        for batch in _batches(records, _BATCH):
            changes = catalogue.write_records(self._catalogue, batch)
            count += changes
            waiting += changes
            # A save writes every vector: one for each batch would cost the square of the index's
            # size.
            if waiting > _UNSAVED_SHARE * len(self._vectors.of("conversations")):
                self._vectors.follow(self._catalogue)
                waiting = 0
            progress(count)
        if waiting:
            self._vectors.follow(self._catalogue)
        return count

    def remove(self, ids: Iterable[str]) -> int:
        """Take conversations out of the index; return how many were in it."""
        count = catalogue.remove_records(self._catalogue, ids)
        if count:
            self._vectors.follow(self._catalogue)
        return count

    def entries(self) -> list[catalogue.Entry]:
        """Return every conversation of the index, in the order in which they came."""
        return catalogue.entries(self._catalogue)

    def has(self, ids: Iterable[str]) -> set[str]:
        """Return the subset of the conversations' ids that are in the index."""
        return catalogue.present_ids(self._catalogue, ids)

    def search(
        self,
        query: str,
        *,
        kind: Kind = "windows",
        filters: Filters | None = None,
        count: int = 10,
        weak: bool = False,
    ) -> list[Hit]:
        """Return the ``count`` best windows, conversations or tags for a query, the best first.

        Results of too little relevance are left out (all of them, where nothing in the index is
        about the query, or the query has only function words), unless ``weak`` asks for them. So
        are windows that show the passage of a better one (see ``passages``).

        Raises:
            ValueError: if the query or the count is empty or too large, or the kind is unknown.
            SearchError: if a language is asked for that the index of an earlier version lacks.
        """
        if not query.strip() or len(query) > MAX_QUERY:
            raise ValueError(f"a query has 1 to {MAX_QUERY} characters, got {len(query)}")
        if not 1 <= count <= MAX_RESULTS:
            raise ValueError(f"count must be 1 to {MAX_RESULTS}, got {count}")
        filters = filters or Filters()
        if filters.language is not None and not has_recognised(self._catalogue):
            raise SearchError(
                f"the index in {self._folder} is of an earlier version, which knows no languages: "
                "run cgp index once"
            )
        if kind == "tags":
            hits = self._tags(query, filters, count)
            exact = normal_form(query)
            return [
                hit
                for hit in hits
                if weak or hit.score >= LEAST_TAG_COSINE or normal_form(hit.text) == exact
            ]
        ranked = self.ranked_windows(query, filters)
        if not weak:
            ranked = {n: score for n, score in ranked.items() if score >= LEAST_RELEVANCE}
        if kind == "windows":
            return each_passage_once(self._windows_of(ranked), query, count)
        if kind == "conversations":
            return self._conversations(ranked, count)
        raise ValueError(f"kind must be windows, conversations or tags, got {kind!r}")

    def similar(self, conversation_id: str, count: int = 10) -> list[Hit]:
        """Return the conversations nearest to one, by the cosine of their vectors.

        Raises:
            KeyError: if the index does not hold that conversation.
        """
        row = self._catalogue.execute(
            "SELECT number FROM conversations WHERE id = ?", (conversation_id,)
        ).fetchone()
        index = self._vectors.of("conversations")
        if row is None or row[0] not in index.ids:
            raise KeyError(conversation_id)
        numbers, cosines = index.search(
            index.vectors_of(np.array(row)), min(count, MAX_RESULTS) + 1
        )
        hits = []
        for number, cosine in zip(numbers[0].tolist(), cosines[0].tolist(), strict=True):
            if number >= 0 and number != row[0]:
                row_of_hit = self._catalogue.execute(
                    "SELECT 0, c.id, c.title, c.source, c.participants, c.started_at, 0, c.turns, "
                    "c.tags, '' FROM conversations c WHERE c.number = ?",
                    (number,),
                ).fetchone()
                # A writer may just have removed it.
                hits += [hit_of(row_of_hit, cosine)] if row_of_hit else []
        return hits[:count]

    def stats(self) -> IndexStats:
        """Return the size of the index."""
        counts = {
            kind: self._catalogue.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]  # noqa: S608
            for kind in KINDS
        }
        sources = self._catalogue.execute(
            "SELECT source, count(*) FROM conversations GROUP BY source ORDER BY source"
        )
        return IndexStats(**counts, sources=dict(sources), embedder=self._embedder.id)

    def extent(self, *, of_samples: bool = False) -> IndexExtent:
        """Return the extent of the index."""
        count: int = self._catalogue.execute("SELECT count(*) FROM conversations").fetchone()[0]
        return IndexExtent(self._folder, count, last_change(self._folder, KINDS), of_samples)

    def overview(self) -> Overview:
        """Return counts over tags, participants and sources; good while this index is open."""
        return Overview(self._catalogue)

    def tag_vectors(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of tags by catalogue number, unit rows of shape (n, dimension).

        Raises:
            KeyError: if the index holds no vector of one of them.
        """
        return self._vectors.of("tags").vectors_of(numbers)

    def ranked_windows(self, query: str, filters: Filters) -> dict[int, float]:
        """Return windows by catalogue number with their relevance, the best first."""
        words = self.windows_by_words(query, filters)
        near = self.windows_by_meaning(query, filters, also=words)
        bound = self.greatest_score(query) or 1.0
        coverage = {number: score / bound for number, score in words.items()}
        window_fits = fits(coverage, near, self.conversations_of(near))
        has_content = not has_only_function_words(query)
        return relevances(window_fits, self.count_windows(filters), has_content=has_content)

    def windows_by_words(
        self, query: str, filters: Filters, weights: Sequence[float] = (1.0, 1.0)
    ) -> dict[int, float]:
        """Return windows by number with the BM25 of their text and tags, the best first."""
        return matches(self._catalogue, query, filters, _CANDIDATES, weights)

    def windows_by_meaning(
        self, query: str, filters: Filters, also: Iterable[int] = ()
    ) -> dict[int, float]:
        """Return windows by number with their cosine: the nearest, the best first,
        then ``also``.
        """
        index = self._vectors.of("windows")
        among = self._filtered_numbers(
            "w.number", "windows w JOIN conversations c ON c.number = w.conversation", filters
        )
        vector = self._embedder.embed([query])
        numbers, cosines = index.search(vector, _CANDIDATES, among=among)
        pairs = zip(numbers[0].tolist(), cosines[0].tolist(), strict=True)
        near = {number: cosine for number, cosine in pairs if number >= 0}
        rest = np.array(sorted(set(also) - set(near)), dtype=np.int64)
        rest = rest[np.isin(rest, index.ids)]
        if len(rest):
            cosines_of_others = index.vectors_of(rest) @ vector[0]
            near |= dict(zip(rest.tolist(), cosines_of_others.tolist(), strict=True))
        return near

    def _filtered_numbers(self, number: str, table: str, filters: Filters) -> np.ndarray | None:
        if not filters:
            return None
        where, values = filters.condition()
        rows = self._catalogue.execute(f"SELECT {number} FROM {table} WHERE {where}", values)  # noqa: S608
        return np.array([row[0] for row in rows], dtype=np.int64)

    def greatest_score(self, query: str) -> float:
        """Return the bound of ``windows_by_words`` for a query; see ``full_text``."""
        return greatest_score(self._catalogue, query)

    def conversations_of(self, windows: Iterable[int]) -> dict[int, int]:
        """Return the conversation's number by window number, for the windows that exist."""
        return catalogue.conversations_of(self._catalogue, windows)

    def respelled(
        self, query: str, filters: Filters, is_readable: Callable[[str], bool]
    ) -> str | None:
        """Return a query with near words in place of unsaid ones; see ``spelling``.

        The words are those of windows within filters, of conversations whose id ``is_readable``.
        """
        return spelling.respelled(self._catalogue, query, filters, is_readable)

    def count_windows(self, filters: Filters) -> int:
        """Return the number of windows within filters."""
        where, values = filters.condition()
        tables = "windows w JOIN conversations c ON c.number = w.conversation"
        query = f"SELECT count(*) FROM {tables} WHERE {where}"  # noqa: S608 - values are bound
        count: int = self._catalogue.execute(query, values).fetchone()[0]
        return count

    def windows_of(self, scores: Mapping[int, float], count: int) -> list[Hit]:
        """Return the first ``count`` windows of an order, by catalogue number with their score."""
        return list(itertools.islice(self._windows_of(scores, count), count))

    def _windows_of(
        self, scores: Mapping[int, float], at_once: int = _READ_AT_ONCE
    ) -> Iterator[Hit]:
        """Yield the windows of an order, read ``at_once`` at a time."""
        order = iter(scores)
        # A writer may remove some between ranking and reading: then the next ones are read.
        while numbers := list(itertools.islice(order, min(at_once, _IN_ONE_QUERY))):
            marks = ",".join("?" * len(numbers))
            rows = self._catalogue.execute(
                "SELECT w.number, c.id, c.title, c.source, c.participants, c.started_at, w.start, "  # noqa: S608
                "w.stop, w.tags, w.text FROM windows w JOIN conversations c "
                f"ON c.number = w.conversation WHERE w.number IN ({marks})",
                numbers,
            )
            by_number = {row[0]: row for row in rows}
            yield from (hit_of(by_number[n], scores[n]) for n in numbers if n in by_number)

    def windows_at(
        self, conversation_id: str, start: int, stop: int, filters: Filters
    ) -> list[Hit]:
        """Return a conversation's windows with turns of ``start`` to ``stop - 1``, in order."""
        where, values = filters.condition()
        rows = self._catalogue.execute(
            "SELECT w.number FROM windows w JOIN conversations c ON c.number = w.conversation "  # noqa: S608
            f"WHERE c.id = ? AND w.start < ? AND w.stop > ? AND {where} ORDER BY w.start, w.stop",
            (conversation_id, stop, start, *values),
        ).fetchall()
        numbers = {row[0]: 0.0 for row in rows}
        return self.windows_of(numbers, len(numbers))

    def _conversations(self, scores: dict[int, float], count: int) -> list[Hit]:
        best: dict[str, Hit] = {}
        for hit in self.windows_of(scores, min(len(scores), count * _WINDOWS_FOR_CONVERSATIONS)):
            best.setdefault(hit.conversation_id, hit)
        return list(best.values())[:count]

    def _tags(self, query: str, filters: Filters, count: int) -> list[Hit]:
        among = self._filtered_numbers(
            "DISTINCT t.tag",
            "conversation_tags t JOIN conversations c ON c.number = t.conversation",
            filters,
        )
        numbers, cosines = self._vectors.of("tags").search(
            self._embedder.embed([query]), count + 1, among=among
        )
        hits = []
        for number, cosine in zip(numbers[0].tolist(), cosines[0].tolist(), strict=True):
            row = self._catalogue.execute(
                "SELECT text, (SELECT count(*) FROM conversation_tags WHERE tag = number) "
                "FROM tags WHERE number = ?",
                (number,),
            ).fetchone()
            if row:
                hits.append(Hit(score=cosine, text=row[0], conversations=row[1]))
        # The tag that equals the query comes first, however near its neighbours in meaning are.
        exact = normal_form(query)
        return sorted(hits, key=lambda hit: normal_form(hit.text) != exact)[:count]


def _batches(
    records: Iterable[IndexedConversation], size: int
) -> Iterator[Sequence[IndexedConversation]]:
    iterator = iter(records)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch
