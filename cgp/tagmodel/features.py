"""The features by which the tag model judges a candidate, and the schema that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from cgp.arrays import Floats
from cgp.embedders import Embedder, Vectors
from cgp.tagmodel.candidate import Candidate, WindowReading
from cgp.tagmodel.vocabulary import STATISTICS, Vocabulary
from cgp.text import normal_form

_FEATURES = (
    # how often and where it is said
    "count", "turns", "turn_share", "first", "last", "spread",
    # its words
    "stems", "characters", "longest_word", "capital", "all_capitals", "light",
    # how often its words are said, in how many turns, by how many people
    "least_said", "most_said", "mean_said", "turns_any", "turns_all", "turns_any_share",
    "speakers", "speaker_share", "speakers_all",
    # how rare its words are
    "least_rare", "most_rare", "mean_rare", "rare_times_said",
    # other candidates that hold it, or that it holds
    "within", "within_count", "holds", "holds_count",
    # how it is built; missing where the language has no tagger
    "head_is_name", "head_is_gerund", "begins_with_adjective", "begins_with_gerund",
    "begins_with_participle", "has_name", "has_number", "links", "whole",
    # a label of the open vocabulary
    "label_origins", "label_general", "label_fit", "label_place", "label_said",
    # the window
    "window_words", "window_turns", "window_speakers", "window_candidates",
    # meaning, by the subnet's static embedder
    "to_window", "to_candidates", "to_nearest", "rank_to_window",
)  # fmt: skip
FEATURES = (*_FEATURES, *STATISTICS)
_VERSION = 2


def schema_hash(parts: Sequence[str]) -> str:
    """Return 16 hexadecimal digits that change whenever a head's parts or the features change."""
    text = "\n".join([f"tagmodel/{_VERSION}", *FEATURES, *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def candidate_vectors(reading: WindowReading, embedder: Embedder) -> tuple[Vectors, Vectors]:
    """Return the static vectors of the candidates, one row each, and of the window's words."""
    texts = [normal_form(candidate.text) for candidate in reading.candidates]
    vectors = embedder.embed([*texts, reading.text])
    return vectors[:-1], vectors[-1]


def features_of(
    reading: WindowReading,
    vocabulary: Vocabulary,
    vectors: Vectors,
    window_vector: Vectors,
    *,
    training: bool = False,
) -> Floats:
    """Return float64 features, shape ``(candidates, len(FEATURES))``; NaN where one is missing.

    ``vectors`` and ``window_vector`` come from ``candidate_vectors``. ``training`` leaves the
    window's own origin out of the statistics (see ``Vocabulary.statistics``).
    """
    if not reading.candidates:
        return np.zeros((0, len(FEATURES)))
    turns_of = {stem: frozenset(turns) for stem, turns in reading.stem_turns.items()}
    mentions = np.array(
        [_mentions(c, reading, turns_of) for c in reading.candidates], dtype=np.float64
    )
    rare = np.array([_rarity(c, vocabulary, reading) for c in reading.candidates])
    nesting = _nesting(reading.candidates)
    grammar = np.array([_grammar(c) for c in reading.candidates], dtype=np.float64)
    window = np.array(
        [reading.words, len(reading.speakers), len(set(reading.speakers)), len(mentions)],
        dtype=np.float64,
    )
    meaning = _meaning(mentions[:, 0], vectors, window_vector)
    statistics = vocabulary.statistics(reading, training=training)
    whole = np.broadcast_to(window, (len(mentions), len(window)))
    return np.hstack([mentions, rare, nesting, grammar, whole, meaning, statistics])


def _mentions(
    candidate: Candidate, reading: WindowReading, turns_of: Mapping[str, frozenset[int]]
) -> list[float]:
    turns, people = max(1, len(reading.speakers)), max(1, len(set(reading.speakers)))
    where = [turns_of.get(stem, frozenset()) for stem in candidate.stems]
    times = [len(reading.stem_turns.get(stem, ())) for stem in candidate.stems]
    any_turn = where[0].union(*where[1:])
    all_turns = where[0].intersection(*where[1:])
    words = candidate.text.split()
    speakers = {reading.speakers[turn] for turn in any_turn}
    return [
        candidate.count, len(candidate.turns), len(candidate.turns) / turns,
        candidate.first, candidate.last, candidate.last - candidate.first,
        len(candidate.stems), len(candidate.text), max(map(len, words)),
        candidate.text[:1].isupper(), candidate.text.isupper(), candidate.light,
        min(times), max(times), sum(times) / len(times),
        len(any_turn), len(all_turns), len(any_turn) / turns,
        len(speakers), len(speakers) / people, len({reading.speakers[turn] for turn in all_turns}),
    ]  # fmt: skip


def _rarity(candidate: Candidate, vocabulary: Vocabulary, reading: WindowReading) -> list[float]:
    rare = [vocabulary.rarity(stem) for stem in candidate.stems]
    turn_counts = [len(reading.stem_turns.get(stem, ())) for stem in candidate.stems]
    weight = sum(r * np.log1p(s) for r, s in zip(rare, turn_counts, strict=True)) / len(rare)
    return [min(rare), max(rare), sum(rare) / len(rare), float(weight)]


def _nesting(candidates: Sequence[Candidate]) -> Floats:
    """Return the number of candidates that hold each one and the count of their uses, and the
    reverse.
    """
    keys = [candidate.key for candidate in candidates]
    counts = [candidate.count for candidate in candidates]
    having: dict[str, set[int]] = {}
    for row, key in enumerate(keys):
        for stem in key:
            having.setdefault(stem, set()).add(row)
    # Columns: candidates that hold this one, their uses; candidates within it, the most used.
    nesting = np.zeros((len(candidates), 4))
    for row, key in enumerate(keys):
        least, *others = sorted((having[stem] for stem in key), key=len)
        for longer in least.intersection(*others):
            if len(keys[longer]) > len(key):
                nesting[row, :2] += 1.0, counts[longer]
                nesting[longer, 2] += 1.0
                nesting[longer, 3] = max(nesting[longer, 3], counts[row])
    nesting[:, [1, 3]] /= np.maximum(counts, 1)[:, None]
    return nesting


def _grammar(candidate: Candidate) -> list[float]:
    grammar, label = candidate.grammar, candidate.label
    support = [0.0, *[np.nan] * 4]
    if label is not None:
        # A label that only the written list of situations gives has no origin, yet is one.
        support = [max(1, label.origins), label.general, label.fit, label.place, label.said]
    if grammar is None:
        return [*[np.nan] * 9, *support]
    return [
        grammar.head_is_name, grammar.head_is_gerund, grammar.begins_with_adjective,
        grammar.begins_with_gerund, grammar.begins_with_participle, grammar.has_name,
        grammar.has_number, grammar.links, grammar.whole, *support,
    ]  # fmt: skip


def _meaning(counts: Floats, vectors: Vectors, window_vector: Vectors) -> Floats:
    """Return cosines to the window, to the other candidates (mean by count) and to the nearest."""
    to_window = (vectors @ window_vector).astype(np.float64)
    cosines = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(cosines, 0.0)
    weights = np.log1p(counts)
    centre = cosines @ weights / max(float(weights.sum()), 1e-9)
    rank = np.argsort(np.argsort(-to_window, kind="stable"), kind="stable") / len(counts)
    return np.stack([to_window, centre, cosines.max(axis=1), rank], axis=1)
