"""Pay follows quality: on the bundled windows that a careful reader annotated."""

from __future__ import annotations

import numpy as np
import pytest

from cgp import samples
from cgp.annotators.baselines import frequent_words, leading_words, random_phrases
from cgp.embedders import default_embedder
from cgp.gold import GoldWindow, bundled_gold, figures_of
from cgp.metadata import Metadata, Tag
from cgp.scoring import Answer, ScoringTask, default_rule
from cgp.scoring.redteam.climbing import climb, heaviest_words
from cgp.windows import cut

FIRST = 8
RULE = default_rule(default_embedder())


def second_reading(gold: GoldWindow) -> tuple[str, ...]:
    """The heavier half of the wanted tags in other words, and the lighter half."""
    half = (len(gold.tags) + 1) // 2
    heavy = [tag.also[0] if tag.also else tag.text for tag in gold.tags[:half]]
    return (*heavy, *(tag.text for tag in gold.tags[half:]))[:FIRST]


def task_of(gold: GoldWindow) -> ScoringTask:
    lines = {turn.text for turn in gold.window.turns}
    others = [c for c in samples.load() if not lines & {turn.text for turn in c.turns}]
    background = tuple(next(cut(c).leaves()).of(c) for c in others[:8])
    truth = Metadata(tuple(Tag(tag.text, tag.weight / 3) for tag in gold.tags))
    return ScoringTask(gold.window, truth, background, share=1.0)


@pytest.fixture(scope="module")
def paid():
    """The score of each answer to each window."""
    rows = []
    for gold in bundled_gold():
        task = task_of(gold)
        answers = {
            "reading": second_reading(gold),
            "bad tags": tuple(tag.text for tag in gold.reject)[:FIRST],
            "leading": tuple(leading_words(gold.window, FIRST)),
            "frequent": tuple(frequent_words(gold.window, FIRST)),
            "random": tuple(random_phrases(gold.window, FIRST)),
            "heaviest": heaviest_words(RULE, task, FIRST),
            "climbed": climb(RULE, gold.window, task.background, count=FIRST),
        }
        scores = RULE.score(task, [Answer(tags) for tags in answers.values()])
        rows.append(dict(zip(answers, [score.value for score in scores], strict=True)))
    return rows


@pytest.mark.parametrize(
    "rival", ["bad tags", "leading", "frequent", "random", "heaviest", "climbed"]
)
def test_a_second_reading_is_paid_more_than_what_reads_less(paid, rival):
    assert np.mean([row["reading"] > row[rival] for row in paid]) >= 0.9


def test_bad_tags_are_paid_next_to_nothing(paid):
    assert np.mean([row["bad tags"] for row in paid]) < 0.1 * np.mean(
        [row["reading"] for row in paid]
    )


def test_the_score_rises_with_every_wanted_tag():
    for gold in bundled_gold():
        words = leading_words(gold.window, FIRST)
        wanted = [tag.text for tag in gold.tags][:FIRST]
        mixes = [tuple(wanted[:n] + words[n:FIRST]) for n in range(0, len(wanted) + 1, 2)]
        scores = RULE.score(task_of(gold), [Answer(tags) for tags in mixes])
        values = [score.value for score in scores]
        fs = [figures_of(gold, tags).f for tags in mixes]
        assert np.corrcoef(values, fs)[0, 1] > 0.8, gold.id


def test_the_readers_own_tags_are_never_junk_ungrounded_or_repeats():
    for gold in bundled_gold():
        tags = tuple(tag.text for tag in gold.tags)
        [score] = RULE.score(task_of(gold), [Answer(tags)])
        assert {verdict.verdict for verdict in score.tags} == {"ground_truth"}, gold.id
        assert score.value > 0.9
