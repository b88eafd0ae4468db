"""The reads: blocking questions to the store and the index, answered as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from cgp.api.conversions import answer_message
from cgp.api.moments import moment_of, seconds_of
from cgp.errors import CgpError
from cgp.metadata import Metadata
from cgp.mining import MinedWindow
from cgp.privacy import Gate, RedactionPolicy
from cgp.scoring.task import NoAnswer
from cgp.search import Filters, GenomeIndex, Hit, IndexReader, Kind, SearchError
from cgp.search.excerpts import excerpt, plain
from cgp.search.genome_index import MAX_QUERY
from cgp.search.options import (
    DEFAULT_COUNT,
    DEFAULT_KIND,
    MAX_FILTER_CHARACTERS,
    OPTION_HELP,
)
from cgp.store import DONE, FAILED, Gates, Store

MAX_TURNS = 200
MAX_COUNT = 50
# A page of turns has to fit into a model's context beside the rest of its conversation.
_MOST_CHARACTERS = 8_000
# What a summary shows at most; a model asks for the words of the part that it needs.
_TAGS, _PARTICIPANTS, _CLAIMS, _PARTS, _PART_TAGS = 12, 12, 3, 16, 3
_CLAIM_CHARACTERS = 160
_EXCERPT_CHARACTERS = 300
_HIT_TAGS = 5

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
        kind: Annotated[Kind, Field(description=OPTION_HELP["kind"])] = DEFAULT_KIND,
        source: Annotated[Name | None, Field(description=OPTION_HELP["source"])] = None,
        participant: Annotated[Name | None, Field(description=OPTION_HELP["participant"])] = None,
        tag: Annotated[Name | None, Field(description=OPTION_HELP["tag"])] = None,
        after: Annotated[datetime | None, Field(description=OPTION_HELP["after"])] = None,
        before: Annotated[datetime | None, Field(description=OPTION_HELP["before"])] = None,
        language: Annotated[Name | None, Field(description=OPTION_HELP["language"])] = None,
        count: Count = DEFAULT_COUNT,
        weak: Annotated[bool, Field(description=OPTION_HELP["weak"])] = False,
    ) -> list[dict[str, Any]]:
        """Return the results of ``cgp search``."""
        first, end = (None if moment is None else seconds_of(moment) for moment in (after, before))
        filters = Filters(source, participant, tag, first, end, language=language)
        with self._open_index() as index:
            try:
                hits = index.search(query, kind=kind, filters=filters, count=count, weak=weak)
            except ValueError as error:
                raise ReadError(str(error)) from error
        return [_hit(hit, kind, query) for hit in hits]

    def similar(self, conversation_id: Name, count: Count = DEFAULT_COUNT) -> list[dict[str, Any]]:
        """Return the conversations nearest to one."""
        with self._open_index() as index:
            try:
                hits = index.similar(conversation_id, count)
            except KeyError:
                raise ReadError(
                    f"conversation_id: the index holds no conversation {conversation_id!r}"
                ) from None
        return [_hit(hit, "conversations") for hit in hits]

    def conversation(self, conversation_id: Name) -> dict[str, Any]:
        """Return the summary of a conversation, without its words: a few kilobytes at most."""
        gate = self._gate(conversation_id)
        conversation = gate.conversation
        names = [participant.name for participant in conversation.participants]
        # Metadata is there only once the conversation is done.
        metadata = self._store.metadata_of(conversation_id)
        safe = Metadata() if metadata is None else gate.metadata(metadata)
        windows = self._store.mined_windows(conversation_id)
        return {
            "conversation_id": conversation.id,
            "title": conversation.title,
            "source": conversation.source,
            "language": conversation.language,
            "started_at": conversation.started_at,
            "state": self._store.state_of(conversation_id),
            "number_of_turns": len(conversation.turns),
            "participants": names[:_PARTICIPANTS],
            "tags": [tag.text for tag in safe.tags[:_TAGS]],
            "profiles": [
                {
                    "participant": names[profile.participant],
                    "claims": [
                        f"{claim.attribute}: {claim.value}"[:_CLAIM_CHARACTERS]
                        for claim in profile.claims[:_CLAIMS]
                    ],
                }
                for profile in safe.profiles[:_PARTICIPANTS]
            ],
            "parts": [_part(window, gate) for window in windows if window.level == 1][:_PARTS],
        }

    def turns(
        self,
        conversation_id: Name,
        start: Annotated[int, Field(ge=0, description="First turn, from 0")] = 0,
        count: Annotated[int, Field(ge=1, le=MAX_TURNS, description="Maximum turns")] = 20,
    ) -> dict[str, Any]:
        """Return a page of turns, redacted."""
        conversation = self._gate(conversation_id).conversation
        if not 0 <= start < len(conversation.turns):
            last = len(conversation.turns) - 1
            raise ReadError(f"start: the conversation has turns 0 to {last}, got {start}")
        page: list[dict[str, Any]] = []
        characters = 0
        for number, turn in enumerate(conversation.turns[start : start + count], start):
            characters += len(turn.text)
            # One turn is always given, however long: a page that is empty would never end.
            # At least one turn, however long: a reader could never get past it otherwise.
            if page and characters > _MOST_CHARACTERS:
                break
            name = conversation.participants[turn.speaker].name
            page.append({"turn": number, "participant": name, "text": turn.text})
        # The page may be shorter than asked for, so the reader hears where the next one begins.
        following = start + len(page)
        return {
            "conversation_id": conversation.id,
            "turns": page,
            "next_start": following if following < len(conversation.turns) else None,
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
            # Through the API's message: a model sees the fields that any caller of the API sees.
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
        # The store's counts are of use without an index too.
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
        # Without the cause: it names folders of this machine, and the answer goes to a model.
        except SearchError:
            raise ReadError("there is no usable index yet: the operator runs cgp index") from None


def _hit(hit: Hit, kind: Kind, query: str = "") -> dict[str, Any]:
    if kind == "tags":
        return {"score": hit.score, "tag": hit.text, "conversations": hit.conversations}
    document: dict[str, Any] = {
        "score": round(hit.score, 3),
        "conversation_id": hit.conversation_id,
        "title": hit.title,
        "source": hit.source,
        "started_at": moment_of(hit.started_at),
        "start": hit.start,
        "stop": hit.stop,
        "tags": list(hit.tags[:_HIT_TAGS]),
    }
    if hit.repeats:
        document["repeats"] = hit.repeats
    if hit.text:
        document["excerpt"] = plain(excerpt(hit.text, query, _EXCERPT_CHARACTERS))
    return document


def _part(window: MinedWindow, gate: Gate) -> dict[str, Any]:
    tags = gate.metadata(window.metadata).tags[:_PART_TAGS]
    return {"start": window.start, "stop": window.stop, "tags": [tag.text for tag in tags]}
