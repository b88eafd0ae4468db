"""Reading of a window: its words, segments and turns, and their vectors, read once.

The same background serves many tasks of a conversation, so its reading is kept.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from threading import Lock
from typing import TypeAlias, TypeVar

import numpy as np

from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.scoring.settings import WindowReadingSettings
from cgp.scoring.similarity import Matrix, exact_rows
from cgp.scoring.words import reduced_of
from cgp.text import normal_form

# A background serves all windows of a conversation, so few backgrounds but many readings are kept.
_KEPT_READINGS = 256
_KEPT_BACKGROUNDS = 16


@dataclass(frozen=True)
class WindowText:
    """The words, segments and turns of one window, in normal form.

    ``counts`` says how often each reduced word is said, ``reductions`` the reduced words of each
    word as written, in the order of their first appearance.
    """

    counts: Mapping[str, int]
    reductions: Mapping[str, Sequence[str]]
    segments: tuple[str, ...]
    turns: tuple[str, ...]

    @cached_property
    def total(self) -> int:
        """Number of words."""
        return sum(self.counts.values())

    @cached_property
    def surfaces(self) -> Mapping[str, str]:
        """The first full form of each reduced word."""
        surfaces: dict[str, str] = {}
        for word, pieces in self.reductions.items():
            for piece in pieces:
                if piece not in surfaces:
                    surfaces[piece] = word.strip(".,:;!?") if len(pieces) == 1 else piece
        return surfaces

    @cached_property
    def transcript(self) -> str:
        """The turns between line breaks, with a space at both ends."""
        return "".join(f"\n {turn} \n" for turn in self.turns)


def read_window(turn_texts: Sequence[str], settings: WindowReadingSettings) -> WindowText:
    """Read the turns of a window; a long turn becomes several segments."""
    counts: dict[str, int] = {}
    reductions: dict[str, Sequence[str]] = {}
    segments: list[str] = []
    turns = tuple(map(normal_form, turn_texts))
    words_by_turn = [turn.split() for turn in turns]
    size = settings.segment_words
    for words in words_by_turn:
        segments.extend(" ".join(words[i : i + size]) for i in range(0, len(words), size))
    for word, count in Counter(chain.from_iterable(words_by_turn)).items():
        pieces = reductions[word] = reduced_of(word)
        for piece in pieces:
            counts[piece] = counts.get(piece, 0) + count
    return WindowText(counts, reductions, tuple(segments[: settings.segments]), turns)


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
        """Rows of the turns, shape ``(turns, dimension)``; most of them are a segment each."""
        place = {text: row for row, text in enumerate(self.text.segments)}
        long_turns = [turn for turn in dict.fromkeys(self.text.turns) if turn not in place]
        place |= {turn: row for row, turn in enumerate(long_turns, len(self.text.segments))}
        # Most turns are a segment too, and embedded already; only the long ones are embedded here.
        rows = np.concatenate((self.segments, exact_rows(self._embedder.embed(long_turns))))
        return rows[[place[turn] for turn in self.text.turns]]


@dataclass(frozen=True, eq=False)
class BackgroundText:
    """Text of windows of other conversations, together.

    ``counts`` says how often each reduced word is said, ``total`` is the number of all words,
    ``segments`` has the rows of each window that has any.
    """

    counts: Mapping[str, int]
    total: int
    segments: tuple[Matrix, ...]

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> BackgroundText:
        """Return the background that these readings make."""
        counts: Counter[str] = Counter()
        for reading in readings:
            counts.update(reading.text.counts)
        segments = tuple(reading.segments for reading in readings if reading.text.segments)
        return cls(counts, sum(counts.values()), segments)


_Texts: TypeAlias = tuple[str, ...]
_Value = TypeVar("_Value")
_Key = TypeVar("_Key")


class Reader:
    """Reads windows, and keeps the latest readings by their text. Thread-safe."""

    def __init__(self, embedder: Embedder, settings: WindowReadingSettings) -> None:
        self._embedder = embedder
        self._settings = settings
        self._readings: OrderedDict[_Texts, Reading] = OrderedDict()
        self._backgrounds: OrderedDict[tuple[_Texts, ...], BackgroundText] = OrderedDict()
        self._lock = Lock()

    def read(self, window: Conversation) -> Reading:
        """Return the reading of a window; equal turns give the same one."""
        return self._reading(_texts_of(window))

    def background(self, windows: Sequence[Conversation]) -> BackgroundText:
        """Return the reading of windows of other conversations; equal turns give the same."""
        texts = tuple(map(_texts_of, windows))

        def read() -> BackgroundText:
            return BackgroundText.of([self._reading(window_texts) for window_texts in texts])

        return self._recall(self._backgrounds, texts, read, _KEPT_BACKGROUNDS)

    def _reading(self, texts: _Texts) -> Reading:
        def read() -> Reading:
            return Reading(read_window(texts, self._settings), self._embedder)

        return self._recall(self._readings, texts, read, _KEPT_READINGS)

    def _recall(
        self, cache: OrderedDict[_Key, _Value], key: _Key, make: Callable[[], _Value], size: int
    ) -> _Value:
        with self._lock:
            if (value := cache.get(key)) is not None:
                # The latest use stands last, so the first entry is the one to drop.
                cache.move_to_end(key)
                return value
        # Made outside the lock: two threads may read one window twice, but neither waits.
        result = make()
        with self._lock:
            cache[key] = result
            while len(cache) > size:
                cache.popitem(last=False)
        return result


def _texts_of(window: Conversation) -> _Texts:
    return tuple(turn.text for turn in window.turns)
