"""An answer: a window's tags, each with its embedding, and the participants' profiles.

``{"protocol": 1, "task_id", "embedder", "tags": [{"text", "embedding"}], "profiles":
[{"participant", "claims": [{"attribute", "value", "turns"}]}]}``. An embedding is base64 of
little-endian float32, in the entry of its own tag, so that no order or key can be misread. Tags
stand in the miner's order. A claim's confidence is not sent, because a validator could not check
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from cgp.conversation import MAX_PARTICIPANTS
from cgp.embedders import Embedder, Vectors
from cgp.errors import CgpError
from cgp.metadata import Claim, Metadata, ParticipantProfile, claim_to_json
from cgp.no_answer_kind import NoAnswerKind
from cgp.protocol.limits import (
    MAX_ANSWER_BYTES,
    MAX_CITED_TURNS,
    MAX_CLAIM_CHARACTERS,
    MAX_CLAIMS,
    MAX_PROFILES,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_WINDOW_TURNS,
    PROTOCOL_VERSION,
)
from cgp.protocol.wire import WireError, WireModel, read
from cgp.vector_text import vector_bytes, vector_to_text, vectors_of_bytes

if TYPE_CHECKING:
    from cgp.scoring.task import Answer


class AnswerError(
    CgpError,
    ValueError,
    code="protocol.answer",
    remedy="mend the answer: the message names the field",
):
    """An answer cannot be used; the message gives the kind and the fault."""

    def __init__(self, kind: NoAnswerKind, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}")


class _Tag(WireModel):
    text: Annotated[str, Field(max_length=MAX_TAG_CHARACTERS)]
    embedding: Annotated[str, Field(max_length=MAX_ANSWER_BYTES)]


class _Claim(WireModel):
    attribute: Annotated[str, Field(max_length=MAX_CLAIM_CHARACTERS)]
    value: Annotated[str, Field(max_length=MAX_CLAIM_CHARACTERS)]
    turns: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=MAX_WINDOW_TURNS)], ...],
        Field(max_length=MAX_CITED_TURNS, fail_fast=True),
    ] = ()


class _Profile(WireModel):
    participant: Annotated[int, Field(ge=0, lt=MAX_PARTICIPANTS)]
    claims: Annotated[tuple[_Claim, ...], Field(max_length=MAX_CLAIMS, fail_fast=True)] = ()


class _Answer(WireModel):
    protocol: Annotated[int, Field(ge=PROTOCOL_VERSION, le=PROTOCOL_VERSION)]
    task_id: Annotated[str, Field(max_length=200)]
    embedder: Annotated[str, Field(max_length=200)]
    # Failing fast: a list of a million tags costs no more than its first fault.
    tags: Annotated[tuple[_Tag, ...], Field(max_length=MAX_TAGS, fail_fast=True)]
    profiles: Annotated[tuple[_Profile, ...], Field(max_length=MAX_PROFILES, fail_fast=True)] = ()


def within_limits(metadata: Metadata, *, max_tags: int = MAX_TAGS) -> Metadata:
    """Return ``metadata`` within the limits of an answer.

    Surplus tags, claims and citations are dropped. Tags, attributes and values that are too long
    are dropped, not cut: a cut text could say something that the annotator did not.
    """
    tags = [tag for tag in metadata.tags if len(tag.text) <= MAX_TAG_CHARACTERS]
    return Metadata(
        tags=tuple(tags[:max_tags]),
        profiles=tuple(
            replace(profile, claims=tuple(_fitting(profile.claims))[:MAX_CLAIMS])
            for profile in metadata.profiles[:MAX_PROFILES]
        ),
    )


def encode_answer(task_id: str, metadata: Metadata, vectors: Vectors, embedder_id: str) -> bytes:
    """Return the body of an answer; ``metadata`` is within the limits (see ``within_limits``).

    ``vectors`` has shape ``(len(metadata.tags), dimension)``: row i is the embedding of tag i's
    normal form.

    Raises:
        ValueError: if there is not one vector for each tag.
    """
    if len(vectors) != len(metadata.tags):
        raise ValueError(f"{len(metadata.tags)} tags need as many vectors, not {len(vectors)}")
    document: dict[str, Any] = {
        "protocol": PROTOCOL_VERSION,
        "task_id": task_id,
        "embedder": embedder_id,
        "tags": [
            {"text": tag.text, "embedding": vector_to_text(row)}
            for tag, row in zip(metadata.tags, vectors, strict=True)
        ],
        "profiles": [_profile_to_json(profile) for profile in metadata.profiles],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8 form: it becomes a question mark.
    return text.encode("utf-8", "replace")


def parse_answer(body: bytes, *, task_id: str, embedder: Embedder) -> Answer:
    """Read a miner's answer from bytes that may be anything.

    Vectors of the right shape are returned as sent: NaN, infinite, zero and forged ones parse, so
    that scoring voids the answer and says why.

    Raises:
        AnswerError: ``too_large``, ``malformed`` or ``wrong_task``; never anything else.
    """
    # Miners encode answers and never parse one: they need not load what scoring needs.
    from cgp.scoring.task import Answer

    # Before it is parsed: a parser of JSON needs several times the memory of its text.
    if len(body) > MAX_ANSWER_BYTES:
        raise AnswerError(
            NoAnswerKind.TOO_LARGE, f"{len(body)} bytes, more than {MAX_ANSWER_BYTES}"
        )
    try:
        answer = read(_Answer, body)
    except WireError as error:
        raise AnswerError(NoAnswerKind.MALFORMED, str(error)) from None
    if answer.task_id != task_id:
        raise AnswerError(NoAnswerKind.WRONG_TASK, f"the answer is to {answer.task_id!r:.60}")
    if answer.embedder != embedder.id:
        raise AnswerError(
            NoAnswerKind.MALFORMED,
            f"embedder: {answer.embedder!r:.60} is not {embedder.id!r}, as asked",
        )
    return Answer(
        tags=tuple(tag.text for tag in answer.tags),
        profiles=tuple(_profile(profile) for profile in answer.profiles),
        embeddings=_vectors(answer.tags, embedder.dimension),
    )


def _vectors(tags: tuple[_Tag, ...], dimension: int) -> Vectors:
    """Return the vectors as an array of shape ``(len(tags), dimension)``, float32."""
    rows = []
    for i, tag in enumerate(tags):
        try:
            rows.append(vector_bytes(tag.embedding, dimension))
        except ValueError as error:
            message = f"tags.{i}.embedding: {error}"
            raise AnswerError(NoAnswerKind.MALFORMED, message) from None
    return vectors_of_bytes(rows, dimension)


def _profile_to_json(profile: ParticipantProfile) -> dict[str, Any]:
    claims = [claim_to_json(replace(claim, confidence=None)) for claim in profile.claims]
    return {"participant": profile.participant, "claims": claims}


def _profile(profile: _Profile) -> ParticipantProfile:
    claims = (Claim(claim.attribute, claim.value, claim.turns) for claim in profile.claims)
    return ParticipantProfile(profile.participant, tuple(claims))


def _fitting(claims: tuple[Claim, ...]) -> Iterator[Claim]:
    for claim in claims:
        if max(len(claim.attribute), len(claim.value)) <= MAX_CLAIM_CHARACTERS:
            yield replace(claim, turns=claim.turns[:MAX_CITED_TURNS])
