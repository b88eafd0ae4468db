"""Support by the window's words: only what is said here beyond what is said elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.scoring import ScoringSettings
from cgp.scoring.evidence import Evidence
from cgp.scoring.similarity import cosines, exact_rows
from cgp.scoring.words import Words


def talk(name: str, *texts: str) -> Conversation:
    return Conversation(name, "t", (Participant("A"),), tuple(Turn(0, text) for text in texts))


@pytest.fixture(scope="module")
def support(bench):
    """Support by words alone (the vectors are blank) of words in a small window."""
    here = "kettle kettle kettle piano piano table table harbor harbor harbor harbor"
    there = "kettle kettle kettle piano table table table table table table zebra"
    evidence = Evidence(talk("w", here), (talk("a", there),), bench.embedder, ScoringSettings())

    def measure(*words: str) -> list[float]:
        blank = np.zeros((len(words), 256), np.float32)
        return evidence.support(Words.of(words), blank).tolist()

    return measure


def test_a_word_said_only_here_is_supported_and_one_never_said_here_is_not(support):
    assert support("harbor", "zebra", "violin") == [1.0, 0.0, 0.0]


def test_a_word_said_as_often_elsewhere_is_not_supported(support):
    assert support("kettle", "table") == [0.0, 0.0]


def test_a_little_more_than_elsewhere_may_be_chance(support):
    assert support("piano") == [0.0]


def test_cosines_are_exact_whatever_the_batch(bench):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = exact_rows(vectors)
    together = cosines(rows, rows)
    for i in (0, 7, 299):
        assert np.array_equal(cosines(rows[i : i + 1], rows)[0], together[i])
    whole = (rows.astype(np.int64) @ rows.astype(np.int64).T) / 2048**2
    assert np.array_equal(together.astype(np.float64), whole)
    assert np.abs(together - vectors @ vectors.T).max() < 1e-3
