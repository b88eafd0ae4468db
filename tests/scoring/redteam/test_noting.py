"""A miner's notes: the annotator's own tags, and what it would answer next."""

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.gold import bundled_gold
from cgp.scoring.redteam.noting import NotingAnnotator
from cgp.scoring.redteam.strategy import SPARE, own_tags


async def test_notes_begin_with_the_annotators_own_tags_and_go_on():
    for gold in bundled_gold()[:4]:
        plain = await EmbeddedAnnotator().annotate(gold.window, max_tags=40)
        notes = await NotingAnnotator().annotate(gold.window, max_tags=40)
        own = len(plain.tags)
        assert notes.tags[:own] == plain.tags
        assert own < len(notes.tags) <= 40
        assert {tag.support for tag in notes.tags[own:]} == {SPARE}
        assert len({tag.text for tag in notes.tags}) == len(notes.tags)
        assert own_tags(notes) == tuple(tag.text for tag in plain.tags[:12])
        assert notes.profiles == plain.profiles


async def test_a_ground_truth_holds_no_more_than_the_annotator_says():
    window = bundled_gold()[0].window
    plain = await EmbeddedAnnotator().annotate(window, max_tags=24, purpose="ground_truth")
    noting = await NotingAnnotator().annotate(window, max_tags=24, purpose="ground_truth")
    assert noting == plain
