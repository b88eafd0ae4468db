"""A conversation cut into a tree of windows: the whole, its topics, their parts, and the leaves.

The same step makes every level. A window is cut where its topic shifts. Without a shift (or an
embedder to find one) it is cut by size. A window that is small enough for one miner's answer is not
cut. Each turn is in at least one leaf; neighbouring leaves overlap; a window reaches as far as
its children.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from cgp.config import WindowSettings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.segmentation import Content, TopicSize, content_of, topic_shifts

# A person can still read the list of a window's parts, and a merge of them stays small.
_MOST_CHILDREN = 12


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """Rules for cutting a conversation. A validator seals them before it asks miners.

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

    @classmethod
    def of(cls, settings: WindowSettings) -> Self:
        """Return the plan that the settings ask for."""
        return cls(settings.characters, settings.turns, settings.overlap)


@dataclass(frozen=True, slots=True)
class Window:
    """Turns ``start`` (included) to ``stop`` (excluded) of a conversation, and its parts.

    ``by_topic`` says that the parts are topics; they are parts by size where it is False.
    """

    start: int
    stop: int
    children: tuple[Window, ...] = ()
    by_topic: bool = False

    def leaves(self) -> Iterator[Window]:
        """Yield the windows without children, in order: miners are asked about these."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def nodes(self, level: int = 0) -> Iterator[tuple[int, Window]]:
        """Yield ``(level, window)`` of this window (level 0) and all below it, in pre-order."""
        yield level, self
        for child in self.children:
            yield from child.nodes(level + 1)

    def of(self, conversation: Conversation) -> Conversation:
        """Return this window's part of ``conversation``."""
        return conversation.excerpt(self.start, self.stop)


def cut(
    conversation: Conversation, plan: WindowPlan | None = None, embedder: Embedder | None = None
) -> Window:
    """Return the tree of windows of a conversation of at least one turn.

    With an ``embedder`` it is cut where topics shift (``cgp.segmentation``), without one by size
    only. A leaf takes turns while they fit ``plan.characters`` and ``plan.turns``, always at
    least one. The next leaf begins ``plan.overlap`` turns before the end of the last, or later
    where it would hold nothing new. The final leaf of a topic is grown backwards to its budget,
    so that no miner is asked about a remnant. More than twelve leaves in a row are grouped
    evenly.
    """
    plan = plan or WindowPlan()
    sizes = [len(turn.text) for turn in conversation.turns]
    content = None
    if embedder is not None and not _fits(sizes, 0, len(sizes), plan):
        content = content_of(conversation, embedder)
    return _tree(_Cutting(sizes, plan, content), 0, len(sizes), 0)


@dataclass(frozen=True, slots=True)
class _Cutting:
    """Input for cutting one conversation; ``sizes`` are the characters of its turns."""

    sizes: list[int]
    plan: WindowPlan
    content: Content | None


def _tree(cutting: _Cutting, start: int, stop: int, earliest: int) -> Window:
    """Return the window whose new turns are ``start`` to ``stop``.

    It may overlap the turns before them, back to ``earliest``.
    """
    if _fits(cutting.sizes, start, stop, cutting.plan):
        shifts = []
    else:
        shifts = _shifts(cutting, start, stop)
    if shifts:
        topics: list[Window] = []
        for a, b in pairwise([start, *shifts, stop]):
            topics.append(_tree(cutting, a, b, earliest))
            # The next topic may overlap this one, but not begin before its last leaf's second turn.
            *_, last = topics[-1].leaves()
            earliest = last.start + 1
        return Window(topics[0].start, stop, tuple(topics), by_topic=True)
    return _group(_leaves(cutting, start, stop, earliest))


def _shifts(cutting: _Cutting, start: int, stop: int) -> list[int]:
    if cutting.content is None:
        return []
    # A part smaller than a full leaf is an aside, no topic.
    smallest = TopicSize(cutting.plan.characters, cutting.plan.turns)
    return topic_shifts(cutting.content, start, stop, smallest)


def _leaves(cutting: _Cutting, start: int, stop: int, earliest: int) -> list[Window]:
    """Return the leaves that hold the turns ``start`` to ``stop``, by size."""
    sizes, plan = cutting.sizes[:stop], cutting.plan
    first = _first_start(sizes, start, plan, earliest)
    leaves: list[Window] = []
    begin = first
    while True:
        end = _grow_forward(sizes, begin, plan)
        if end == stop:
            leaves.append(Window(_grow_backward(sizes, begin, first, plan), stop))
            return leaves
        leaves.append(Window(begin, end))
        begin = _next_start(sizes, begin, end, plan)


def _group(windows: list[Window]) -> Window:
    """Return the tree above windows in a row: at most twelve children everywhere, evenly shared
    out.
    """
    while len(windows) > _MOST_CHILDREN:
        count = -(-len(windows) // _MOST_CHILDREN)
        edges = [len(windows) * i // count for i in range(count + 1)]
        windows = [_parent(windows[a:b]) for a, b in pairwise(edges)]
    return _parent(windows)


def _parent(children: list[Window]) -> Window:
    if len(children) == 1:
        return children[0]
    return Window(children[0].start, children[-1].stop, tuple(children))


def _fits(sizes: list[int], start: int, stop: int, plan: WindowPlan) -> bool:
    return stop - start <= plan.turns and sum(sizes[start:stop]) <= plan.characters


def _first_start(sizes: list[int], start: int, plan: WindowPlan, earliest: int) -> int:
    """Return the start of a topic's first leaf: with all the overlap that its budget allows."""
    begin = max(earliest, start - plan.overlap)
    while begin < start and _grow_forward(sizes, begin, plan) <= start:
        begin += 1
    return begin


def _next_start(sizes: list[int], start: int, stop: int, plan: WindowPlan) -> int:
    """Return the start of the next leaf: with all the overlap that leaves room for a new turn."""
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


def _grow_backward(sizes: list[int], start: int, first: int, plan: WindowPlan) -> int:
    characters = sum(sizes[start:])
    while (
        start > first
        and len(sizes) - start < plan.turns
        and characters + sizes[start - 1] <= plan.characters
    ):
        start -= 1
        characters += sizes[start]
    return start
