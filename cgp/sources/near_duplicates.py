"""Conversations that are nearly the same, found by MinHash.

Two conversations are near duplicates if the Jaccard similarity of their sets of five-word
shingles is at least a threshold. It is estimated from the smallest values of 128 random hashes of
each set (Broder 1997), compared only where one of the bands of values is equal
(locality-sensitive hashing; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter
3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cgp.conversation import Conversation

# The estimate of a likeness errs by about 1/sqrt(128), or 0.09.
PERMUTATIONS = 128
SHINGLE_WORDS = 5
DEFAULT_THRESHOLD = 0.8
_WORD = re.compile(r"\w+")
_CHUNK = 4096

Signature = NDArray[np.uint32]
"""Shape ``(PERMUTATIONS,)``."""


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """The conversation that another nearly repeats, and an estimate of their Jaccard similarity."""

    id: str
    similarity: float


class NearDuplicates:
    """The conversations seen so far. Memory is about 1 KB for each."""

    def __init__(self, threshold: float = DEFAULT_THRESHOLD) -> None:
        """Prepare an empty index.

        Raises:
            ValueError: if ``threshold`` is not above 0 and at most 1.
        """
        if not 0 < threshold <= 1:
            raise ValueError(f"the threshold must be above 0 and at most 1, not {threshold}")
        self._threshold = threshold
        self._rows = _rows_of_band(threshold)
        self._signatures: list[Signature] = []
        self._ids: list[str] = []
        self._bands: dict[bytes, list[int]] = {}
        # Fixed multipliers: the same conversations give the same decision in every run.
        generator = np.random.default_rng(20_240_229)
        self._a = generator.integers(1, 1 << 31, PERMUTATIONS, dtype=np.uint64) * np.uint64(
            2
        ) + np.uint64(1)
        self._b = generator.integers(0, 1 << 61, PERMUTATIONS, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, conversation: Conversation) -> NearDuplicate | None:
        """Return the conversation that this one nearly repeats, the nearest first seen; add it
        otherwise.

        A conversation that has been added under the same id is not a duplicate of itself.
        """
        signature = self._signature(conversation)
        # The band's place is part of its key: equal rows count in the same band only.
        bands = [
            start.to_bytes(2, "little") + signature[start : start + self._rows].tobytes()
            for start in range(0, PERMUTATIONS, self._rows)
        ]
        candidates = sorted({i for band in bands for i in self._bands.get(band, ())})
        best: NearDuplicate | None = None
        for i in candidates:
            if self._ids[i] == conversation.id:
                return None
            similarity = float(np.mean(self._signatures[i] == signature))
            if similarity >= self._threshold and (best is None or similarity > best.similarity):
                best = NearDuplicate(self._ids[i], similarity)
        if best is None:
            for band in bands:
                self._bands.setdefault(band, []).append(len(self._ids))
            self._signatures.append(signature)
            self._ids.append(conversation.id)
        return best

    def _signature(self, conversation: Conversation) -> Signature:
        """Return the MinHash of the conversation's shingles."""
        shingles = _shingles(conversation)
        signature = np.full(PERMUTATIONS, np.iinfo(np.uint32).max, dtype=np.uint32)
        for start in range(0, len(shingles), _CHUNK):
            part = shingles[start : start + _CHUNK, None]
            # Multiply-shift hashing (Dietzfelbinger et al. 1997): the top 32 bits of a*x + b mod
            # 2^64.
            values = (part * self._a + self._b) >> np.uint64(32)
            signature = np.minimum(signature, values.min(axis=0).astype(np.uint32))
        return signature


def _shingles(conversation: Conversation) -> NDArray[np.uint64]:
    """Return the hashes of the runs of five words (of all words, where there are fewer)."""
    words = [word for turn in conversation.turns for word in _WORD.findall(turn.text.casefold())]
    runs = {
        " ".join(words[i : i + SHINGLE_WORDS])
        for i in range(max(1, len(words) - SHINGLE_WORDS + 1))
    }
    # Eight bytes each, as one buffer that NumPy reads at once.
    hashes = b"".join(
        blake2b(run.encode("utf-8", "replace"), digest_size=8).digest() for run in runs
    )
    # Little-endian by name, so that the values are the same on every machine.
    return np.sort(np.frombuffer(hashes, dtype="<u8").astype(np.uint64))


def _rows_of_band(threshold: float) -> int:
    """Return the rows of a band for which a pair at the threshold is compared with 95 % or more."""
    for rows in (16, 8, 4, 2):
        bands = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= 0.95:
            return rows
    return 1
