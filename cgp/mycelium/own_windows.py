"""Windows that a node learns from: its own conversations, with the labels that it has for them.

Labels come from the store's ground truths; where a conversation has none, from its verified
metadata; where it has neither, from the conversation itself: a phrase is wanted in a window if the
talk comes back to it in another one. Nothing here leaves the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from cgp.annotators.embedded.reading import Window as WordWindow
from cgp.annotators.embedded.reading import part_of, read_window
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.experts.examples import table_of
from cgp.experts.window_table import WindowTable
from cgp.gold import GoldTag, GoldWindow, Weight, gold_of_truth
from cgp.metadata import LEAST_SUPPORT, Metadata
from cgp.mining import MinedWindow
from cgp.privacy import RedactionPolicy
from cgp.store.ground_truths import GroundTruthRecord
from cgp.tagmodel import TagModel
from cgp.windows import WindowPlan, cut

# A phrase that the talk comes back to is said in two turns at least of the other windows: a single
# further mention is often chance.
_RETURNS = 2


class Label(StrEnum):
    """Origin of a window's labels."""

    GOLD = "gold"
    TRUTH = "truth"
    VERIFIED = "verified"
    RETURNS = "returns"


@dataclass(frozen=True)
class OwnWindows:
    """Windows with wanted tags, and how many of them have labels of each origin."""

    windows: tuple[GoldWindow, ...]
    labels: Counter[Label]

    def table(self, model: TagModel, embedder: Embedder, encoder: Encoder) -> WindowTable:
        """Return the windows as numbers, the text left out.

        Raises:
            ValueError: if no window has a candidate for a tag.
        """
        return table_of(self.windows, model, embedder, encoder)


class OwnStore(Protocol):
    """The part of ``cgp.store.Store`` that is read here."""

    def recent_conversation_ids(self, limit: int, *, language: str | None = None) -> list[str]:
        """Return the ids of the latest arrivals."""
        ...

    def conversation(self, conversation_id: str) -> Conversation | None:
        """Return a conversation."""
        ...

    def redacted(self, conversation: Conversation, policy: RedactionPolicy) -> Conversation:
        """Return a conversation without personal data."""
        ...

    def ground_truth(self, conversation_id: str) -> GroundTruthRecord | None:
        """Return a sealed ground truth."""
        ...

    def mined_windows(
        self, conversation_id: str, after: int = -1, limit: int | None = None
    ) -> list[MinedWindow]:
        """Return the tree of windows of a finished conversation, with verified metadata."""
        ...


def own_windows(
    store: OwnStore,
    gold: Sequence[GoldWindow] = (),
    *,
    policy: RedactionPolicy,
    plan: WindowPlan | None = None,
    limit: int = 200,
) -> OwnWindows:
    """Return the windows of the ``limit`` latest conversations, and the gold windows before them.

    Conversations are redacted as everything that is annotated, so that the head learns from no
    name or number of a person.
    """
    windows = list(gold)
    labels = Counter({Label.GOLD: len(windows)}) if windows else Counter()
    for identifier in store.recent_conversation_ids(limit):
        conversation = store.conversation(identifier)
        if conversation is None:
            continue
        conversation = store.redacted(conversation, policy)
        label, parts = _with_labels(store, conversation, plan or WindowPlan())
        labels[label] += len(parts)
        windows += parts
    return OwnWindows(tuple(windows), labels)


def _with_labels(
    store: OwnStore, conversation: Conversation, plan: WindowPlan
) -> tuple[Label, list[GoldWindow]]:
    truth = store.ground_truth(conversation.id)
    if truth is not None:
        return Label.TRUTH, list(windows_of_truth(conversation, truth.metadata, truth.plan))
    tree = store.mined_windows(conversation.id)
    if tree:
        return Label.VERIFIED, list(windows_of_tree(conversation, tree))
    return Label.RETURNS, windows_of_returns(conversation, plan)


def windows_of_truth(
    conversation: Conversation, truth: Metadata, plan: WindowPlan
) -> Iterator[GoldWindow]:
    """Yield a conversation's windows with the tags of its ground truth.

    A tag is wanted in each window that has a candidate for it.
    """
    for number, part in _parts(conversation, plan):
        yield gold_of_truth(_window(conversation, part, number), truth)


def windows_of_tree(
    conversation: Conversation, tree: Sequence[MinedWindow]
) -> Iterator[GoldWindow]:
    """Yield the leaves of a finished conversation with their verified tags."""
    inner = {window.parent for window in tree}
    for window in tree:
        if window.number not in inner:
            part = part_of(conversation, window.start, window.stop)
            tags = [tag for tag in window.metadata.tags if tag.support >= LEAST_SUPPORT]
            yield replace(
                _window(conversation, part, window.number),
                tags=tuple(GoldTag(tag.text, Weight.TOPIC) for tag in tags),
            )


def windows_of_returns(conversation: Conversation, plan: WindowPlan) -> list[GoldWindow]:
    """Return a conversation's windows; tags are phrases of a window that other windows repeat.

    ``_RETURNS`` turns of the other windows must say each word of a phrase. A conversation of one
    window is read as two halves. One of a single turn gives nothing.
    """
    # Turns that two windows share would count as said again.
    parts = [part for _, part in _parts(conversation, replace(plan, overlap=0))]
    if len(parts) == 1:
        middle, turns = len(conversation.turns) // 2, len(conversation.turns)
        if not middle:
            return []
        parts = [part_of(conversation, 0, middle), part_of(conversation, middle, turns)]
    readings = [read_window(part) for part in parts]
    counts_by_part = [_turns_of(reading) for reading in readings]
    whole: Counter[str] = sum(counts_by_part, Counter())
    windows = []
    for number, (part, reading) in enumerate(zip(parts, readings, strict=True)):
        elsewhere = whole - counts_by_part[number]
        texts = [
            candidate.text
            for candidate in reading.phrases.candidates
            if min((elsewhere[stem] for stem in candidate.stems), default=0) >= _RETURNS
        ]
        window = _window(conversation, part, number)
        tags = tuple(GoldTag(text, Weight.TOPIC) for text in dict.fromkeys(texts))
        windows.append(replace(window, tags=tags))
    return windows


def _turns_of(reading: WordWindow) -> Counter[str]:
    """Count the turns that say each stem."""
    return Counter({stem: len(set(turns)) for stem, turns in reading.phrases.stem_turns.items()})


def _parts(conversation: Conversation, plan: WindowPlan) -> Iterator[tuple[int, Conversation]]:
    for number, leaf in enumerate(cut(conversation, plan).leaves()):
        yield number, leaf.of(conversation)


def _window(conversation: Conversation, part: Conversation, number: int) -> GoldWindow:
    """Return a part of a conversation as a window without tags."""
    copy = replace(part, id=f"{conversation.id}#{number}")
    return GoldWindow(copy, (), origin=conversation.id, kind=conversation.source)
