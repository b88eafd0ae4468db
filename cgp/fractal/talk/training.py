"""Training of the head by contrast: the right answer against the others, and against none.

Each question appears twice: as it is, where its answer is right, and with its answer taken out of
the entries, where to abstain is right. A constant head gives each answer the same chance, so
collapse is not an optimum. A share of the questions is held out: the loss, the answers and the
abstentions that a person sees while it learns are theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgp.arrays import Floats
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.fractal.adam import Adam
from cgp.fractal.growth import Growth, grow
from cgp.fractal.network import FractalNetwork
from cgp.fractal.talk.entries import FEATURES, Comparison, Entries
from cgp.fractal.talk.errors import TalkError
from cgp.fractal.talk.model import TalkModel, probabilities, scores
from cgp.fractal.talk.pairs import Pair, redacted_pairs
from cgp.fractal.talk.variants import variants_of
from cgp.privacy import STANDARD, RedactionPolicy

_STEPS_AN_EPOCH = 25
_LEAST_PAIRS = 4
# The relative gain on questions held out that children of a leaf must surely exceed.
_LEAST_GAIN = 0.002
_DRAWS = 500
_THRESHOLDS = tuple(step / 20 for step in range(4, 17))


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """Settings of a training run; ``pull`` is the strength of the pull of each weight towards 0."""

    epochs: int = 10
    rate: float = 0.05
    pull: float = 1e-4
    held_out: float = 0.2
    most_leaves: int = 4
    seed: int = 0
    policy: RedactionPolicy = STANDARD


@dataclass(frozen=True, slots=True)
class TalkFigures:
    """Figures on questions held out, in variants, after an epoch.

    ``loss`` is in nats a question, ``train_loss`` that of the questions that are learned from.
    ``right`` is the share that gets its own answer, ``abstention`` the share that is refused an
    answer once its own is taken away. ``gap`` is the mean probability of the right answer less
    that of the likeliest wrong one.
    """

    epoch: int
    train_loss: float
    loss: float
    right: float
    abstention: float
    gap: float

    def line(self) -> str:
        """Return the figures as a line for a person."""
        return (
            f"epoch {self.epoch}: loss {self.train_loss:.3f}, held out {self.loss:.3f};"
            f" right {self.right:.0%}, abstained {self.abstention:.0%}, gap {self.gap:.2f}"
        )


@dataclass(frozen=True)
class TalkResult:
    """A trained model, its figures by epoch, and the growth of its head."""

    model: TalkModel
    figures: tuple[TalkFigures, ...]
    growth: tuple[Growth, ...]


class _Lessons:
    """Questions beside their entries: which entries are right, and which are taken away."""

    def __init__(
        self, comparison: Comparison, entries: Entries, own_answers: Sequence[int]
    ) -> None:
        numbers = entries.answer_numbers[comparison.places]
        is_right = numbers == np.array(own_answers)[:, None]
        # A question whose own entry is not near teaches nothing here, and counts as not answered.
        self.is_near = is_right.any(axis=1)
        # Twice: with all entries, and without the right ones, where none is right.
        self._comparison = Comparison(
            np.concatenate([comparison.places] * 2), np.concatenate([comparison.features] * 2)
        )
        nothing = np.zeros_like(is_right)
        self.is_right = np.concatenate([is_right, nothing])
        self._is_hidden = np.concatenate([nothing, is_right])
        self._counts = np.concatenate([self.is_near, np.ones(len(own_answers), dtype=bool)])

    @property
    def rows(self) -> Floats:
        """The features of all questions beside all their entries."""
        return np.asarray(self._comparison.features.reshape(-1, len(FEATURES)))

    def losses(self, head: FractalNetwork, *, infer: bool = True) -> Floats:
        """Return the loss of each question that counts, in nats."""
        shares, none = self.chances(head, infer=infer)
        good = np.where(self._has_right, (shares * self.is_right).sum(axis=1), none)
        return np.asarray(-np.log(np.maximum(good, 1e-12))[self._counts])

    def slopes(self, head: FractalNetwork) -> Floats:
        """Return the slope of the mean loss in each score, flat, as ``rows``."""
        shares, _ = self.chances(head, infer=False)
        right = shares * self.is_right
        total = right.sum(axis=1, keepdims=True)
        targets = np.divide(right, total, out=np.zeros_like(right), where=total > 0)
        slopes = (shares - targets) * self._counts[:, None] / max(1, int(self._counts.sum()))
        return np.asarray(slopes.reshape(-1))

    def chances(self, head: FractalNetwork, *, infer: bool) -> tuple[Floats, Floats]:
        """Return the probabilities of entries and of none."""
        return probabilities(scores(head, self._comparison, infer=infer), self._is_hidden)

    @property
    def _has_right(self) -> NDArray[np.bool_]:
        return np.asarray(self.is_right.any(axis=1))


def train_talk(
    pairs: Sequence[Pair],
    encoder: Encoder,
    embedder: Embedder,
    plan: TalkPlan | None = None,
    on_epoch: Callable[[TalkFigures], None] = lambda _figures: None,
) -> TalkResult:
    """Learn questions and answers, freed of personal data as ``plan.policy`` says.

    All become entries; the head learns from those not held out.

    ``on_epoch`` gets the figures after each epoch.

    Raises:
        TalkError: if there are too few different answers, or no epoch.
    """
    plan = plan or TalkPlan()
    entries = Entries(redacted_pairs(pairs, plan.policy), encoder, embedder)
    answers = len(set(entries.answer_numbers.tolist()))
    if answers < _LEAST_PAIRS or plan.epochs < 1:
        raise TalkError(
            f"to learn takes {_LEAST_PAIRS} different answers and an epoch at least, not {answers} and"
            f" {plan.epochs}: with fewer there is nothing to tell them apart from"
        )
    learning, held_out = _lessons(entries, plan)
    head = FractalNetwork.start(len(FEATURES), plan.seed)
    figures: list[TalkFigures] = []
    optimiser = Adam(plan.rate)
    for epoch in range(1, plan.epochs + 1):
        head = _descend(head, learning, optimiser, plan)
        figures.append(_figures(epoch, head, learning, held_out))
        on_epoch(figures[-1])
    head, growth = grow(
        head,
        learning.rows,
        learning.slopes,
        lambda network: _descend(network, learning, Adam(plan.rate), plan),
        lambda rival, candidate: _surely_gains(held_out.losses(rival), held_out.losses(candidate)),
        most_leaves=plan.most_leaves,
        seed=plan.seed,
    )
    head = head.as_stored()
    return TalkResult(TalkModel(entries, head, _threshold(head, held_out)), tuple(figures), growth)


def _lessons(entries: Entries, plan: TalkPlan) -> tuple[_Lessons, _Lessons]:
    """Return the lessons to learn from and those that are held out, divided by answer."""
    random = np.random.default_rng(plan.seed)
    numbers = sorted(set(entries.answer_numbers.tolist()))
    random.shuffle(numbers)
    held_out_numbers = set(numbers[: max(1, round(plan.held_out * len(numbers)))])
    parts: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
    for pair, number in zip(entries.pairs, entries.answer_numbers.tolist(), strict=True):
        parts[number in held_out_numbers].extend(
            (text, number) for text in variants_of(pair.question, random)
        )
    first, second = (
        _Lessons(
            entries.compare([text for text, _ in part]), entries, [number for _, number in part]
        )
        for part in parts
    )
    return first, second


def _descend(
    head: FractalNetwork, lessons: _Lessons, optimiser: Adam, plan: TalkPlan
) -> FractalNetwork:
    for _ in range(_STEPS_AN_EPOCH):
        gradient = head.gradient(lessons.rows, lessons.slopes(head))
        slopes = {n: gradient[n] + plan.pull * value for n, value in head.parameters.items()}
        head = head.with_parameters(optimiser.step(head.parameters, slopes))
    return head


def _figures(
    epoch: int, head: FractalNetwork, learning: _Lessons, held_out: _Lessons
) -> TalkFigures:
    shares, none = held_out.chances(head, infer=True)
    half = len(none) // 2
    right = np.where(held_out.is_right, shares, 0.0).sum(axis=1)[:half]
    wrong = np.where(held_out.is_right, 0.0, shares).max(axis=1)[:half]
    # With its answer taken away, all that is left of a question is wrong.
    refusal = shares[half:].max(axis=1) < none[half:]
    return TalkFigures(
        epoch,
        float(learning.losses(head).mean()),
        float(held_out.losses(head).mean()),
        float((right > np.maximum(wrong, none[:half])).mean()),
        float(refusal.mean()),
        float((right - wrong).mean()),
    )


def _threshold(head: FractalNetwork, held_out: _Lessons) -> float:
    """Return the threshold that best divides right answers from questions without one."""
    shares, none = held_out.chances(head, infer=True)
    half = len(none) // 2
    right = np.where(held_out.is_right, shares, 0.0).sum(axis=1)[:half]
    rest = shares[half:].max(axis=1)
    worth = {level: float((right >= level).mean() + (rest < level).mean()) for level in _THRESHOLDS}
    # Of levels that divide as well, the one next to an even chance.
    return max(worth, key=lambda level: (round(worth[level], 6), -abs(level - 0.5)))


def _surely_gains(before: Floats, after: Floats) -> bool:
    """Tell if the 5 % bootstrap bound of the mean gain exceeds the least gain that counts."""
    gains = before - after
    picks = np.random.default_rng(0).integers(len(gains), size=(_DRAWS, len(gains)))
    bound = float(np.quantile(gains[picks].mean(axis=1), 0.05))
    return bound > _LEAST_GAIN * float(before.mean())
