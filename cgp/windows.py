"""A conversation cut into windows: contiguous ranges of turns, small enough for one miner's answer.

Windows form a tree (a ``Window`` has children), although today's cut has two levels: the whole
conversation and its leaves. Each turn is in at least one leaf; neighbouring leaves overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cgp.conversation import Conversation


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How a conversation is cut; part of what a validator seals before it asks miners.

    ``characters`` is the budget of text in a window (a turn longer than it gets its own window),
    ``turns`` the most turns in a window, ``overlap`` the turns that neighbours share.
    """

    characters: int = 1800
    turns: int = 40
    overlap: int = 2

    def __post_init__(self) -> None:
        if self.characters < 1 or self.turns < 1 or self.overlap < 0:
            raise ValueError(
                f"a window plan needs characters >= 1, turns >= 1 and overlap >= 0, got {self}"
            )


@dataclass(frozen=True, slots=True)
class Window:
    """Turns ``start`` (included) to ``stop`` (excluded) of a conversation, and its parts."""

    start: int
    stop: int
    children: tuple[Window, ...] = ()

    def leaves(self) -> Iterator[Window]:
        """Yield the windows without children, in order: what miners are asked about."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def of(self, conversation: Conversation) -> Conversation:
        """Return this window's part of ``conversation``."""
        return conversation.excerpt(self.start, self.stop)


def cut(conversation: Conversation, plan: WindowPlan | None = None) -> Window:
    """Return the tree of windows of a conversation of at least one turn.

    A leaf takes turns while they fit ``plan.characters`` and ``plan.turns``, always at least one.
    The next leaf begins ``plan.overlap`` turns before the end of the last, or later where it would
    hold nothing new. The final leaf is grown backwards to its budget, so that no miner is asked about
    a remnant.
    """
    plan = plan or WindowPlan()
    sizes = [len(turn.text) for turn in conversation.turns]
    leaves: list[Window] = []
    start = 0
    while True:
        stop = _grow_forward(sizes, start, plan)
        if stop == len(sizes):
            leaves.append(Window(_grow_backward(sizes, start, plan), stop))
            break
        leaves.append(Window(start, stop))
        start = _next_start(sizes, start, stop, plan)
    if len(leaves) == 1:
        return leaves[0]
    return Window(0, len(sizes), tuple(leaves))


def _next_start(sizes: list[int], start: int, stop: int, plan: WindowPlan) -> int:
    """Return where the next leaf starts: with all the overlap that leaves room for a new turn."""
    following = max(start + 1, stop - plan.overlap)
    while following < stop and _grow_forward(sizes, following, plan) <= stop:
        following += 1
    return following


def _grow_forward(sizes: list[int], start: int, plan: WindowPlan) -> int:
    stop, characters = start + 1, sizes[start]
    while (
        stop < len(sizes)
        and stop - start < plan.turns
        and characters + sizes[stop] <= plan.characters
    ):
        characters += sizes[stop]
        stop += 1
    return stop


def _grow_backward(sizes: list[int], start: int, plan: WindowPlan) -> int:
    characters = sum(sizes[start:])
    while (
        start > 0
        and len(sizes) - start < plan.turns
        and characters + sizes[start - 1] <= plan.characters
    ):
        start -= 1
        characters += sizes[start]
    return start
