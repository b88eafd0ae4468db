"""What a window says: its words, segments and turns, and their vectors, read once.

A background window serves many tasks of a conversation, so what was read of it is kept.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from threading import Lock

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.scoring.settings import WindowSettings
from cgp.scoring.similarity import Matrix, exact_rows
from cgp.scoring.words import reduced_of
from cgp.text import normal_form

_KEPT_READINGS = 256


@dataclass(frozen=True)
class WindowText:
    """The words, segments and turns of one window, in normal form.

    ``counts`` says how often each reduced word is said, ``surfaces`` the first full form of each,
    ``reduced`` the reduced words of each word as written.
    """

    counts: Mapping[str, int]
    surfaces: Mapping[str, str]
    reduced: Mapping[str, Sequence[str]]
    segments: tuple[str, ...]
    turns: tuple[str, ...]

    @cached_property
    def total(self) -> int:
        """Number of words."""
        return sum(self.counts.values())

    @cached_property
    def spoken(self) -> str:
        """The turns between line breaks, with a space at both ends."""
        return "".join(f"\n {turn} \n" for turn in self.turns)


def read_window(window: Conversation, settings: WindowSettings) -> WindowText:
    """Read a window's turns; a long turn becomes several segments."""
    counts: dict[str, int] = {}
    surfaces: dict[str, str] = {}
    reduced: dict[str, Sequence[str]] = {}
    segments: list[str] = []
    turns = tuple(normal_form(turn.text) for turn in window.turns)
    written = [turn.split() for turn in turns]
    size = settings.segment_words
    for words in written:
        segments.extend(" ".join(words[i : i + size]) for i in range(0, len(words), size))
    for word, count in Counter(chain.from_iterable(written)).items():
        pieces = reduced[word] = reduced_of(word)
        for piece in pieces:
            counts[piece] = counts.get(piece, 0) + count
            if piece not in surfaces:
                surfaces[piece] = word.strip(".,:;!?") if len(pieces) == 1 else piece
    return WindowText(counts, surfaces, reduced, tuple(segments[: settings.segments]), turns)


class Reading:
    """One window's text, and the exact rows of its segments and turns, embedded when asked for."""

    def __init__(self, text: WindowText, embedder: Embedder) -> None:
        self.text = text
        self._embedder = embedder

    @cached_property
    def segments(self) -> Matrix:
        """Rows of the segments, shape ``(segments, dimension)``."""
        return exact_rows(self._embedder.embed(self.text.segments))

    @cached_property
    def turns(self) -> Matrix:
        """Rows of the turns, shape ``(turns, dimension)``."""
        return exact_rows(self._embedder.embed(self.text.turns))


class Reader:
    """Reads windows, and keeps the latest readings by what was said. Thread-safe."""

    def __init__(self, embedder: Embedder, settings: WindowSettings) -> None:
        self._embedder = embedder
        self._settings = settings
        self._readings: OrderedDict[tuple[str, ...], Reading] = OrderedDict()
        self._lock = Lock()

    def read(self, window: Conversation) -> Reading:
        """Return the reading of a window; equal turns give the same one."""
        said = tuple(turn.text for turn in window.turns)
        with self._lock:
            if (known := self._readings.get(said)) is not None:
                self._readings.move_to_end(said)
                return known
        reading = Reading(read_window(window, self._settings), self._embedder)
        with self._lock:
            self._readings[said] = reading
            while len(self._readings) > _KEPT_READINGS:
                self._readings.popitem(last=False)
        return reading
