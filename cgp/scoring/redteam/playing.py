"""Strategies at play: every answer to every scene, scored by the validator's rule in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.embedders import Vectors
from cgp.scoring.peers import AnswerRecord, record_of
from cgp.scoring.redteam.chance import Chance
from cgp.scoring.redteam.honest import FULL, full
from cgp.scoring.redteam.remembering import RememberingEmbedder
from cgp.scoring.redteam.scenes import Scene
from cgp.scoring.redteam.strategy import Draft, Leak, NotedWindow, Reply, Sight, Strategy, own_tags
from cgp.scoring.standings import reference_of
from cgp.scoring.task import Answer, NoAnswer, Score, ScoringRule

MEMORY = 60
"""Earlier windows that a miner remembers."""

Seat = tuple[str, int]


@dataclass(frozen=True)
class Round:
    """One scene played: each seat's score, and the record of its answer where that was valid.

    ``reference`` is the worth of the window (see ``cgp.scoring.standings.reference_of``).
    """

    name: str
    reference: float
    scores: dict[Seat, Score]
    records: dict[Seat, AnswerRecord]


class Stage:
    """Where strategies play: the rule that scores them, the embedder, and the seed of all chance.

    ``streams`` maps the name of a strategy to the number of its stream of honest work: strategies
    with the same number give the same answer where they work honestly with their first seat.
    Others work each with a stream of their own.
    """

    def __init__(
        self,
        rule: ScoringRule,
        embedder: RememberingEmbedder,
        seed: int,
        streams: Mapping[str, int] | None = None,
    ) -> None:
        self._rule = rule
        self._embedder = embedder
        self._seed = seed
        self._streams = streams or {}

    def play(self, scenes: Sequence[Scene], strategies: Sequence[Strategy], number: int) -> Round:
        """Let every seat answer scene ``number``, and score all the answers in one call."""
        scene = scenes[number]
        past = [earlier.subject for earlier in scenes[max(0, number - MEMORY) : number]]
        replies = self._replies(scene, past, strategies, number)
        notes = scene.subject.notes
        baseline = Draft(own_tags(notes), notes.profiles)
        answers = [self._answer(reply) for reply in (baseline, *replies.values())]
        reference, *scores = self._rule.score(scene.task, answers)
        return Round(
            name=scene.name,
            reference=reference_of(reference),
            scores=dict(zip(replies, scores, strict=True)),
            records={
                seat: record_of(hotkey_of(*seat), scene.name, answer, score=score)
                for seat, answer, score in zip(replies, answers[1:], scores, strict=True)
                if score.valid and isinstance(answer, Answer)
            },
        )

    def _replies(
        self, scene: Scene, past: Sequence[NotedWindow], strategies: Sequence[Strategy], number: int
    ) -> dict[Seat, Reply]:
        def sight_of(strategy: Strategy, seat: int, leak: Leak | None = None) -> Sight:
            return Sight(
                number=number,
                seat=seat,
                window=scene.subject.window,
                notes=scene.subject.notes,
                past=past,
                chance=self._chance(number, strategy.name, seat),
                embedder=self._embedder,
                leak=leak,
            )

        peer = full(sight_of(FULL, 0))
        leak = Leak(scene.neighbour, scene.task.ground_truth, peer, scene.reading)
        return {
            (strategy.name, seat): strategy.play(
                sight_of(strategy, seat, leak if strategy.leaks else None)
            )
            for strategy in strategies
            for seat in range(strategy.seats)
        }

    def _chance(self, number: int, name: str, seat: int) -> Chance:
        honest = f"stream {self._streams[name]}" if name in self._streams else name
        return Chance((self._seed, number), name, seat, honest)

    def _answer(self, reply: Reply) -> Answer | NoAnswer:
        """Return the answer as it reaches the validator: the draft with its embeddings."""
        if isinstance(reply, NoAnswer):
            return reply
        vectors: Vectors | None = self._embedder.embed_tags(reply.tags)
        if reply.forge is not None and vectors is not None:
            vectors = reply.forge(vectors)
        return Answer(reply.tags, reply.profiles, vectors)


def hotkey_of(name: str, seat: int, generation: int = 0) -> str:
    """Return the hotkey under which a seat plays; each generation is registered anew."""
    return f"{name}/{seat}/{generation}"
