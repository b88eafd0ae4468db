"""Training examples for the tag model, from annotated windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.labels import Label, LabelIndex
from cgp.annotators.embedded.reading import Window, read_window, reading_of
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.gold import GoldWindow, word_form
from cgp.gold.matching import ACCEPTED_COSINE
from cgp.tagmodel import WindowReading
from cgp.tagmodel.training import Example

_LABEL_WORDS = 4
# An error on a tag that a reader listed as bad costs as much as on two other candidates.
_REJECTED_WEIGHT = 2.0


@dataclass(frozen=True)
class TrainingSet:
    """Examples, and the labels that windows of other origins may take as candidates."""

    examples: tuple[Example, ...]
    labels: tuple[Label, ...]


def training_set(gold: Sequence[GoldWindow], embedder: Embedder, encoder: Encoder) -> TrainingSet:
    """Return the training examples of annotated windows."""
    windows = [read_window(item.window) for item in gold]
    labels = labels_of(gold, windows)
    index = LabelIndex(labels, embedder)
    examples = [
        example_of(
            item, reading_of(window, item.window, index, embedder, origin=_origin(item)), encoder
        )
        for item, window in zip(gold, windows, strict=True)
    ]
    return TrainingSet(tuple(examples), labels)


def labels_of(gold: Sequence[GoldWindow], windows: Sequence[Window]) -> tuple[Label, ...]:
    """Return the wordings of all wanted tags that are short enough, each with its origins."""
    origins: dict[tuple[str, str], dict[str, None]] = {}
    for item, window in zip(gold, windows, strict=True):
        for tag in item.tags:
            for wording in tag.wordings:
                if len(wording.split()) <= _LABEL_WORDS:
                    origins.setdefault((window.language, wording), {})[_origin(item)] = None
    return tuple(
        Label(text, language, tuple(names)) for (language, text), names in sorted(origins.items())
    )


def example_of(gold: GoldWindow, reading: WindowReading, encoder: Encoder) -> Example:
    """Return the example of one annotated window.

    A candidate is wanted if it matches a wording by its words, or by the encoder's cosine.
    """
    wordings = [(tag, wording) for tag in gold.tags for wording in tag.wordings]
    forms = {word_form(wording): tag for tag, wording in wordings}
    rejected = {word_form(tag.text) for tag in gold.reject}
    texts = [candidate.text for candidate in reading.candidates]
    close: NDArray[np.float32] = np.zeros((len(texts), len(wordings)), dtype=np.float32)
    if texts and wordings:
        vectors = encoder.encode([*texts, *(wording for _, wording in wordings)])
        close = vectors[: len(texts)] @ vectors[len(texts) :].T
    wanted = np.zeros(len(texts), dtype=bool)
    weights = np.ones(len(texts))
    for row, text in enumerate(texts):
        form = word_form(text)
        tag = forms.get(form)
        if tag is None and wordings and close[row].max() >= ACCEPTED_COSINE:
            tag = wordings[int(close[row].argmax())][0]
        if tag is not None:
            wanted[row] = True
            weights[row] = 0.5 + 0.5 * tag.weight
        elif form in rejected:
            weights[row] = _REJECTED_WEIGHT
    return Example(reading, wanted, weights)


def _origin(gold: GoldWindow) -> str:
    return gold.origin or gold.id
