"""Labels of an open vocabulary: tags that readers gave to other conversations, and situations.

A label names a subject in words that need not be said, as *job interview*. It becomes a candidate
of a window only with support: passages of the window are close to it in meaning, or the window
says half of its words. A *general* label, one that fits many conversations, may have the first
kind of support with a single word said; only the project's own situations may be unsaid altogether.
The tag model judges labels like any other candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.candidates import Phrases
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.words import runs
from cgp.embedders import Embedder, Vectors, default_embedder
from cgp.encoders import Encoder
from cgp.loaded_once import loaded_once
from cgp.tagmodel import Candidate, LabelSupport, Passages, released_file
from cgp.tagmodel.encoded import centre
from cgp.text import normal_form

# A window gets this many general labels, and this many others, as candidates.
_GENERAL = 12
_SPECIFIC = 8
# A label that this many conversations have is general.
_MANY_ORIGINS = 3
# A label that is not general needs half of its words in the window.
_LEAST_WORD_SHARE = 0.5
_GENERAL_WORD_SHARE = 0.2
# A window without this many content words has no labels: a greeting, too, is near to something.
_CONTENT_WORDS = 4
_WORD_SHARE = 0.5
_SCALE = 127.0


@dataclass(frozen=True, slots=True)
class Label:
    """A label, its language (ISO 639-1) and the origins of the windows that have it.

    ``written`` says that it stands in the project's list of situations.
    """

    text: str
    language: str
    origins: tuple[str, ...]
    written: bool = False

    @property
    def general(self) -> bool:
        """True if the label fits many conversations."""
        return self.written or len(self.origins) >= _MANY_ORIGINS


@dataclass(frozen=True, slots=True, eq=False)
class LabelVectors:
    """The encoder's vectors of the English labels, in their order: the encoder knows no others.

    ``vectors`` is int8, shape ``(English labels, dimension)``, a component times 127. ``to_any`` is
    the cosine of each to the passages of any conversation, float32, one number a row.
    """

    vectors: NDArray[np.int8]
    to_any: NDArray[np.float32]


def vectors_of(labels: Sequence[Label], encoder: Encoder, passages: Vectors) -> LabelVectors:
    """Return the vectors of ``labels``; ``passages`` holds vectors of conversations, row by row."""
    english = [label.text for label in labels if label.language == "en"]
    vectors = np.round(encoder.encode(english) * _SCALE).astype(np.int8)
    mean = passages.mean(axis=0) if len(passages) else np.zeros(encoder.dimension)
    return LabelVectors(vectors, (vectors @ mean / _SCALE).astype(np.float32))


class LabelIndex:
    """Labels with their vectors, by the static embedder and, in English, by the encoder."""

    def __init__(
        self, labels: Iterable[Label], embedder: Embedder, label_vectors: LabelVectors | None = None
    ) -> None:
        self.labels: tuple[Label, ...] = tuple(labels)
        texts = [normal_form(label.text) for label in self.labels]
        self._static: Vectors = embedder.embed(texts)
        self._encoded: Vectors | None = None
        if label_vectors is not None:
            self._encoded = label_vectors.vectors.astype(np.float32) / np.float32(_SCALE)
            self._to_any = label_vectors.to_any.astype(np.float64)
        self._stems = [_stems(label) for label in self.labels]
        self._rows: dict[str, list[int]] = {}
        for row, stems in enumerate(self._stems):
            for name in set(stems):
                self._rows.setdefault(name, []).append(row)
        self._sizes = np.array([max(1, len(set(stems))) for stems in self._stems])
        self._languages = np.array([label.language for label in self.labels])
        # Row of each English label among the vectors, and the other way round.
        self._english = np.flatnonzero(self._languages == "en")
        self._vector_rows = {int(row): place for place, row in enumerate(self._english)}
        self._general = np.array([label.general for label in self.labels], dtype=bool)
        self._written = np.array([label.written for label in self.labels], dtype=bool)

    def candidates(
        self,
        phrases: Phrases,
        window_vector: Vectors,
        language: str,
        *,
        passages: Passages | None = None,
        without: str = "",
    ) -> list[Candidate]:
        """Return the labels that a window supports best, as candidates.

        ``window_vector`` is the static vector of the window's content words. ``without`` leaves out
        labels that come from this origin alone, so that training does not see its own answers.
        """
        if not self.labels or len(phrases.stem_turns) < _CONTENT_WORDS:
            return []
        word_share = self._word_share(phrases)
        same_language = self._languages == language
        keys = {candidate.key for candidate in phrases.candidates}
        pick = _Pick(self, word_share, without, keys)
        if passages is None or self._encoded is None or not len(passages.vectors):
            fit = self._static @ window_vector + _WORD_SHARE * word_share
            # Without the encoder's passages static vectors decide, and only for labels half said.
            return pick.best(
                np.where(same_language & (word_share >= _LEAST_WORD_SHARE), fit, -np.inf), _GENERAL
            )
        cosines = self._encoded @ passages.vectors.T
        to_text = self._encoded @ centre(passages)
        fit = np.full(len(self.labels), -np.inf)
        fit[self._english] = cosines.max(axis=1) + to_text - 2.0 * self._to_any
        fit += _GENERAL_WORD_SHARE * word_share
        # A reader's label of four negotiations over camping supplies may be near in meaning to any
        # talk of travel. Unsaid, 7 of 11 that were chosen in training windows were wrong.
        sayable = self._general & (self._written | (word_share > 0))
        general = pick.best(np.where(same_language & sayable, fit, -np.inf), _GENERAL)
        specific = same_language & ~self._general & (word_share >= _LEAST_WORD_SHARE)
        return [*general, *pick.best(np.where(specific, fit, -np.inf), _SPECIFIC)]

    def _word_share(self, phrases: Phrases) -> NDArray[np.float64]:
        """Return, for each label, the share of its stems that the window says."""
        hits = np.zeros(len(self.labels))
        for name in phrases.stem_turns:
            rows = self._rows.get(name)
            if rows:
                hits[rows] += 1.0
        return np.asarray(hits / self._sizes)

    def as_candidate(
        self, row: int, fit: float, place: int, word_share: float, origins: int
    ) -> Candidate:
        """Return a label with its support as a candidate."""
        label = self.labels[row]
        vector = None
        vector_row = self._vector_rows.get(row)
        if self._encoded is not None and vector_row is not None:
            encoded = self._encoded[vector_row]
            vector = encoded / max(float(np.linalg.norm(encoded)), 1e-9)
        support = LabelSupport(origins, bool(self._general[row]), fit, place, word_share, vector)
        return Candidate(label.text, self._stems[row], label=support)

    def stems(self, row: int) -> tuple[str, ...]:
        """Return the content stems of a label."""
        return self._stems[row]


@dataclass(frozen=True)
class _Pick:
    """Picks labels of one window, each set of stems once."""

    index: LabelIndex
    word_share: NDArray[np.float64]
    without: str
    keys: set[frozenset[str]]

    def best(self, fit: NDArray[np.float64], count: int) -> list[Candidate]:
        """Return the ``count`` labels of the greatest fit; a fit of minus infinity is none."""
        candidates: list[Candidate] = []
        for row in np.argsort(-fit, kind="stable").tolist():
            if len(candidates) == count or not np.isfinite(fit[row]):
                break
            label, stems = self.index.labels[row], self.index.stems(row)
            origins = len(label.origins) - (self.without in label.origins)
            if stems and (origins > 0 or label.written) and frozenset(stems) not in self.keys:
                self.keys.add(frozenset(stems))
                candidates.append(
                    self.index.as_candidate(
                        row, float(fit[row]), len(candidates), float(self.word_share[row]), origins
                    )
                )
        return candidates


def _stems(label: Label) -> tuple[str, ...]:
    english = label.language == "en"
    words = [word.casefold() for run in runs(label.text) for word in run]
    small = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "with"}
    content = [word for word in words if not (english and word in small)]
    return tuple(stem(word.removesuffix("'s"), english=english) for word in content)


def situations() -> tuple[str, ...]:
    """Return the project's own list of situations and topics of talk, in English."""
    text = files(__package__).joinpath("situations.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(name for line in lines for name in line.split("|"))


def labels_to_text(labels: Sequence[Label]) -> str:
    """Return labels as lines: language, number of origins, whether written, text; tabs between."""
    return "".join(
        f"{label.language}\t{len(label.origins)}\t{int(label.written)}\t{label.text}\n"
        for label in labels
    )


def label_vectors_to_bytes(label_vectors: LabelVectors) -> bytes:
    """Return the labels' vectors as a safetensors file."""
    from safetensors.numpy import save

    return save({"vectors": label_vectors.vectors, "to_any": label_vectors.to_any})


def shipped_labels(embedder: Embedder) -> LabelIndex:
    """Return the labels that come with the package, with vectors of ``embedder``."""
    if embedder is default_embedder():
        return _default_labels()
    return LabelIndex(_read_labels(), embedder, _read_vectors())


def labels_in(folder: Path, embedder: Embedder) -> LabelIndex:
    """Return the labels of another release, which has its files in ``folder``."""

    def read(name: str) -> bytes:
        return (folder / name).read_bytes()

    return LabelIndex(_read_labels(read), embedder, _read_vectors(read))


@loaded_once
def _default_labels() -> LabelIndex:
    return LabelIndex(_read_labels(), default_embedder(), _read_vectors())


def _read_vectors(read: Callable[[str], bytes] = released_file) -> LabelVectors:
    from safetensors.numpy import load

    tensors = load(read("label_vectors.safetensors"))
    return LabelVectors(tensors["vectors"], tensors["to_any"])


def _read_labels(read: Callable[[str], bytes] = released_file) -> list[Label]:
    labels = []
    for line in read("labels.tsv").decode().splitlines():
        language, origins, is_situation, text = line.split("\t")
        # Who the origins were does not matter outside training; their number does.
        names = tuple(map(str, range(int(origins))))
        labels.append(Label(text, language, names, is_situation == "1"))
    return labels
