"""The tasks of the red team are a validator's: real windows, a truth of the whole, a background."""

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.samples import load
from cgp.scoring.redteam.scenes import BACKGROUND, build_scenes


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
        assert scene.seen.window == window
        assert scene.neighbour.window != window


async def test_scenes_depend_on_the_seed_alone():
    conversations = load()
    first, again, other = [
        await build_scenes(conversations, 6, seed, EmbeddedAnnotator()) for seed in (0, 0, 1)
    ]
    assert [scene.name for scene in first] == [scene.name for scene in again]
    assert [scene.task for scene in first] == [scene.task for scene in again]
    assert [scene.name for scene in first] != [scene.name for scene in other]
