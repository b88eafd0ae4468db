"""Records of jobs: the offer of a worker, the state of a worker, and one job."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from cgp.foreign_text import shown

MAX_OFFER_BYTES: Final = 16_384
MAX_MODELS: Final = 64
MAX_SLOTS: Final = 1024
_MAX_NAME: Final = 100


class JobKind(StrEnum):
    """Kind of work that a job asks for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    RETRIEVE = "retrieve"
    EXPERTS = "experts"


class Audience(StrEnum):
    """Keys that a worker serves, or workers that may read a key's jobs."""

    OWN = "own"
    """Of the same owner alone."""
    SHARED = "shared"
    """Of every owner."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: its kind, and its body as the backend takes it.

    The id has 128 random bits: no other gateway can guess it, so none can cancel the job.
    """

    kind: JobKind
    body: Mapping[str, Any]
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def encode(self) -> bytes:
        """Return the job as it goes over the wire."""
        document = {"id": self.id, "kind": self.kind, "body": self.body}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a job.

        Raises:
            ValueError: if it is none.
        """
        document = json.loads(data)
        if not isinstance(document, dict) or not isinstance(document.get("body"), dict):
            raise ValueError("a job is an object with a body")
        identifier = document.get("id")
        if not isinstance(identifier, str) or not 1 <= len(identifier) <= 64:
            raise ValueError("a job has an id of 1 to 64 characters")
        return cls(JobKind(str(document.get("kind"))), document["body"], identifier)


@dataclass(frozen=True, slots=True)
class Offer:
    """Capacity of a worker: its models by kind of work, and its jobs at once.

    ``context`` is the most tokens
    that a prompt and its answer may have, 0 where it is unknown.
    """

    name: str
    models: Mapping[JobKind, tuple[str, ...]]
    slots: int = 1
    audience: Audience = Audience.OWN
    context: int = 0

    def serves(self, kind: JobKind, model: str) -> bool:
        """Tell if the worker takes jobs of this kind for this model."""
        return model in self.models.get(kind, ())


@dataclass(frozen=True, slots=True)
class Presence:
    """State of one worker as it last told it.

    ``owner`` comes from the subject that the server lets the worker publish to, so a worker cannot
    claim another owner.
    """

    worker: str
    owner: str
    offer: Offer
    busy: int
    draining: bool

    def encode(self) -> bytes:
        """Return the state as a worker publishes it; worker and owner are in the subject."""
        document = {
            "offer": asdict(self.offer),
            "busy": self.busy,
            "draining": self.draining,
        }
        return json.dumps(document, ensure_ascii=False).encode()

    @classmethod
    def decode(cls, worker: str, owner: str, data: bytes) -> Self:
        """Read a state that came from ``worker`` of ``owner``.

        Raises:
            ValueError: if it is none, or beyond the limits.
        """
        if len(data) > MAX_OFFER_BYTES:
            raise ValueError(f"an offer has at most {MAX_OFFER_BYTES} bytes")
        document = json.loads(data)
        try:
            offer = _offer(document["offer"])
            busy, draining = int(document["busy"]), bool(document["draining"])
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"not the state of a worker: {error!r}") from None
        if not 0 <= busy <= MAX_SLOTS:
            raise ValueError(f"busy is 0 to {MAX_SLOTS}, not {busy}")
        return cls(worker, owner, offer, busy, draining)


def _offer(document: Mapping[str, Any]) -> Offer:
    models = {
        JobKind(kind): tuple(_name(name) for name in names)
        for kind, names in document["models"].items()
    }
    slots, context = int(document["slots"]), int(document["context"])
    if sum(map(len, models.values())) > MAX_MODELS or not 1 <= slots <= MAX_SLOTS:
        raise ValueError(f"a worker has 1 to {MAX_SLOTS} slots and at most {MAX_MODELS} models")
    name = _name(document["name"])
    return Offer(name, models, slots, Audience(document["audience"]), max(0, context))


def _name(value: object) -> str:
    """Return a name on one line, in which nothing acts.

    It is another person's text, and reaches pages, lists, logs, and a header of every answer.
    """
    return " ".join(shown(str(value)).split())[:_MAX_NAME]
