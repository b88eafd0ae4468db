"""Novelty of a conversation against a corpus, by the latent model of the corpus's windows.

A window is as novel as the share of the corpus's held-out windows that the model explains better.
``cgp.quality`` takes this by the entry point ``latent``, and knows nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from cgp.arrays import Floats
from cgp.bounded_files import file_within
from cgp.conversation import Conversation
from cgp.embedders import Embedder, default_embedder
from cgp.errors import CgpError
from cgp.fractal.latent import Latent
from cgp.fractal.latent_training import (
    LEAST_ROWS,
    LatentPlan,
    LatentResult,
    LatentTrainingError,
    train_latent,
)

_VERSION = 2
# Turns of a window. Fewer say too little for a vector, more hide the one turn that is new.
_TURNS = 6
_LEAST_CHARACTERS = 40
# Bounds of held-out windows that a file keeps: enough for a share to a tenth of a percent.
_MOST_REFERENCES = 1000
_MOST_BYTES = 50_000_000


class NoveltyFileError(
    CgpError, ValueError, code="fractal.novelty_file", remedy="write it with cgp fractal corpus"
):
    """A file is not a latent model of a corpus, or one of another embedder."""


@dataclass(frozen=True)
class LatentNovelty:
    """Novelty against one corpus: a ``cgp.quality.CorpusNovelty``.

    ``references`` are bounds of windows of the corpus that were held out, ascending, nats.
    """

    model: Latent
    references: Floats
    embedder: Embedder

    @property
    def id(self) -> str:
        """Name of the measure, with the number of its reference windows."""
        return f"latent/{_VERSION}/{len(self.references)}"

    def novelty(self, conversation: Conversation) -> float | None:
        """Return the novelty of a conversation by the mean bound of its windows, 0 to 1; None
        without enough words.

        0.5 is as novel as the corpus itself.
        """
        rows = window_rows([conversation], self.embedder)
        if not len(rows):
            return None
        return float(self._shares_of(self.model.bounds(rows).mean(keepdims=True))[0])

    def shares(self, rows: Floats) -> Floats:
        """Return the novelty of window vectors, 0 to 1, shape ``(rows,)``."""
        return self._shares_of(self.model.bounds(rows))

    def _shares_of(self, bounds: Floats) -> Floats:
        places = np.searchsorted(self.references, bounds, side="left")
        ties = np.searchsorted(self.references, bounds, side="right")
        return np.asarray((places + ties) / (2.0 * len(self.references)))

    def to_bytes(self) -> bytes:
        """Return the model as safetensors."""
        from safetensors.numpy import save

        tensors = {n: t.astype(np.float32) for n, t in self.model.parameters.items()}
        # One entry: several would be written in an order that differs from run to run.
        document = {"version": _VERSION, "embedder": self.embedder.id}
        tensors["references"] = self.references.astype(np.float32)
        return save(tensors, {"novelty": json.dumps(document, sort_keys=True)})

    @classmethod
    def from_bytes(cls, data: bytes, source: str, embedder: Embedder) -> Self:
        """Read the result of ``to_bytes``.

        Raises:
            NoveltyFileError: if it is none, or of another embedder.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load

        if len(data) > _MOST_BYTES:
            raise NoveltyFileError(f"{source} has {len(data):,} bytes; at most {_MOST_BYTES:,}")
        try:
            tensors = {name: t.astype(np.float64) for name, t in load(data).items()}
            size = int.from_bytes(data[:8], "little")
            document = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["novelty"])
            references = tensors.pop("references")
            made_with, version = document["embedder"], document["version"]
            model = Latent(tensors)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise NoveltyFileError(
                f"{source} is not a latent model of a corpus: {error}"
            ) from error
        if version != _VERSION or made_with != embedder.id or model.inputs != embedder.dimension:
            raise NoveltyFileError(
                f"{source} is version {version} over {made_with!r}; needed: {_VERSION} over"
                f" {embedder.id!r}"
            )
        if references.ndim != 1 or not len(references) or not np.isfinite(references).all():
            raise NoveltyFileError(f"{source} has no finite references")
        return cls(model, np.sort(references), embedder)


def from_file(path: Path) -> LatentNovelty:
    """Return the novelty of a file: the function that the entry point ``latent`` names.

    Raises:
        NoveltyFileError: if the file is missing or no latent model of a corpus.
    """
    try:
        data = file_within(path, _MOST_BYTES)
    except OSError as error:
        raise NoveltyFileError(f"{path}: {error.strerror}") from error
    return LatentNovelty.from_bytes(data, str(path), default_embedder())


def learn_corpus(
    conversations: Iterable[Conversation], embedder: Embedder, plan: LatentPlan | None = None
) -> tuple[LatentNovelty, LatentResult]:
    """Train the latent model of a corpus; return it with the result of its training.

    Raises:
        LatentTrainingError: if the corpus has too few windows.
    """
    rows = window_rows(conversations, embedder)
    if len(rows) < LEAST_ROWS:
        raise LatentTrainingError(
            f"a corpus needs {LEAST_ROWS} windows of {_TURNS} turns; these conversations have {len(rows)}"
        )
    result = train_latent(rows, plan)
    # Bounds of windows that it learned from would be too low, and all that is new too novel.
    references = np.sort(result.model.bounds(result.held_out))
    places = np.linspace(0, len(references) - 1, min(len(references), _MOST_REFERENCES))
    return LatentNovelty(result.model, references[places.round().astype(int)], embedder), result


def window_rows(conversations: Iterable[Conversation], embedder: Embedder) -> Floats:
    """Return a vector for each window of some turns, shape ``(windows, dimension)``.

    Windows without a known word are left out.
    """
    texts = [text for conversation in conversations for text in _texts(conversation)]
    if not texts:
        return np.zeros((0, embedder.dimension))
    rows = embedder.embed(texts).astype(np.float64)
    return np.asarray(rows[np.abs(rows).max(axis=1) > 0.0])


def _texts(conversation: Conversation) -> list[str]:
    """Return the words of windows of equal length; names say nothing about what is new."""
    turns = [" ".join(turn.text.split()) for turn in conversation.turns]
    windows = [" ".join(turns[n : n + _TURNS]) for n in range(0, len(turns), _TURNS)]
    return [text for text in windows if len(text) >= _LEAST_CHARACTERS]
