"""Labels of an open vocabulary: tags that readers gave to other conversations.

A label names what nobody says, such as *job interview*. It becomes a candidate of a window only
with support: the window says a word of it, or is close to it in meaning. The tag model judges it
like any other candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.candidates import Phrases
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.words import runs
from cgp.embedders import Embedder, Vectors, default_embedder
from cgp.loaded_once import loaded_once
from cgp.tagmodel import Candidate, released
from cgp.text import normal_form

# A window gets this many labels as candidates.
_COUNT = 12
# A label needs half of its words in the window, or this cosine to the window's words: a label that
# shares a common verb with the window is no topic of it.
_SAID = 0.5
_NEAR = 0.42
_WORD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Label:
    """A label, its language (ISO 639-1) and the origins of the windows that have it."""

    text: str
    language: str
    origins: tuple[str, ...]


class LabelIndex:
    """Labels with their static vectors."""

    def __init__(self, labels: Iterable[Label], embedder: Embedder) -> None:
        self.labels: tuple[Label, ...] = tuple(labels)
        texts = [normal_form(label.text) for label in self.labels]
        self._vectors: Vectors = embedder.embed(texts)
        self._stems = [_stems(label) for label in self.labels]
        self._rows: dict[str, list[int]] = {}
        for row, stems in enumerate(self._stems):
            for name in set(stems):
                self._rows.setdefault(name, []).append(row)
        self._sizes = np.array([max(1, len(set(stems))) for stems in self._stems])
        self._languages = np.array([label.language for label in self.labels])

    def candidates(
        self, phrases: Phrases, window_vector: Vectors, language: str, *, without: str = ""
    ) -> list[Candidate]:
        """Return the labels that a window supports best, as candidates.

        ``window_vector`` is the static vector of the window's content words. ``without`` leaves out
        labels that come from this origin alone, so that training does not see its own answers.
        """
        if not self.labels:
            return []
        share = self._word_share(phrases)
        cosines = (self._vectors @ window_vector).astype(np.float64)
        # The static embedder knows English; elsewhere only words count as support.
        near = (cosines >= _NEAR) & (language == "en")
        fit = np.where((share >= _SAID) | near, cosines + _WORD_SHARE * share, -1.0)
        fit[self._languages != language] = -1.0
        taken = {candidate.key for candidate in phrases.candidates}
        labels: list[Candidate] = []
        for row in np.argsort(-fit, kind="stable").tolist():
            if len(labels) == _COUNT or fit[row] <= 0.0:
                break
            label, stems = self.labels[row], self._stems[row]
            origins = len(label.origins) - (without in label.origins)
            if stems and origins > 0 and frozenset(stems) not in taken:
                taken.add(frozenset(stems))
                labels.append(Candidate(label.text, stems, label_origins=origins))
        return labels

    def _word_share(self, phrases: Phrases) -> NDArray[np.float64]:
        """Return, for each label, the share of its stems that the window says."""
        hits = np.zeros(len(self.labels))
        for name in phrases.stem_turns:
            rows = self._rows.get(name)
            if rows:
                hits[rows] += 1.0
        return np.asarray(hits / self._sizes)


def _stems(label: Label) -> tuple[str, ...]:
    english = label.language == "en"
    words = [word.casefold() for run in runs(label.text) for word in run]
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"}
    content = [word for word in words if not (english and word in small)]
    return tuple(stem(word.removesuffix("'s"), english=english) for word in content)


def labels_to_text(labels: Sequence[Label]) -> str:
    """Return labels as lines: language, number of origins, text; sorted, separated by tabs."""
    lines = [f"{label.language}\t{len(label.origins)}\t{label.text}" for label in labels]
    return "".join(f"{line}\n" for line in sorted(lines))


def shipped_labels(embedder: Embedder) -> LabelIndex:
    """Return the labels that come with the package, with vectors of ``embedder``."""
    if embedder is default_embedder():
        return _default_labels()
    return LabelIndex(_read_labels(), embedder)


@loaded_once
def _default_labels() -> LabelIndex:
    return LabelIndex(_read_labels(), default_embedder())


def _read_labels() -> list[Label]:
    labels = []
    for line in released("labels.tsv").decode().splitlines():
        language, origins, text = line.split("\t")
        # Who the origins were does not matter outside training; their number does.
        labels.append(Label(text, language, tuple(map(str, range(int(origins))))))
    return labels
