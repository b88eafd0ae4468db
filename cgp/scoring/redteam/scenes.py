"""The tasks that strategies are tried on: windows of real conversations, as a
validator makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgp.annotators import Annotator
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.gold import GoldWindow, truth_for
from cgp.metadata import Metadata
from cgp.scoring.redteam.strategy import NotedWindow
from cgp.scoring.task import ScoringTask
from cgp.windows import Window, cut

TRUTH_TAGS = 24
"""Tags in a ground truth (the default of ``VALIDATOR_MAX_TAGS``)."""
BACKGROUND = 8
"""Windows of other conversations with a task (the default of ``VALIDATOR_BACKGROUND_WINDOWS``)."""
NOTES = 40
"""Tags in a miner's notes: honest answers choose among them."""


@dataclass(frozen=True)
class Scene:
    """One task, with the annotator's notes on its window and on a neighbouring one.

    ``name`` is unique among the scenes. The neighbour of the only window of a conversation is a
    window of another one. ``reading`` are the tags of a second careful reader, empty where the
    window has no reader.
    """

    name: str
    task: ScoringTask
    subject: NotedWindow
    neighbour: NotedWindow
    reading: tuple[str, ...] = ()


async def build_scenes(
    conversations: Sequence[Conversation], count: int, seed: int, annotator: Annotator
) -> tuple[Scene, ...]:
    """Return ``count`` scenes: conversations in turn, in random order, a random window of each.

    No window comes twice before all of its conversation's have come.

    Raises:
        ValueError: if there are fewer than two conversations (the background needs another one).
    """
    if len(conversations) < 2:
        raise ValueError(f"at least 2 conversations are needed, not {len(conversations)}")
    studio = _Studio(conversations, annotator, seed)
    return tuple([await studio.scene(number) for number in range(count)])


async def build_gold_scenes(
    gold: Sequence[GoldWindow], count: int, seed: int, annotator: Annotator
) -> tuple[Scene, ...]:
    """Return ``count`` scenes of annotated windows, in random order, whose ground truth is the
    reader's.

    Background and neighbour are other windows of them, the same language first.

    Raises:
        ValueError: if there are fewer than two windows.
    """
    if len(gold) < 2:
        raise ValueError(f"at least 2 gold windows are needed, not {len(gold)}")
    # A stream of its own, so that gold windows and conversations share no chance.
    rng = np.random.default_rng([seed, 0x601D])
    windows = [
        NotedWindow(g.window, await annotator.annotate(g.window, max_tags=NOTES, purpose="window"))
        for g in gold
    ]
    order: list[int] = []
    scenes: list[Scene] = []
    for number in range(count):
        order = order or rng.permutation(len(gold)).tolist()
        index = order.pop()
        neighbours = [i for i in rng.permutation(len(gold)).tolist() if i != index]
        neighbours.sort(key=lambda i: gold[i].window.language != gold[index].window.language)
        scenes.append(_gold_scene(gold[index], number, windows, index, neighbours))
    return tuple(scenes)


def _gold_scene(
    gold: GoldWindow,
    number: int,
    windows: Sequence[NotedWindow],
    index: int,
    neighbours: Sequence[int],
) -> Scene:
    return Scene(
        name=f"{gold.id}#{number}",
        task=ScoringTask(
            window=gold.window,
            ground_truth=truth_for(gold, ()),
            background=tuple(windows[i].window for i in neighbours[:BACKGROUND]),
            share=1.0,
        ),
        subject=windows[index],
        neighbour=windows[neighbours[0]],
        reading=second_reading(gold),
    )


def second_reading(gold: GoldWindow) -> tuple[str, ...]:
    """Return the heavier half of the wanted tags in other accepted words, and the lighter half."""
    tags = sorted(gold.tags, key=lambda tag: -tag.weight)
    half = (len(tags) + 1) // 2
    heavy = (tag.also[0] if tag.also else tag.text for tag in tags[:half])
    return (*heavy, *(tag.text for tag in tags[half:]))


class _Studio:
    """Cuts, samples and annotates, each conversation and window once."""

    def __init__(
        self, conversations: Sequence[Conversation], annotator: Annotator, seed: int
    ) -> None:
        self._conversations = conversations
        self._annotator = annotator
        self._rng = np.random.default_rng([seed, 0x5CE2E])
        embedder = default_embedder()
        self._leaves = [tuple(cut(whole, None, embedder).leaves()) for whole in conversations]
        self._waiting: list[list[int]] = [[] for _ in conversations]
        self._order: list[int] = []
        self._truths: dict[int, Metadata] = {}
        self._notes: dict[tuple[int, int], NotedWindow] = {}

    async def scene(self, number: int) -> Scene:
        """Return scene ``number``: the task of the next leaf, and notes on it and on its neighbour.

        Strategies answer from the notes; that on the neighbour is for strategies that answer to the
        wrong window.
        """
        place = self._next_conversation()
        leaf = self._next_leaf(place)
        window = self._leaves[place][leaf]
        truth = await self._truth(place)
        return Scene(
            name=f"{self._conversations[place].id}:{window.start}-{window.stop}#{number}",
            task=ScoringTask(
                window=self._excerpt(place, leaf),
                ground_truth=truth.shift(-window.start),
                background=self._background(place),
                share=(window.stop - window.start) / len(self._conversations[place].turns),
            ),
            subject=await self._noted_window(place, leaf),
            neighbour=await self._noted_window(*self._neighbour(place, leaf)),
        )

    def _excerpt(self, place: int, leaf: int) -> Conversation:
        return self._window(place, leaf).of(self._conversations[place])

    def _window(self, place: int, leaf: int) -> Window:
        return self._leaves[place][leaf]

    def _next_conversation(self) -> int:
        if not self._order:
            self._order = self._rng.permutation(len(self._conversations)).tolist()
        return self._order.pop()

    def _next_leaf(self, place: int) -> int:
        if not self._waiting[place]:
            self._waiting[place] = self._rng.permutation(len(self._leaves[place])).tolist()
        return self._waiting[place].pop()

    def _neighbour(self, place: int, leaf: int) -> tuple[int, int]:
        """Return a window two away where there is one (neighbours overlap), else
        the nearest other.
        """
        leaves = [candidate for candidate in range(len(self._leaves[place])) if candidate != leaf]
        if not leaves:
            return (place + 1) % len(self._conversations), 0
        return place, min(leaves, key=lambda candidate: abs(abs(candidate - leaf) - 2))

    def _background(self, place: int) -> tuple[Conversation, ...]:
        choices = [choice for choice in range(len(self._conversations)) if choice != place]
        draw = self._rng.choice(choices, BACKGROUND, replace=len(choices) < BACKGROUND)
        return tuple(
            self._excerpt(choice, int(self._rng.integers(len(self._leaves[choice]))))
            for choice in draw.tolist()
        )

    async def _truth(self, place: int) -> Metadata:
        if place not in self._truths:
            self._truths[place] = await self._annotator.annotate(
                self._conversations[place], max_tags=TRUTH_TAGS, purpose="ground_truth"
            )
        return self._truths[place]

    async def _noted_window(self, place: int, leaf: int) -> NotedWindow:
        if (place, leaf) not in self._notes:
            window = self._excerpt(place, leaf)
            notes = await self._annotator.annotate(window, max_tags=NOTES, purpose="window")
            self._notes[place, leaf] = NotedWindow(window, notes)
        return self._notes[place, leaf]
