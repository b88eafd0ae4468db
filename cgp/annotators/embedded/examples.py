"""Training examples for the tag model, from annotated windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.labels import (
    Label,
    LabelIndex,
    LabelVectors,
    situations,
    vectors_of,
)
from cgp.annotators.embedded.reading import Window, read_window, reading_of
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.gold import GoldWindow, word_form
from cgp.gold.matching import ACCEPTED_COSINE
from cgp.tagmodel import WindowReading
from cgp.tagmodel.training import Example

_LABEL_WORDS = 4
# An error on a window that was written to train costs this much of one on a real conversation. Of
# 1, .5 and .3, leaving out one kind of real talk after the other likes this one best.
_WRITTEN_WEIGHT = 0.3
# An error on a tag that a reader listed as bad costs as much as on two other candidates.
_REJECTED_WEIGHT = 2.0
# Credit of a candidate that a judge takes for a wanted tag, but that has other words. Of the values
# 1, .6, .45, .3 and .15, leaving out one kind of talk after the other likes this one best.
_OTHER_WORDS = 0.3


@dataclass(frozen=True)
class TrainingSet:
    """Examples, and the labels that windows of other origins may take as candidates."""

    examples: tuple[Example, ...]
    labels: tuple[Label, ...]
    label_vectors: LabelVectors


def training_set(
    real: Sequence[GoldWindow],
    embedder: Embedder,
    encoder: Encoder,
    *,
    written: Sequence[GoldWindow] = (),
) -> TrainingSet:
    """Return the training examples of annotated windows: of ``real`` conversations, and of those
    that were ``written`` to train.
    """
    gold = [*real, *written]
    # Without dictionaries, so that the same files give the same model whatever is installed.
    windows = [read_window(item.window, ()) for item in gold]
    labels = labels_of(gold, windows)
    nothing = LabelIndex((), embedder)
    passages = [
        reading.passages.vectors
        for item, window in zip(gold, windows, strict=True)
        if (reading := reading_of(window, item.window, nothing, embedder, lambda: encoder)).passages
        is not None
    ]
    passage_vectors = (
        np.vstack(passages) if passages else np.zeros((0, encoder.dimension), np.float32)
    )
    vectors = vectors_of(labels, encoder, passage_vectors)
    index = LabelIndex(labels, embedder, vectors)
    errors = [1.0] * len(real) + [_WRITTEN_WEIGHT] * len(written)
    examples = [
        example_of(
            item,
            reading_of(window, item.window, index, embedder, lambda: encoder, origin=_origin(item)),
            encoder,
            error=error,
        )
        for item, window, error in zip(gold, windows, errors, strict=True)
    ]
    return TrainingSet(tuple(examples), labels, vectors)


def labels_of(gold: Sequence[GoldWindow], windows: Sequence[Window]) -> tuple[Label, ...]:
    """Return the labels that a training set offers as candidates, sorted by language and text.

    They are the project's own situations (English), and the wordings of at most ``_LABEL_WORDS``
    words that readers gave to the windows. Each has the origins of the windows that it was given
    to, so that a window is not trained on a label of its own conversation alone.
    """
    situation_keys = {("en", name) for name in situations()}
    # A dict as an ordered set: the same gold gives the same file.
    origins: dict[tuple[str, str], dict[str, None]] = {key: {} for key in situation_keys}
    for item, window in zip(gold, windows, strict=True):
        for tag in item.tags:
            for wording in tag.wordings:
                if len(wording.split()) <= _LABEL_WORDS:
                    origins.setdefault((window.language, wording), {})[_origin(item)] = None
    return tuple(
        Label(text, language, tuple(names), (language, text) in situation_keys)
        for (language, text), names in sorted(origins.items())
    )


def example_of(
    gold: GoldWindow, reading: WindowReading, encoder: Encoder, *, error: float = 1.0
) -> Example:
    """Return the example of one annotated window; ``error`` says how much its errors cost.

    A candidate has whole credit if it matches a wording by its words, and some if it matches by the
    encoder's cosine alone: in English, the one language that the encoder knows.
    """
    wordings = [(tag, wording) for tag in gold.tags for wording in tag.wordings]
    forms = {word_form(wording): tag for tag, wording in reversed(wordings)}
    reject_forms = {word_form(tag.text) for tag in gold.reject}
    texts = [candidate.text for candidate in reading.candidates]
    close: NDArray[np.float32] = np.zeros((len(texts), len(wordings)), dtype=np.float32)
    if texts and wordings and reading.language == "en":
        vectors = encoder.encode([*texts, *(wording for _, wording in wordings)])
        close = vectors[: len(texts)] @ vectors[len(texts) :].T
    credit = np.zeros(len(texts))
    weights = np.ones(len(texts))
    for row, text in enumerate(texts):
        form = word_form(text)
        tag = forms.get(form)
        if tag is not None:
            credit[row] = 1.0
        elif wordings and reading.language == "en" and close[row].max() >= ACCEPTED_COSINE:
            tag = wordings[int(close[row].argmax())][0]
            credit[row] = _OTHER_WORDS
        if tag is not None:
            weights[row] = 0.5 + 0.5 * tag.weight
        elif form in reject_forms:
            weights[row] = _REJECTED_WEIGHT
    return Example(reading, credit, weights * error)


def _origin(gold: GoldWindow) -> str:
    return gold.origin or gold.id
