"""The retriever: passages for a question, from the genome's index and from the library's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp import samples
from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.embedders import Embedder, default_embedder
from cgp.embedders.choose import make_embedder
from cgp.errors import CgpError
from cgp.privacy import STANDARD, Gate
from cgp.retrieval.passages import Level, Passage, QuotedTurn, RetrievalError
from cgp.retrieval.question import Question, read_question
from cgp.retrieval.ranking import ranked_windows
from cgp.retrieval.records import level_of, plain_record, source_of
from cgp.search import Filters, GenomeIndex, Hit, IndexExtent, IndexReader, SearchError
from cgp.windows import WindowPlan

MAX_PASSAGES: Final = 50
MAX_AROUND: Final = 50
"""Most neighbours of a turn on either side that are shown with it."""
MAX_TURN: Final = 10_000_000
"""Greatest number of a turn that is looked for: SQLite's integers end somewhere."""
EVERYBODY: Final = frozenset({Level.PUBLIC})


@dataclass(frozen=True, slots=True)
class _Shelf:
    """One index; ``sources`` gives the sources that a reader of some levels may see (None: all)."""

    reader: IndexReader
    folder: Path
    is_library: bool

    def filters(
        self, levels: AbstractSet[Level], conversations: frozenset[str] | None
    ) -> Filters | None:
        """Return the filters of a search here, None where nothing may be passages."""
        if not self.is_library:
            # What is in the genome is public: it went through the gate when it was indexed.
            return Filters(conversations=conversations) if Level.PUBLIC in levels else None
        sources = frozenset(source_of(level) for level in levels)
        return Filters(sources=sources, conversations=conversations)

    @property
    def is_there(self) -> bool:
        return (self.folder / "catalogue.sqlite").exists()


class Retriever:
    """Searches passages of conversations and of files. Any thread may use it.

    ``genome`` and ``library`` are folders of indexes; ``fallback`` stands for the genome as long as
    that folder holds none. Indexes that appear or change later are seen by the next search.
    """

    def __init__(
        self, genome: Path, library: Path, embedder: Embedder, *, fallback: Path | None = None
    ) -> None:
        def shelf(folder: Path, shelf_embedder: Embedder, *, is_library: bool = False) -> _Shelf:
            return _Shelf(IndexReader(folder, shelf_embedder), folder, is_library)

        self._genome = shelf(genome, embedder)
        self._library = shelf(library, embedder, is_library=True)
        self._fallback = None if fallback is None else shelf(fallback, default_embedder())
        self._lock = threading.Lock()  # over making the samples' index, once

    def search(
        self,
        question: str,
        *,
        levels: AbstractSet[Level] = EVERYBODY,
        limit: int = 6,
        conversations: Iterable[str] | None = None,
    ) -> list[Passage]:
        """Return the ``limit`` passages that fit a question best, the best first.

        Only rows of ``levels`` are searched, and with ``conversations`` only rows of these ids:
        both are conditions of the query itself.

        Raises:
            RetrievalError: if the question or the limit is out of bounds, or an index is unusable.
        """
        if not 1 <= limit <= MAX_PASSAGES:
            raise RetrievalError(f"limit must be 1 to {MAX_PASSAGES}, got {limit}")
        reading = read_question(question)
        among = None if conversations is None else frozenset(conversations)
        passages: list[Passage] = []
        try:
            for shelf in self._shelves():
                filters = shelf.filters(levels, among)
                if filters is not None:
                    passages += _passages(shelf, reading, filters, limit)
        except RetrievalError:
            raise
        except (CgpError, OSError, sqlite3.Error) as error:
            # Making the samples' index is the only write, and reading may need room too.
            raise RetrievalError(f"an index cannot be used: {error}; is the disk full?") from error
        return sorted(passages, key=lambda passage: (-passage.score, passage.place))[:limit]

    def respelled(self, question: str, *, levels: AbstractSet[Level] = EVERYBODY) -> str | None:
        """Return a question with near words in place of unsaid ones, None without any.

        Words are those of indexes that readers of ``levels`` may read whole, so nothing private
        shows, neither in a proposal nor in its absence.

        Raises:
            RetrievalError: if the question is out of bounds, or an index is unusable.
        """
        text = read_question(question).text
        try:
            for shelf in self._shelves():
                filters = shelf.filters(levels, None)
                if filters is None or (shelf.is_library and not levels >= frozenset(Level)):
                    continue
                with shelf.reader.index() as index:
                    meant = index.respelled(text, filters, lambda _conversation: True)
                if meant is not None:
                    return meant
        except (CgpError, OSError, sqlite3.Error) as error:
            raise RetrievalError(f"an index cannot be used: {error}") from error
        return None

    def turns_around(
        self,
        conversation: str,
        turn: int,
        *,
        levels: AbstractSet[Level] = EVERYBODY,
        before: int = 6,
        after: int = 6,
    ) -> Passage | None:
        """Return a turn with its neighbours, None if readers of ``levels`` have no such turn.

        Raises:
            RetrievalError: if a number is out of bounds, or an index is unusable.
        """
        if not (0 <= turn <= MAX_TURN and 0 <= before <= MAX_AROUND and 0 <= after <= MAX_AROUND):
            raise RetrievalError(
                f"a turn is 0 to {MAX_TURN}, and at most {MAX_AROUND} turns are shown on either side"
            )
        start, stop = max(0, turn - before), turn + after + 1
        try:
            for shelf in self._shelves():
                filters = shelf.filters(levels, frozenset({conversation}))
                if filters is None:
                    continue
                with shelf.reader.index() as index:
                    hits = index.windows_at(conversation, start, stop, filters)
                passage = _stretch(hits, start, stop, is_library=shelf.is_library)
                if passage is not None and any(quoted.number == turn for quoted in passage.turns):
                    return passage
        except (CgpError, OSError, sqlite3.Error) as error:
            raise RetrievalError(f"an index cannot be used: {error}") from error
        return None

    def extents(self) -> list[IndexExtent]:
        """Return the extents of the genome, or of the samples in its place, and of the library.

        Raises:
            RetrievalError: if an index is unusable.
        """
        try:
            extents = []
            for shelf in self._shelves():
                with shelf.reader.index() as index:
                    extents.append(index.extent(of_samples=shelf is self._fallback))
        except (CgpError, OSError, sqlite3.Error) as error:
            raise RetrievalError(f"an index cannot be used: {error}") from error
        return extents

    @property
    def uses_samples(self) -> bool:
        """True as long as the bundled samples stand for the genome."""
        return self._fallback is not None and not self._genome.is_there

    def close(self) -> None:
        """Close the indexes. Idempotent."""
        for shelf in (self._genome, self._library, self._fallback):
            if shelf is not None:
                shelf.reader.close()

    def _shelves(self) -> list[_Shelf]:
        genome = self._genome
        # Looked at in each search: a long-lived gateway sees the first index as soon as it is made.
        if not genome.is_there and self._fallback is not None:
            genome = self._fallback
            with self._lock:
                if not genome.is_there:
                    index_samples(genome.folder)
        return [shelf for shelf in (genome, self._library) if shelf.is_there]


def open_retriever(settings: Settings) -> Retriever:
    """Return a retriever over the index of ``DATA_DIR`` and the library.

    Where there is no index yet, the bundled samples stand for the genome: they are indexed at the
    first question, which takes a second.
    """
    return Retriever(
        settings.index_dir,
        library_dir(settings),
        make_embedder(settings),
        fallback=settings.data_dir / "retrieval" / "samples",
    )


def library_dir(settings: Settings) -> Path:
    """Return the folder of the library's index."""
    return settings.data_dir / "library"


def index_samples(folder: Path) -> None:
    """Index the bundled samples in ``folder``."""
    private_folder(folder)
    embedder = default_embedder()
    records = [
        plain_record(Gate.of(sample, STANDARD).conversation, embedder, WindowPlan())
        for sample in samples.load()
    ]
    with GenomeIndex.open(folder, embedder) as index:
        index.add(records)


def _passages(shelf: _Shelf, reading: Question, filters: Filters, limit: int) -> list[Passage]:
    try:
        with shelf.reader.index() as index:
            windows = ranked_windows(index, reading, filters, limit)
            scores = {window.number: window.confidence for window in windows}
            hits = index.windows_of(scores, limit)
    except SearchError as error:
        raise RetrievalError(str(error)) from error
    # A window whose lines are not its turns cannot be cited by turn.
    return [
        _passage(hit, is_library=shelf.is_library)
        for hit in hits
        if len(_lines(hit)) == hit.stop - hit.start
    ]


def _passage(hit: Hit, *, is_library: bool) -> Passage:
    return Passage(
        conversation=hit.conversation_id,
        first_turn=hit.start,
        last_turn=hit.stop - 1,
        turns=_turns(hit),
        score=hit.score,
        title=hit.title or hit.conversation_id,
        level=level_of(hit.source) if is_library else Level.PUBLIC,
        source=hit.source,
    )


def _stretch(hits: Sequence[Hit], start: int, stop: int, *, is_library: bool) -> Passage | None:
    """Return turns ``start`` to ``stop - 1`` of a conversation's windows as one passage."""
    turns: dict[int, QuotedTurn] = {}
    for hit in hits:
        # A window whose lines are not its turns cannot be cited by turn.
        if len(_lines(hit)) == hit.stop - hit.start:
            turns |= {t.number: t for t in _turns(hit) if start <= t.number < stop}
    if not turns:
        return None
    numbers = sorted(turns)
    return Passage(
        conversation=hits[0].conversation_id,
        first_turn=numbers[0],
        last_turn=numbers[-1],
        turns=tuple(turns[number] for number in numbers),
        score=1.0,
        title=hits[0].title or hits[0].conversation_id,
        level=level_of(hits[0].source) if is_library else Level.PUBLIC,
        source=hits[0].source,
    )


def _lines(hit: Hit) -> list[str]:
    """Return the lines of a window, one for each turn: ``name: words``."""
    text = hit.text
    for name in hit.participants:
        # A turn's words are on one line in the index; its speaker's name is as the source wrote it.
        if "\n" in name:
            text = text.replace(f"{name}: ", f"{' '.join(name.split())}: ")
    return text.split("\n")


def _turns(hit: Hit) -> tuple[QuotedTurn, ...]:
    # The longest name first: "Dr: Ana" would otherwise be cut at "Dr".
    names = sorted(
        (" ".join(name.split()) if "\n" in name else name for name in hit.participants),
        key=len,
        reverse=True,
    )
    return tuple(
        QuotedTurn(number, *_speaker_and_words(line, names))
        for number, line in enumerate(_lines(hit), hit.start)
    )


def _speaker_and_words(line: str, names: Sequence[str]) -> tuple[str, str]:
    for name in names:
        if line.startswith(f"{name}: "):
            return name, line[len(name) + 2 :]
    # Redaction may have changed a name within the line.
    name, _, words = line.partition(": ")
    return (name, words) if words else ("", line)
