"""Roster: the workers that are there, whom they answer, their models and their standings."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cgp.chat.errors import ChatError, NoWorkerError
from cgp.chat.requests import ChatQuestion
from cgp.chat.standing import WorkerStanding
from cgp.jobs import Audience, JobKind, Jobs, Presence
from cgp.jobs.users import owner_token

RETRY_SECONDS: Final = 5.0
"""Time after which a client may look for a worker again."""

_KINDS_TO_CHOOSE: Final = frozenset({JobKind.CHAT, JobKind.EMBEDDINGS})


class ModelOffer(NamedTuple):
    """Worker, by its id, and one of its models."""

    worker: str
    model: str


class Roster:
    """Workers as one gateway sees them. ``clock`` returns seconds, ``rng`` decides among equals."""

    def __init__(self, jobs: Jobs, *, clock: Callable[[], float], rng: random.Random) -> None:
        self._jobs = jobs
        self._clock = clock
        self._rng = rng
        # Models that a worker offered once: away is not the same as unknown.
        self._past_models: set[tuple[JobKind, str]] = set()
        self.standings: dict[str, WorkerStanding] = {}

    def workers(self) -> Mapping[str, Presence]:
        """Return all workers that are there, by id."""
        return self._jobs.workers()

    def standing(self, worker: str) -> WorkerStanding:
        """Return the standing of a worker, a new one where it has none."""
        return self.standings.setdefault(worker, WorkerStanding())

    def pause_for_fault(self, worker: str) -> None:
        """Pause a worker whose answer or whose claims were found wrong."""
        self.standing(worker).count_fault(self._clock())

    def is_paused(self, worker: str) -> bool:
        """Tell if a worker gets no jobs now, after failures or faults."""
        return self.standing(worker).is_cooling(self._clock())

    def visible(self, owner: str, audience: Audience) -> Mapping[str, Presence]:
        """Return the workers that may see a job of ``owner`` (a token), by id."""
        return {
            worker: presence
            for worker, presence in self._jobs.workers().items()
            if presence.owner == owner
            or (audience is Audience.SHARED and presence.offer.audience is Audience.SHARED)
        }

    def capable(self, owner: str, question: ChatQuestion) -> Mapping[str, Presence]:
        """Return the workers that may answer a question of ``owner`` (a token) and take jobs."""
        return {
            worker: presence
            for worker, presence in self.visible(owner, question.audience).items()
            if presence.offer.serves(question.kind, question.model)
            and not presence.draining
            and question.worker in {"", worker}
        }

    def models(self, owner: str) -> Mapping[str, tuple[Presence, ...]]:
        """Return every model that a key of ``owner`` can have, with the workers that offer it."""
        offers: dict[str, list[Presence]] = {}
        for presence in self.visible(owner_token(owner), Audience.SHARED).values():
            for kind, names in presence.offer.models.items():
                # Passages and experts are asked for by the gateway itself: no models to choose.
                for name in names if kind in _KINDS_TO_CHOOSE else ():
                    offers.setdefault(name, []).append(presence)
        return {name: tuple(workers) for name, workers in sorted(offers.items())}

    def offers(self, owner: str, audience: Audience, kind: JobKind) -> list[ModelOffer]:
        """Return the workers' models for ``kind`` that could be asked now.

        The fastest workers come first, and among them those of fewest jobs at work.
        """
        now = self._clock()
        offers = [
            ModelOffer(worker, model)
            for worker, presence in self.visible(owner_token(owner), audience).items()
            if not presence.draining and not self.standing(worker).is_cooling(now)
            for model in presence.offer.models.get(kind, ())
        ]
        self._rng.shuffle(offers)
        return sorted(offers, key=lambda offer: self._pace(offer.worker))

    def note_models(self) -> None:
        """Note the models that are offered now, so that ``missing`` knows them later."""
        for presence in self._jobs.workers().values():
            for kind, names in presence.offer.models.items():
                self._past_models.update((kind, name) for name in names)

    def missing(self, question: ChatQuestion) -> ChatError:
        """Return the error for a model that no worker offers to this key now."""
        is_past = (question.kind, question.model) in self._past_models
        if self._jobs.workers() and not is_past:
            return NoWorkerError(
                404,
                "model_not_found",
                f"no worker offers the model {question.model!r} for {question.kind}; "
                "GET /v1/models lists all",
                parameter="model",
            )
        message = f"no worker for {question.model!r} is there for this key"
        return NoWorkerError(503, "no_worker", message, retry_after=RETRY_SECONDS)

    def _pace(self, worker: str) -> tuple[float, int]:
        """Return the order of a worker among others: the least comes first."""
        standing = self.standing(worker)
        return -(standing.tokens_per_second or 0.0), standing.busy
