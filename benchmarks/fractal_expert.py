"""Compare experts on annotated windows: linear, one hidden layer, and fractal that grows if it pays.

Each is trained on the same windows with several seeds and measured on other ones: the loss in nats a
candidate, the share of wanted candidates among the first five, processor time, and growth.

    python benchmarks/fractal_expert.py --learn train-talks-2.jsonl --test dev-meetings.jsonl
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from cgp.arrays import Floats
from cgp.embedders import default_embedder
from cgp.encoders import default_encoder
from cgp.experts.examples import table_of
from cgp.experts.mixture import Layer, Member
from cgp.experts.training import Pupil, TrainingPlan
from cgp.experts.upgrade import grow_expert, train_expert
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from cgp.gold import read_gold
from cgp.tagmodel import shipped_model

NAME = "source.expert"
LAYERS = (Layer("source", 1, ()),)


def table(paths: list[Path]) -> WindowTable:
    """Return the table of gold files."""
    windows = [window for path in paths for window in read_gold(path)]
    return table_of(windows, shipped_model(), default_embedder(), default_encoder())


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


def log_odds_of(pupil: Pupil, windows: WindowTable) -> Floats:
    """Return the log odds with an expert, as annotators compute them."""
    member = Member(NAME, "", pupil.frozen_gate(), lambda: pupil.network)
    layers = (Layer("source", 1, (member,)),)
    return base_log_odds(shipped_model().head, windows) + added_log_odds(layers, windows)


def main() -> None:
    """Print the figures as JSON, a line for each architecture and seed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--learn", type=Path, nargs="+", required=True)
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.003)
    parser.add_argument("--pull", type=float, default=0.003)
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    head = shipped_model().head
    learn, test = table(arguments.learn), table(arguments.test)
    base = {"windows": [len(learn), len(test)], **measured(base_log_odds(head, test), test)}
    print(json.dumps({"released": base}), flush=True)
    for architecture in ("linear", "mlp", "fractal"):
        for seed in range(arguments.seeds):
            plan = TrainingPlan(
                steps=arguments.steps, rate=arguments.rate, pull=arguments.pull,
                gate_pull=arguments.pull, seed=seed,
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
                **measured(log_odds_of(pupil, test), test),
                "processor_seconds": round(time.process_time() - start, 1),
                "steps_of_growth": len(growth),
                "leaves": len(getattr(pupil.network, "leaves", ("",))),
            }
            print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
