"""Support by the window's words: only what is said here beyond what is said elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.scoring import ScoringSettings
from cgp.scoring.evidence import Evidence
from cgp.scoring.reading import read_window
from cgp.scoring.similarity import Similarity, cosines, exact_rows
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


def test_support_by_meaning_is_the_lead_over_the_mean_of_the_background(bench):
    evidence, settings = bench.prepared.evidence, bench.rule.settings
    texts = [tag.text for tag in (*bench.own.tags, *bench.foreign.tags)]
    vectors = bench.embedder.embed(texts)
    read = [
        read_window([turn.text for turn in window.turns], settings.window)
        for window in (bench.task.window, *bench.task.background)
    ]
    nearest = [(vectors @ bench.embedder.embed(each.segments).T).max(axis=1) for each in read]
    lead = nearest[0] - np.mean(nearest[1:], axis=0)
    low, high = settings.similarity.no_lead, settings.similarity.full_lead
    expected = np.clip((lead - low) / (high - low), 0, 1)
    wordless = Words.of([""] * len(texts))
    support = evidence.support(wordless, exact_rows(vectors))
    assert expected.max() > 0
    np.testing.assert_allclose(support, expected, atol=0.01)


def test_a_text_speaks_for_the_few_content_words_of_which_it_captures_most(bench):
    evidence, settings = bench.prepared.evidence, bench.rule.settings
    texts = [tag.text for tag in (*bench.own.tags, *bench.foreign.tags)]
    rows = exact_rows(bench.embedder.embed(texts))
    names = exact_rows(bench.embedder.embed(evidence.unit_names))
    alike = Similarity(settings.similarity).tags(rows, names)
    few = settings.window.units_of_a_tag
    for spoken, each in zip(evidence.units(rows), alike, strict=True):
        captured = each * evidence.mass.astype(np.float32)
        least = sorted(captured)[-few]
        assert spoken.tolist() == np.where(captured >= least, each, 0).tolist()
        assert np.count_nonzero(spoken) <= few
