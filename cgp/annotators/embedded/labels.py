"""Labels of an open vocabulary: tags that readers gave to other conversations, and situations.

A label names a subject in words that need not be said, as *job interview*. It becomes a candidate
of a window only with support: passages of the window are close to it in meaning, or the window
says half of its words. A *general* label, one that fits many conversations, may have the first
kind of support with a single word said; only the project's own situations may be unsaid altogether.
The tag model judges labels like any other candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.candidates import Phrases
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.words import runs
from cgp.arrays import greatest_of_rows
from cgp.embedders import Embedder, Vectors, default_embedder
from cgp.encoders import Encoder
from cgp.loaded_once import loaded_once
from cgp.tagmodel import Candidate, LabelSupport, Passages, released_file
from cgp.tagmodel.encoded import centre
from cgp.text import normal_form

# A window gets this many general labels, and this many others, as candidates.
_GENERAL = 12
_SPECIFIC = 8
# The best labels of a window that are put in order first; further ones seldom matter.
_FIRST_LABELS = 128
# A label that this many conversations have is general.
_MANY_ORIGINS = 3
# A label that is not general needs half of its words in the window.
_LEAST_WORD_SHARE = 0.5
_GENERAL_WORD_SHARE = 0.2
# A window without this many content words has no labels: a greeting, too, is near to something.
_CONTENT_WORDS = 4
_WORD_SHARE = 0.5
# The encoder's components are about 0.05: this brings them to four bits with their sign.
_SCALE = 32.0
_LEAST, _MOST = -8, 7


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

    ``packed`` is uint8, shape ``(English labels, dimension / 2)``: two components of four bits in a
    byte, each a component times 32. ``to_any`` is the cosine of each to the passages of any
    conversation, float32, one number a row.
    """

    packed: NDArray[np.uint8]
    to_any: NDArray[np.float32]

    def vectors(self) -> Vectors:
        """Return float32 rows of about unit length, shape ``(English labels, dimension)``."""
        halves = np.stack([self.packed >> 4, self.packed & 15], axis=2)
        numbers = halves.astype(np.float32).reshape(len(halves), 2 * halves.shape[1]) + np.float32(
            _LEAST
        )
        return numbers / np.float32(_SCALE)


def vectors_of(labels: Sequence[Label], encoder: Encoder, passages: Vectors) -> LabelVectors:
    """Return the vectors of ``labels``; ``passages`` holds vectors of conversations, row by row."""
    english = [label.text for label in labels if label.language == "en"]
    numbers = np.clip(np.round(encoder.encode(english) * _SCALE), _LEAST, _MOST) - _LEAST
    halves = numbers.astype(np.uint8).reshape(len(english), encoder.dimension // 2, 2)
    packed = np.asarray(halves[:, :, 0] << 4 | halves[:, :, 1])
    label_vectors = LabelVectors(packed, np.zeros(len(english), dtype=np.float32))
    if not len(passages):
        return label_vectors
    to_any = label_vectors.vectors() @ passages.mean(axis=0)
    return replace(label_vectors, to_any=to_any.astype(np.float32))


class LabelIndex:
    """Labels with their vectors, by the static embedder and, in English, by the encoder."""

    def __init__(
        self, labels: Iterable[Label], embedder: Embedder, label_vectors: LabelVectors | None = None
    ) -> None:
        self.labels: tuple[Label, ...] = tuple(labels)
        self._embedder = embedder
        # Vectors of the embedder by language: most programs read one or two languages.
        self._static: dict[str, Vectors] = {}
        self._encoded: Vectors | None = None
        if label_vectors is not None:
            self._encoded = label_vectors.vectors()
            self._to_any = label_vectors.to_any.astype(np.float64)
        self._stems = [_stems(label) for label in self.labels]
        rows: dict[str, list[int]] = {}
        for row, stems in enumerate(self._stems):
            for name in set(stems):
                rows.setdefault(name, []).append(row)
        self._rows = {name: np.array(having) for name, having in rows.items()}
        self._sizes = np.array([max(1, len(set(stems))) for stems in self._stems])
        self._languages = np.array([label.language for label in self.labels])
        self._of_language = {
            str(language): self._languages == language for language in np.unique(self._languages)
        }
        self._of_no_language = np.zeros(len(self.labels), dtype=bool)
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
        same_language = self._of_language.get(language, self._of_no_language)
        keys = {candidate.key for candidate in phrases.candidates}
        pick = _Pick(self, word_share, without, keys)
        if passages is None or self._encoded is None or not len(passages.vectors):
            fit = self._static_fit(language, window_vector) + _WORD_SHARE * word_share
            # Without the encoder's passages static vectors decide, and only for labels half said.
            return pick.best(
                np.where(same_language & (word_share >= _LEAST_WORD_SHARE), fit, -np.inf), _GENERAL
            )
        cosines = self._encoded @ np.vstack([passages.vectors, centre(passages)]).T
        nearest, to_text = greatest_of_rows(cosines[:, :-1]), cosines[:, -1]
        fit = np.full(len(self.labels), -np.inf)
        fit[self._english] = nearest + to_text - 2.0 * self._to_any
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
            if rows is not None:
                hits[rows] += 1.0
        return np.asarray(hits / self._sizes)

    def _static_fit(self, language: str, window_vector: Vectors) -> Vectors:
        """Return the static cosine of each label of ``language`` to a window; 0 for others."""
        rows = np.flatnonzero(self._of_language.get(language, self._of_no_language))
        if language not in self._static:
            texts = [normal_form(self.labels[row].text) for row in rows]
            self._static[language] = self._embedder.embed(texts)
        fit = np.zeros(len(self.labels), dtype=np.float32)
        fit[rows] = self._static[language] @ window_vector
        return fit

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


def _descending(fit: NDArray[np.float64]) -> Iterator[int]:
    """Yield the rows of a finite fit, greatest first; of equal ones the first row first.

    A window takes a dozen labels of thousands, so the best few are put in order alone.
    """
    rows = np.flatnonzero(np.isfinite(fit))
    if len(rows) > _FIRST_LABELS:
        bound = np.partition(fit[rows], -_FIRST_LABELS)[-_FIRST_LABELS]
        best = rows[fit[rows] >= bound]
        yield from best[np.argsort(-fit[best], kind="stable")].tolist()
        rows = rows[fit[rows] < bound]
    yield from rows[np.argsort(-fit[rows], kind="stable")].tolist()


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
        for row in _descending(fit):
            if len(candidates) == count:
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

    return save({"packed": label_vectors.packed, "to_any": label_vectors.to_any})


def shipped_labels(embedder: Embedder) -> LabelIndex:
    """Return the labels that come with the package, with vectors of ``embedder``."""
    if embedder is default_embedder():
        return _default_labels()
    return LabelIndex(_read_labels(), embedder, _read_vectors())


@loaded_once
def _default_labels() -> LabelIndex:
    return LabelIndex(_read_labels(), default_embedder(), _read_vectors())


def _read_vectors() -> LabelVectors:
    from safetensors.numpy import load

    tensors = load(released_file("label_vectors.safetensors"))
    return LabelVectors(tensors["packed"], tensors["to_any"])


def _read_labels() -> list[Label]:
    labels = []
    for line in released_file("labels.tsv").decode().splitlines():
        language, origins, is_situation, text = line.split("\t")
        # Who the origins were does not matter outside training; their number does.
        names = tuple(map(str, range(int(origins))))
        labels.append(Label(text, language, names, is_situation == "1"))
    return labels
