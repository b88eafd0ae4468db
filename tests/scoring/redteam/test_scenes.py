"""The tasks of the red team are a validator's: real windows, a truth of the whole, a background."""

import pytest

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.gold import bundled_gold
from cgp.samples import load
from cgp.scoring.redteam.scenes import BACKGROUND, build_gold_scenes, build_scenes


@pytest.mark.peers
async def test_scenes_are_windows_of_all_conversations_with_a_background_of_others():
    conversations = load()
    scenes = await build_scenes(conversations, 2 * len(conversations), 0, EmbeddedAnnotator())
    whole = {conversation.id: conversation for conversation in conversations}
    assert {scene.task.window.id for scene in scenes} == set(whole)
    assert len({scene.name for scene in scenes}) == len(scenes)
    for scene in scenes:
        window = scene.task.window
        assert set(window.turns) <= set(whole[window.id].turns)
        assert len(scene.task.background) == BACKGROUND
        assert window.id not in {other.id for other in scene.task.background}
        assert scene.subject.window == window
        assert scene.neighbour.window != window


@pytest.mark.peers
async def test_scenes_depend_on_the_seed_alone():
    conversations = load()
    first, again, other = [
        await build_scenes(conversations, 6, seed, EmbeddedAnnotator()) for seed in (0, 0, 1)
    ]
    assert [scene.name for scene in first] == [scene.name for scene in again]
    assert [scene.task for scene in first] == [scene.task for scene in again]
    assert [scene.name for scene in first] != [scene.name for scene in other]


async def test_gold_scenes_have_the_readers_truth_and_a_second_reading():
    gold = bundled_gold()[:5]
    scenes = await build_gold_scenes(gold, 7, 3, EmbeddedAnnotator())
    assert len({scene.name for scene in scenes}) == 7
    assert {scene.task.window.id for scene in scenes} == {g.id for g in gold}
    for scene in scenes:
        wanted = next(g for g in gold if g.id == scene.task.window.id)
        assert {t.text for t in scene.task.ground_truth.tags} == {t.text for t in wanted.tags}
        assert scene.task.share == 1.0
        assert set(scene.reading) <= {text for tag in wanted.tags for text in tag.wordings}
        assert scene.task.window.id not in {w.id for w in scene.task.background}
    again = await build_gold_scenes(gold, 7, 3, EmbeddedAnnotator())
    assert [scene.name for scene in again] == [scene.name for scene in scenes]
    with pytest.raises(ValueError, match="at least 2 gold windows"):
        await build_gold_scenes(gold[:1], 7, 3, EmbeddedAnnotator())
