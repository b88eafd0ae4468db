"""What the tools do: blocking reads of the store and the index, in and out as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from cgp.api.conversions import answer_message
from cgp.errors import CgpError
from cgp.privacy import Gate, RedactionPolicy
from cgp.scoring.task import NoAnswer
from cgp.search import Filters, GenomeIndex, Hit, IndexReader, Kind, SearchError
from cgp.store import DONE, FAILED, Gates, Store

MAX_TURNS = 200
MAX_COUNT = 50
_MOST_CHARACTERS = 40_000


class GenomeError(
    CgpError, code="mcp.question", remedy="ask with what the message says is allowed"
):
    """A question that cannot be answered; the message names the input and what is allowed."""


class Genome:
    """The store and the index of one machine, read only."""

    def __init__(self, store: Store, index: IndexReader, policy: RedactionPolicy) -> None:
        self._store = store
        self._index = index
        self._gates = Gates(store, policy)

    def search(self, query: str, kind: Kind, filters: Filters, count: int) -> list[dict[str, Any]]:
        """Return what ``cgp search`` finds."""
        with self._opened() as index:
            try:
                hits = index.search(query, kind=kind, filters=filters, count=count)
            except ValueError as error:
                raise GenomeError(str(error)) from error
        return [_hit(hit, kind) for hit in hits]

    def similar(self, conversation_id: str, count: int) -> list[dict[str, Any]]:
        """Return the conversations nearest to one."""
        with self._opened() as index:
            try:
                hits = index.similar(conversation_id, count)
            except KeyError:
                raise GenomeError(
                    f"conversation_id: the index holds no conversation {conversation_id!r}"
                ) from None
        return [_hit(hit, "conversations") for hit in hits]

    def conversation(self, conversation_id: str, start: int, count: int) -> dict[str, Any]:
        """Return a page of turns, and what was found out about the conversation."""
        gate = self._gate(conversation_id)
        held = gate.conversation
        if not 0 <= start < len(held.turns):
            last = len(held.turns) - 1
            raise GenomeError(f"start: the conversation has turns 0 to {last}, got {start}")
        turns: list[dict[str, Any]] = []
        characters = 0
        for number, turn in enumerate(held.turns[start : start + count], start):
            characters += len(turn.text)
            if turns and characters > _MOST_CHARACTERS:
                break
            name = held.participants[turn.speaker].name
            turns.append({"turn": number, "participant": name, "text": turn.text})
        following = start + len(turns)
        metadata = self._store.metadata_of(conversation_id)
        return {
            "id": held.id,
            "title": held.title,
            "source": held.source,
            "language": held.language,
            "started_at": held.started_at,
            "participants": [participant.name for participant in held.participants],
            "number_of_turns": len(held.turns),
            "turns": turns,
            "next_start": following if following < len(held.turns) else None,
            "metadata": None if metadata is None else gate.metadata(metadata).to_json(),
        }

    def explain_score(
        self, conversation_id: str, window: int, hotkey: str | None
    ) -> dict[str, Any]:
        """Return why answers to a window are worth what they are, the best first."""
        gate = self._gate(conversation_id)
        state = self._store.state_of(conversation_id)
        if state not in {DONE, FAILED}:
            raise GenomeError(f"conversation_id: it is {state}; scores are told when it is done")
        scored = self._store.answers_of(conversation_id, window)
        if hotkey is not None:
            scored = [answer for answer in scored if answer.hotkey == hotkey]
        if not scored:
            whose = "" if hotkey is None else f" of hotkey {hotkey!r}"
            raise GenomeError(f"window: no scored answers{whose} to window {window} of this one")
        answers = []
        for one in sorted(scored, key=lambda answer: -answer.score.value):
            entry = answer_message(one).model_dump(mode="json")
            silent = isinstance(one.answer, NoAnswer)
            answers.append({"answered": not silent, **gate.document(entry)})
        return {"conversation_id": conversation_id, "window": window, "answers": answers}

    def stats(self) -> dict[str, Any]:
        """Return how much the store and the index hold; ``index`` is null where there is none."""
        windows = self._store.count_windows()
        found: dict[str, Any] = {
            "conversations": self._store.count_conversations(),
            "windows": windows.total,
            "windows_done": windows.done,
            "index": None,
        }
        try:
            with self._index.index() as index:
                found["index"] = asdict(index.stats())
        except SearchError:
            return found
        return found

    def _gate(self, conversation_id: str) -> Gate:
        gate = self._gates.of(conversation_id)
        if gate is None:
            raise GenomeError(f"conversation_id: there is no conversation {conversation_id!r}")
        return gate

    @contextmanager
    def _opened(self) -> Iterator[GenomeIndex]:
        try:
            with self._index.index() as index:
                yield index
        except SearchError:
            raise GenomeError("there is no usable index yet: the operator runs cgp index") from None


def _hit(hit: Hit, kind: Kind) -> dict[str, Any]:
    if kind == "tags":
        return {"score": hit.score, "tag": hit.text, "conversations": hit.conversations}
    document = asdict(hit)
    del document["conversations"]
    return document
