"""The reads: blocking questions to the store and the index, answered as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from cgp.api.conversions import answer_message
from cgp.errors import CgpError
from cgp.privacy import Gate, RedactionPolicy
from cgp.scoring.task import NoAnswer
from cgp.search import Filters, GenomeIndex, Hit, IndexReader, Kind, SearchError
from cgp.search.genome_index import MAX_QUERY
from cgp.search.options import MAX_FILTER_CHARACTERS, OPTION_HELP
from cgp.store import DONE, FAILED, Gates, Store

MAX_TURNS = 200
MAX_COUNT = 50
# A page of turns has to fit into a model's context beside the rest of its conversation.
_MOST_CHARACTERS = 40_000

Count = Annotated[int, Field(ge=1, le=MAX_COUNT, description=OPTION_HELP["count"])]
Name = Annotated[str, Field(min_length=1, max_length=MAX_FILTER_CHARACTERS)]


class ReadError(
    CgpError, code="reads.question", remedy="ask with what the message says is allowed"
):
    """A question cannot be answered; the message names the input and the allowed values."""


class Genome:
    """The store and the index of one machine, read only."""

    def __init__(self, store: Store, index: IndexReader, policy: RedactionPolicy) -> None:
        self._store = store
        self._index = index
        self._gates = Gates(store, policy)

    def search(  # noqa: PLR0917 - a read takes its arguments by name
        self,
        query: Annotated[
            str,
            Field(min_length=1, max_length=MAX_QUERY, description=OPTION_HELP["query"]),
        ],
        kind: Annotated[Kind, Field(description=OPTION_HELP["kind"])] = "windows",
        source: Annotated[Name | None, Field(description=OPTION_HELP["source"])] = None,
        participant: Annotated[Name | None, Field(description=OPTION_HELP["participant"])] = None,
        tag: Annotated[Name | None, Field(description=OPTION_HELP["tag"])] = None,
        after: Annotated[float | None, Field(description=OPTION_HELP["after"])] = None,
        before: Annotated[float | None, Field(description=OPTION_HELP["before"])] = None,
        count: Count = 10,
    ) -> list[dict[str, Any]]:
        """Return the results of ``cgp search``."""
        filters = Filters(source, participant, tag, after, before)
        with self._open_index() as index:
            try:
                hits = index.search(query, kind=kind, filters=filters, count=count)
            except ValueError as error:
                raise ReadError(str(error)) from error
        return [_hit(hit, kind) for hit in hits]

    def similar(self, conversation_id: Name, count: Count = 10) -> list[dict[str, Any]]:
        """Return the conversations nearest to one."""
        with self._open_index() as index:
            try:
                hits = index.similar(conversation_id, count)
            except KeyError:
                raise ReadError(
                    f"conversation_id: the index holds no conversation {conversation_id!r}"
                ) from None
        return [_hit(hit, "conversations") for hit in hits]

    def conversation(
        self,
        conversation_id: Name,
        start: Annotated[int, Field(ge=0, description="First turn, from 0")] = 0,
        turns: Annotated[int, Field(ge=1, le=MAX_TURNS, description="Most turns")] = 50,
    ) -> dict[str, Any]:
        """Return a page of turns, and the metadata of the conversation."""
        gate = self._gate(conversation_id)
        conversation = gate.conversation
        if not 0 <= start < len(conversation.turns):
            last = len(conversation.turns) - 1
            raise ReadError(f"start: the conversation has turns 0 to {last}, got {start}")
        shown_turns: list[dict[str, Any]] = []
        characters = 0
        for number, turn in enumerate(conversation.turns[start : start + turns], start):
            characters += len(turn.text)
            # At least one turn, however long: a reader could never get past it otherwise.
            if shown_turns and characters > _MOST_CHARACTERS:
                break
            name = conversation.participants[turn.speaker].name
            shown_turns.append({"turn": number, "participant": name, "text": turn.text})
        following = start + len(shown_turns)
        metadata = self._store.metadata_of(conversation_id)
        return {
            "id": conversation.id,
            "title": conversation.title,
            "source": conversation.source,
            "language": conversation.language,
            "started_at": conversation.started_at,
            "participants": [participant.name for participant in conversation.participants],
            "number_of_turns": len(conversation.turns),
            "turns": shown_turns,
            "next_start": following if following < len(conversation.turns) else None,
            "metadata": None if metadata is None else gate.metadata(metadata).to_json(),
        }

    def explain_score(
        self,
        conversation_id: Name,
        window: Annotated[int, Field(ge=0, description="The window's number, from 0")],
        hotkey: Annotated[Name | None, Field(description="Only this miner's answer")] = None,
    ) -> dict[str, Any]:
        """Return the answers to a window with the reasons of their scores, the best first."""
        gate = self._gate(conversation_id)
        state = self._store.state_of(conversation_id)
        # Verdicts before the end would tell miners the ground truth.
        if state not in {DONE, FAILED}:
            raise ReadError(f"conversation_id: it is {state}; scores are told when it is done")
        records = self._store.answers_of(conversation_id, window)
        if hotkey is not None:
            records = [answer for answer in records if answer.hotkey == hotkey]
        if not records:
            of_miner = "" if hotkey is None else f" of hotkey {hotkey!r}"
            raise ReadError(f"window: no scored answers{of_miner} to window {window} of this one")
        answers = []
        for record in sorted(records, key=lambda answer: -answer.score.value):
            entry = answer_message(record).model_dump(mode="json")
            silent = isinstance(record.answer, NoAnswer)
            answers.append({"answered": not silent, **gate.document(entry)})
        return {"conversation_id": conversation_id, "window": window, "answers": answers}

    def stats(self) -> dict[str, Any]:
        """Return the sizes of the store and of the index; ``index`` is null without one."""
        windows = self._store.count_windows()
        counts: dict[str, Any] = {
            "conversations": self._store.count_conversations(),
            "windows": windows.total,
            "windows_done": windows.done,
            "index": None,
        }
        try:
            with self._index.index() as index:
                counts["index"] = asdict(index.stats())
        except SearchError:
            return counts
        return counts

    def _gate(self, conversation_id: str) -> Gate:
        gate = self._gates.of(conversation_id)
        if gate is None:
            raise ReadError(f"conversation_id: there is no conversation {conversation_id!r}")
        return gate

    @contextmanager
    def _open_index(self) -> Iterator[GenomeIndex]:
        try:
            with self._index.index() as index:
                yield index
        except SearchError:
            raise ReadError("there is no usable index yet: the operator runs cgp index") from None


def _hit(hit: Hit, kind: Kind) -> dict[str, Any]:
    if kind == "tags":
        return {"score": hit.score, "tag": hit.text, "conversations": hit.conversations}
    document = asdict(hit)
    # Only a tag's hit counts conversations.
    del document["conversations"]
    return document
