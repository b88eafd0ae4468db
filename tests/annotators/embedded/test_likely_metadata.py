"""The embedded annotator's ground truth: its own tags, and what else a reader may want, less surely."""

from __future__ import annotations

import pytest

from cgp import samples
from cgp.annotators.embedded import EmbeddedAnnotator, annotate, likely_metadata
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.gold import bundled_gold
from cgp.metadata import LEAST_SUPPORT


@pytest.fixture(scope="module")
def window() -> Conversation:
    return next(gold.window for gold in bundled_gold() if gold.window.language == "en")


async def test_a_ground_truth_holds_the_tags_of_an_answer_and_less_likely_ones(window):
    # Prepare
    own = annotate(window, default_embedder(), 24)
    # Execute
    truth = await EmbeddedAnnotator().annotate(window, max_tags=24, purpose="ground_truth")
    # Assert
    kept = [tag for tag in truth.tags if tag.support >= LEAST_SUPPORT]
    assert [tag.text for tag in kept] == [tag.text for tag in own.tags]
    assert max(tag.support for tag in kept) == 1.0
    assert len(truth.tags) > len(kept)
    assert all(0 < tag.support < LEAST_SUPPORT for tag in truth.tags[len(kept) :])
    assert truth.profiles == own.profiles


async def test_an_answer_holds_none_of_the_less_likely_tags(window):
    answer = await EmbeddedAnnotator().annotate(window, max_tags=24)
    assert answer == annotate(window, default_embedder(), 24)
    assert {tag.support for tag in answer.tags} == {1.0}


def test_a_long_conversation_has_less_likely_tags_of_each_part():
    whole = max(samples.load(), key=lambda talk: sum(len(turn.text) for turn in talk.turns))
    truth = likely_metadata(whole, default_embedder(), 24)
    assert len(truth.tags) > 24
    assert len({tag.text for tag in truth.tags}) == len(truth.tags)
    assert likely_metadata(whole, default_embedder(), 24) == truth


def test_a_negative_number_of_tags_is_refused(window):
    with pytest.raises(ValueError, match="max_tags must not be negative"):
        likely_metadata(window, default_embedder(), -1)
