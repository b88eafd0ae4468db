"""Windows of other conversations: scoring needs them to find the particular content of a window."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cgp.conversation import Conversation
from cgp.privacy import STANDARD, RedactionPolicy
from cgp.store import Store, WindowReference
from cgp.windows import WindowPlan, cut
from validator.selection import draw

# Enough to choose from, and a bound for a store of millions.
_MOST_RECENT = 500


@dataclass(frozen=True)
class Background:
    """Windows of other conversations, and where they are stored (for replay)."""

    windows: tuple[Conversation, ...] = ()
    references: tuple[WindowReference, ...] = ()


def background_of(
    store: Store,
    conversation: Conversation,
    plan: WindowPlan,
    count: int,
    seed: int,
    *,
    policy: RedactionPolicy = STANDARD,
) -> Background:
    """Return ``count`` windows of other stored conversations (fewer where there are fewer).

    Conversations in the same language come first, as generic words depend on the language; each
    gives one window before any gives two. The choice depends on the seed and on the store, and
    the references name the windows chosen. The windows are redacted, as is all input of scores.
    Blocks: reads the store.
    """
    if count == 0:
        return Background()
    choice = random.Random(draw(seed, conversation.id, "background"))  # noqa: S311 - not a secret
    identifiers = _ids_in_random_order(store, conversation, choice)[:count]
    picks: list[tuple[Conversation, WindowReference]] = []
    pools: list[list[tuple[Conversation, WindowReference]]] = []
    for identifier in identifiers:
        if (original := store.conversation(identifier)) is not None:
            conversation_of_pool = store.redacted(original, policy)
            pool = [
                (
                    leaf.of(conversation_of_pool),
                    WindowReference(conversation_of_pool.id, leaf.start, leaf.stop),
                )
                for leaf in cut(conversation_of_pool, plan).leaves()
            ]
            choice.shuffle(pool)
            pools.append(pool)
    # One window of each conversation in turn, so that no long conversation gives them all.
    while len(picks) < count and any(pools):
        picks += [pool.pop() for pool in pools if pool]
    picks = picks[:count]
    return Background(tuple(w for w, _ in picks), tuple(r for _, r in picks))


def _ids_in_random_order(
    store: Store, conversation: Conversation, choice: random.Random
) -> list[str]:
    """Return the ids of other conversations in random order, the same language first."""
    alike = set(
        store.recent_conversation_ids(_MOST_RECENT, language=conversation.language or "")
    ) - {conversation.id}
    rest = set(store.recent_conversation_ids(_MOST_RECENT)) - alike - {conversation.id}
    order: list[str] = []
    for group in (alike, rest):
        # Sorted first: the order of a set changes from process to process, and a seed alone must
        # decide.
        identifiers = sorted(group)
        choice.shuffle(identifiers)
        order += identifiers
    return order
