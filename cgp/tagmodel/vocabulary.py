"""Statistics of words in annotated conversations: how common a stem is, and how often it is a tag.

They are part of the frozen base. A rate is smoothed towards the mean of all candidates, so that a
stem that training never saw has the mean rate.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cgp.tagmodel.candidate import Candidate, WindowReading

# Weight of the mean rate, in candidates.
_PRIOR = 3.0
# The rate of candidates that readers want, about, over all training windows.
_MEAN_RATE = 0.25
STATISTICS = (
    "key_rate",
    "key_seen",
    "head_rate",
    "head_seen",
    "first_rate",
    "least_rate",
    "most_rate",
)


@dataclass(slots=True)
class _Tally:
    wishes: float = 0.0
    count: float = 0.0

    def rate(self, leave: _Tally) -> float:
        wishes, count = self.wishes - leave.wishes, self.count - leave.count
        return (wishes + _PRIOR * _MEAN_RATE) / (count + _PRIOR)


_NONE = _Tally()


@dataclass(slots=True)
class Vocabulary:
    """Document frequencies of stems, and rates at which stems and phrases are wanted as tags."""

    windows: int = 0
    documents: dict[str, int] = field(default_factory=dict)
    tallies: dict[str, _Tally] = field(default_factory=dict)
    # Tallies by origin exist while training only: see ``statistics``.
    by_origin: dict[str, dict[str, _Tally]] = field(default_factory=dict)

    @classmethod
    def count(
        cls, readings: Sequence[WindowReading], wishes: Sequence[NDArray[np.bool_]]
    ) -> Vocabulary:
        """Count the stems of ``readings``; ``wishes`` says which candidates readers
        want as tags.
        """
        documents: Counter[str] = Counter()
        tallies: dict[str, _Tally] = defaultdict(_Tally)
        by_origin: dict[str, dict[str, _Tally]] = defaultdict(lambda: defaultdict(_Tally))
        for reading, wants in zip(readings, wishes, strict=True):
            documents.update(reading.stem_turns.keys())
            for candidate, want in zip(reading.candidates, wants, strict=True):
                for name in _names(candidate):
                    for tally in (tallies[name], by_origin[reading.origin][name]):
                        tally.count += 1
                        tally.wishes += float(want)
        return cls(len(readings), dict(documents), dict(tallies), dict(by_origin))

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency of a stem, in nats."""
        return math.log((self.windows + 1) / (self.documents.get(stem, 0) + 1))

    def statistics(self, reading: WindowReading, *, training: bool = False) -> NDArray[np.float64]:
        """Return one row of ``STATISTICS`` for each candidate.

        In training, the counts of the window's own origin are left out; else each rate would give
        away the label that it was counted from.
        """
        own_origin = self.by_origin.get(reading.origin, {}) if training else {}
        rows = []
        for candidate in reading.candidates:
            tallies = [
                (self.tallies.get(name, _NONE), own_origin.get(name, _NONE))
                for name in _names(candidate)
            ]
            rates = [tally.rate(leave) for tally, leave in tallies]
            counts = [math.log1p(max(0.0, tally.count - leave.count)) for tally, leave in tallies]
            words = rates[3:]
            rows.append(
                (rates[0], counts[0], rates[1], counts[1], rates[2], min(words), max(words))
            )
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(STATISTICS))

    def to_bytes(self) -> bytes:
        """Return the counts as JSON in UTF-8; stems seen in one candidate alone are left out."""
        document = {
            "windows": self.windows,
            "documents": {s: n for s, n in sorted(self.documents.items()) if n > 1},
            "tallies": {
                name: [tally.wishes, tally.count]
                for name, tally in sorted(self.tallies.items())
                if tally.count > 1
            },
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Vocabulary:
        """Read the result of ``to_bytes``.

        Raises:
            ValueError: if it is not such a document.
        """
        document = json.loads(data)
        if not isinstance(document, Mapping) or "tallies" not in document:
            raise ValueError("a vocabulary is an object with windows, documents and tallies")
        tallies = {name: _Tally(*pair) for name, pair in document["tallies"].items()}
        return cls(int(document["windows"]), dict(document["documents"]), tallies)


def _names(candidate: Candidate) -> Iterable[str]:
    """Return the names of a candidate's tallies: its key, its head, its first word, each word."""
    stems = candidate.stems
    yield f"k {' '.join(sorted(candidate.key))}"
    yield f"h {stems[-1]}"
    yield f"f {stems[0]}"
    for stem in sorted(candidate.key):
        yield f"w {stem}"
