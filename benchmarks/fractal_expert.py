"""Compare experts on annotated windows: linear, one hidden layer, and fractal that grows if it pays.

Each is trained on the same windows with several seeds and measured on other ones: the loss in nats a
candidate, the share of wanted candidates among the first five, processor time, and growth. ``--own``
takes windows that the tag model was not trained on, in two halves: odd ids to learn, even ones to
measure. Windows that it was trained on teach an expert nothing: the base knows them by heart.

    python benchmarks/fractal_expert.py --own own-1.jsonl own-2.jsonl --base OLD/cgp/tagmodel/released
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from own_windows import Release, number_of

from cgp.arrays import Floats
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.experts.examples import table_of
from cgp.experts.mixture import Layer, Member
from cgp.experts.training import Pupil, TrainingPlan
from cgp.experts.upgrade import grow_expert, train_expert
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from cgp.gold import read_gold
from cgp.tagmodel import Head

NAME = "source.expert"
LAYERS = (Layer("source", 1, ()),)


def tables(arguments: argparse.Namespace, release: Release) -> tuple[WindowTable, WindowTable]:
    """Return the tables to learn from and to measure on."""
    own = [window for path in arguments.own for window in read_gold(path)]
    learn = [window for path in arguments.learn for window in read_gold(path)]
    test = [window for path in arguments.test for window in read_gold(path)]
    learn += [window for window in own if number_of(window) % 2]
    test += [window for window in own if not number_of(window) % 2]
    return tuple(
        table_of(part, release.model, default_embedder(), default_encoder(), labels=release.labels)
        for part in (learn, test)
    )


def first_five(log_odds: Floats, windows: WindowTable) -> float:
    """Return the mean share of wanted candidates among each window's first five."""
    shares = []
    for number in range(len(windows)):
        rows = np.flatnonzero(windows.window_of_row == number)
        best = rows[np.argsort(-log_odds[rows], kind="stable")[:5]]
        shares.append(float((windows.credit[best] > 0.5).mean()))
    return float(np.mean(shares))


def measured(log_odds: Floats, windows: WindowTable) -> dict[str, float]:
    """Return loss and P@5."""
    loss = float(windows.losses(log_odds).mean())
    return {"loss": round(loss, 4), "first_five": round(first_five(log_odds, windows), 4)}


def log_odds_of(head: Head, pupil: Pupil, windows: WindowTable) -> Floats:
    """Return the log odds with an expert, as annotators compute them."""
    member = Member(NAME, "", pupil.frozen_gate(), lambda: pupil.network)
    layers = (Layer("source", 1, (member,)),)
    return base_log_odds(head, windows) + added_log_odds(layers, windows)


def main() -> None:
    """Print the figures as JSON, a line for each architecture and seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--own", type=Path, nargs="*", default=[])
    parser.add_argument("--learn", type=Path, nargs="*", default=[])
    parser.add_argument("--test", type=Path, nargs="*", default=[])
    parser.add_argument("--base", type=Path, help="folder of another release of the tag model")
    parser.add_argument("--held-out", type=float, default=0.2)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--pull", type=float, default=0.003)
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    release = Release.of(arguments.base)
    head = release.model.head
    learn, test = tables(arguments, release)
    base = {"windows": [len(learn), len(test)], **measured(base_log_odds(head, test), test)}
    print(json.dumps({"released": base}), flush=True)
    for architecture in ("linear", "mlp", "fractal"):
        for seed in range(arguments.seeds):
            plan = TrainingPlan(
                steps=arguments.steps, rate=arguments.rate, pull=arguments.pull,
                gate_pull=arguments.pull, held_out=arguments.held_out, seed=seed,
            )  # fmt: skip
            start = time.process_time()
            growth: tuple[object, ...] = ()
            if architecture == "fractal":
                pupil, growth = grow_expert(head, LAYERS, NAME, table=learn, plan=plan)
            else:
                result = train_expert(head, LAYERS, NAME, architecture, table=learn, plan=plan)
                pupil = result.pupils[-1]
            report = {
                "architecture": architecture,
                "seed": seed,
                **measured(log_odds_of(head, pupil, test), test),
                "processor_seconds": round(time.process_time() - start, 1),
                "steps_of_growth": len(growth),
                "leaves": len(getattr(pupil.network, "leaves", ("",))),
            }
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
