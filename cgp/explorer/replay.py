"""A stored score as a file for ``cgp score``: all that it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cgp.conversation import Conversation
from cgp.conversation_json import conversation_to_json
from cgp.explorer.store_reads import ExplorerStore
from cgp.metadata import Metadata, Tag
from cgp.scoring.task import Answer
from cgp.store import Gates, ScoredAnswer, WindowRecord


def replay_file(
    store: ExplorerStore,
    gates: Gates,
    conversation: Conversation,
    window: WindowRecord,
    stored_answers: Sequence[ScoredAnswer],
) -> dict[str, Any]:
    """Return the document of a score file for the answers to one window.

    The conversation, the ground truth and the answers go through the gate. Windows of the
    background that are no longer in the store are left out.
    """
    # The stored embeddings are left out: ``cgp score`` recomputes them from the tags.
    gate = gates.of(conversation.id)
    truth = store.ground_truth(conversation.id)
    assert gate is not None
    answers = [
        {"miner": item.hotkey, **gate.metadata(_metadata(item.answer)).to_json()}
        for item in stored_answers
        if isinstance(item.answer, Answer)
    ]
    return {
        "conversation": conversation_to_json(conversation),
        "window": {"start": window.start, "stop": window.stop},
        "ground_truth": None if truth is None else gate.metadata(truth.metadata).to_json(),
        "background": _background(store, gates, conversation.id, window.index),
        "answers": answers,
    }


def _metadata(answer: Answer) -> Metadata:
    return Metadata(tuple(Tag(text) for text in answer.tags), answer.profiles)


def _background(
    store: ExplorerStore, gates: Gates, conversation_id: str, window: int
) -> list[dict[str, Any]]:
    documents = list[dict[str, Any]]()
    for place in store.window_background(conversation_id, window):
        if (gate := gates.of(place.conversation_id)) is None:
            continue
        excerpt = gate.conversation.excerpt(place.start, place.stop)
        # Excerpts of one conversation have one id; a file of conversations has one for each.
        background_window = replace(excerpt, id=f"{excerpt.id}/{len(documents)}")
        documents.append(conversation_to_json(background_window))
    return documents
