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
from cgp.scoring.redteam.strategy import Seen
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
    window of another one. ``reading`` is what a second careful reader says, empty where nobody
    read the window.
    """

    name: str
    task: ScoringTask
    seen: Seen
    neighbour: Seen
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
    rng = np.random.default_rng([seed, 0x601D])
    seen = [
        Seen(g.window, await annotator.annotate(g.window, max_tags=NOTES, purpose="window"))
        for g in gold
    ]
    order: list[int] = []
    scenes: list[Scene] = []
    for number in range(count):
        order = order or rng.permutation(len(gold)).tolist()
        which = order.pop()
        others = [i for i in rng.permutation(len(gold)).tolist() if i != which]
        others.sort(key=lambda i: gold[i].window.language != gold[which].window.language)
        scenes.append(_gold_scene(gold[which], number, seen, which, others))
    return tuple(scenes)


def _gold_scene(
    gold: GoldWindow, number: int, seen: Sequence[Seen], which: int, others: Sequence[int]
) -> Scene:
    return Scene(
        name=f"{gold.id}#{number}",
        task=ScoringTask(
            window=gold.window,
            ground_truth=truth_for(gold, ()),
            background=tuple(seen[i].window for i in others[:BACKGROUND]),
            share=1.0,
        ),
        seen=seen[which],
        neighbour=seen[others[0]],
        reading=second_reading(gold),
    )


def second_reading(gold: GoldWindow) -> tuple[str, ...]:
    """Return the heavier half of the wanted tags in other accepted words, and the lighter half."""
    ordered = sorted(gold.tags, key=lambda tag: -tag.weight)
    half = (len(ordered) + 1) // 2
    heavy = (tag.also[0] if tag.also else tag.text for tag in ordered[:half])
    return (*heavy, *(tag.text for tag in ordered[half:]))


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
        self._notes: dict[tuple[int, int], Seen] = {}

    async def scene(self, number: int) -> Scene:
        """Return the next scene."""
        which = self._next_conversation()
        leaf = self._next_leaf(which)
        window = self._leaves[which][leaf]
        truth = await self._truth(which)
        return Scene(
            name=f"{self._conversations[which].id}:{window.start}-{window.stop}#{number}",
            task=ScoringTask(
                window=self._excerpt(which, leaf),
                ground_truth=truth.shifted(-window.start),
                background=self._background(which),
                share=(window.stop - window.start) / len(self._conversations[which].turns),
            ),
            seen=await self._seen(which, leaf),
            neighbour=await self._seen(*self._neighbour(which, leaf)),
        )

    def _excerpt(self, which: int, leaf: int) -> Conversation:
        return self._window(which, leaf).of(self._conversations[which])

    def _window(self, which: int, leaf: int) -> Window:
        return self._leaves[which][leaf]

    def _next_conversation(self) -> int:
        if not self._order:
            self._order = self._rng.permutation(len(self._conversations)).tolist()
        return self._order.pop()

    def _next_leaf(self, which: int) -> int:
        if not self._waiting[which]:
            self._waiting[which] = self._rng.permutation(len(self._leaves[which])).tolist()
        return self._waiting[which].pop()

    def _neighbour(self, which: int, leaf: int) -> tuple[int, int]:
        """Return a window two away where there is one (neighbours overlap), else
        the nearest other.
        """
        others = [other for other in range(len(self._leaves[which])) if other != leaf]
        if not others:
            return (which + 1) % len(self._conversations), 0
        return which, min(others, key=lambda other: abs(abs(other - leaf) - 2))

    def _background(self, which: int) -> tuple[Conversation, ...]:
        others = [other for other in range(len(self._conversations)) if other != which]
        chosen = self._rng.choice(others, BACKGROUND, replace=len(others) < BACKGROUND)
        return tuple(
            self._excerpt(other, int(self._rng.integers(len(self._leaves[other]))))
            for other in chosen.tolist()
        )

    async def _truth(self, which: int) -> Metadata:
        if which not in self._truths:
            self._truths[which] = await self._annotator.annotate(
                self._conversations[which], max_tags=TRUTH_TAGS, purpose="ground_truth"
            )
        return self._truths[which]

    async def _seen(self, which: int, leaf: int) -> Seen:
        if (which, leaf) not in self._notes:
            window = self._excerpt(which, leaf)
            notes = await self._annotator.annotate(window, max_tags=NOTES, purpose="window")
            self._notes[which, leaf] = Seen(window, notes)
        return self._notes[which, leaf]
