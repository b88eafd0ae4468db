"""Training of the latent model: small batches, warm-up of the information term, early stopping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgp.arrays import Floats
from cgp.errors import CgpError
from cgp.fractal.adam import Adam
from cgp.fractal.latent import LATENT, WIDTH, Latent
from cgp.fractal.ppca import PrincipalComponents

# Fewer rows than this say nothing about a corpus: a dimension would see two of them.
LEAST_ROWS = 40
MOST_LATENT = 64
_ROWS_OF_A_DIMENSION = 6


class LatentTrainingError(
    CgpError,
    ValueError,
    code="fractal.latent_training",
    remedy="give more conversations",
):
    """The rows do not allow a latent model to be trained."""


@dataclass(frozen=True, slots=True)
class LatentPlan:
    """Settings of a training run.

    ``latent`` is the number of latent dimensions; by default a sixth of the rows, 16 to 64.
    ``warm_up`` is the share of the steps in which the weight of the information term grows to 1 for
    a model that begins with random weights,
    ``held_out`` the share of rows that only say when to stop, ``look_every`` the steps between two
    looks at them, ``patience`` the looks without a gain before it ends.
    """

    steps: int = 1500
    rate: float = 0.002
    batch: int = 64
    latent: int | None = None
    width: int = WIDTH
    warm_up: float = 0.3
    held_out: float = 0.2
    look_every: int = 25
    patience: int = 12
    clip: float = 10.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LatentResult:
    """A trained model, and its bound on rows held out beside that of the principal components.

    ``bound`` and ``component_bound`` are nats a row, less is better; ``held_out`` are those rows.
    """

    model: Latent
    components: PrincipalComponents
    bound: float
    component_bound: float
    held_out: Floats


def train_latent(
    rows: Floats, plan: LatentPlan | None = None, start: Latent | None = None
) -> LatentResult:
    """Train a latent model on rows, beginning as their principal components, or from ``start``.

    The model of the best look counts. So it is never worse than its start on the rows held out.

    Raises:
        LatentTrainingError: if the rows are too few, or a number is not finite.
    """
    plan = plan or LatentPlan()
    if rows.ndim != 2 or len(rows) < LEAST_ROWS or not np.isfinite(rows).all():
        raise LatentTrainingError(
            f"a latent model needs {LEAST_ROWS} rows of finite numbers, not {rows.shape}"
        )
    random = np.random.default_rng(plan.seed)
    order = random.permutation(len(rows))
    count = max(1, round(plan.held_out * len(rows)))
    back, learning = rows[order[:count]], rows[order[count:]]
    try:
        components = PrincipalComponents.fit(learning, plan.latent or _latent_for(len(learning)))
    except ValueError as error:
        raise LatentTrainingError(str(error)) from error
    model = start or Latent.from_components(components, plan.seed, width=plan.width)
    # The components know the weight of their codes already; a warm-up would spoil them.
    warm_steps = max(1, round(plan.warm_up * plan.steps)) if start else 1
    model = _descend(model, learning, back, plan, warm_steps=warm_steps, random=random)
    return LatentResult(
        model,
        components,
        float(model.bounds(back).mean()),
        float(-components.log_likelihood(back).mean()),
        back,
    )


def _latent_for(rows: int) -> int:
    # On DialogSum's 420 windows 32 and 64 dimensions explain windows held out better than 16.
    return min(MOST_LATENT, max(LATENT, rows // _ROWS_OF_A_DIMENSION))


def _descend(
    model: Latent,
    learning: Floats,
    back: Floats,
    plan: LatentPlan,
    *,
    warm_steps: int,
    random: np.random.Generator,
) -> Latent:
    best, best_bound, idle_looks = model, float(model.bounds(back).mean()), 0
    optimiser = Adam(plan.rate, plan.clip)
    for step in range(1, plan.steps + 1):
        batch = learning[random.integers(len(learning), size=min(plan.batch, len(learning)))]
        noise = random.normal(size=(len(batch), model.latent))
        # At full weight from the start a decoder that knows nothing makes the codes say nothing.
        weight = min(1.0, step / warm_steps)
        slopes = model.gradient(batch, noise, weight=weight)
        model = Latent(optimiser.step(model.parameters, slopes))
        if step % plan.look_every:
            continue
        bound = float(model.bounds(back).mean())
        idle_looks = 0 if bound < best_bound else idle_looks + 1
        if bound < best_bound:
            best, best_bound = model, bound
        # While the weight still grows, a worse bound is not a sign of an end.
        if idle_looks >= plan.patience and step > warm_steps:
            break
    return best
