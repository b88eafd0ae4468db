"""Measure whether learning together helps: held-out loss and f, together against alone.

Labels come from a teacher, the released head: of each window it takes the eight candidates that it likes best.
Nodes begin from the base's score alone, and know nothing of the released head. Held-out windows are other
conversations of the same kinds. The gain is the loss of a node that trains alone less that of the group's head, or of
the head that the node trains from the group's (its own); on the node's own mixture of kinds, the median over nodes,
with an interval over seeds. Each side gets its best strength of the pull. A node, alone or from the group's head, may
also train in two steps, first the number that a budget of privacy lets out, then all. ``best`` compares the best that a
node can do alone with the best that it has in a group, the group's head among them. The group trains by a node's
settings as they come.

    python benchmarks/mycelium_gain.py --dialogues dialogsum_dev.jsonl --meetings qmsum_val.jsonl \
        --cache /tmp/tables --nodes 3 8 32 --windows 2 4 8 16 --gold dev-meetings.jsonl

Without the two files it uses the bundled samples, which are too few to say anything. With --labelled it asks what
nodes gain from the released head with a reader's labels (see ``mycelium_table.py``):

    python benchmarks/mycelium_gain.py --labelled dev-*.jsonl --splits equal --nodes 3 8 --windows 2 4 --seeds 40
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mycelium_f import f_of
from mycelium_table import add_table_options, begin_of, kinds_of, read_table

from cgp.experts.window_table import WindowTable
from cgp.gold.intervals import intervals_of
from cgp.mycelium.aggregation import AggregationRule, average
from cgp.mycelium.comparison import unusual
from cgp.mycelium.privacy import PrivacyPlan
from cgp.mycelium.training import TrainingSettings, losses, train, train_shared, train_update
from cgp.tagmodel import Head, shipped_model

HELD_OUT = 0.25


@dataclass(frozen=True)
class Setting:
    """One experiment: nodes, windows of each, the split, and the budget of privacy (0: none)."""

    nodes: int
    windows: int
    split: str
    epsilon: float


Side = tuple[str, *tuple[float, ...]]
"""Name of a side that trained, and the strengths of its pull."""


@dataclass(frozen=True)
class Run:
    """One seed: losses of each node on its own mixture of kinds, and heads, by side."""

    losses: dict[Side, np.ndarray]
    heads: dict[Side, Head]


def main() -> None:
    """Print one line of JSON for each setting."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_table_options(parser)
    parser.add_argument("--nodes", type=int, nargs="+", default=[3, 8])
    parser.add_argument("--windows", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--splits", nargs="+", default=["equal", "dirichlet"])
    parser.add_argument("--epsilons", type=float, nargs="+", default=[0.0])
    parser.add_argument("--rule", default=AggregationRule.TRIMMED, choices=list(AggregationRule))
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument(
        "--pulls",
        type=float,
        nargs="+",
        default=[3.0, 10.0, 30.0, 100.0],
        help="strengths of the pull to the head that a node has; alone and in a group it gets its best",
    )
    parser.add_argument("--clip", type=float, default=0.5)
    parser.add_argument("--gold", type=Path, nargs="*", default=[], help="gold files for f")
    arguments = parser.parse_args()
    table, begin = read_table(arguments), begin_of(arguments)
    print(json.dumps({"windows": len(table), "kinds": kinds_of(table)}), flush=True)
    for count in arguments.nodes:
        for windows in arguments.windows:
            for split in arguments.splits:
                for epsilon in arguments.epsilons:
                    setting = Setting(count, windows, split, epsilon)
                    figures = measure(table, setting, arguments, begin)
                    print(json.dumps(figures), flush=True)


def measure(
    table: WindowTable, setting: Setting, arguments: argparse.Namespace, start: Head
) -> dict[str, Any]:
    """Return the figures of one setting; all begin from ``start``."""
    started = time.process_time()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    found_runs = [experiment(table, setting, arguments, seed, start) for seed in seeds]
    runs = [run for run in found_runs if run is not None]
    if len(runs) < len(found_runs):
        return {**vars_of(setting), "skipped": "too few windows"}
    ways = {"alone": ("alone", "alone_two_steps"), "own": ("together", "own", "own_two_steps")}
    # Chosen by the same held-out windows for all sides, so that none has an advantage.
    names = ("start", "teacher", *ways["alone"], *ways["own"])
    best = {name: best_side(runs, name) for name in names}
    best |= {
        f"best_{name}": min((best[way] for way in group), key=lambda side: mean_loss(runs, side))
        for name, group in ways.items()
    }
    rows = [{name: run.losses[side] for name, side in best.items()} for run in runs]
    figures = {
        **vars_of(setting),
        **{name: mean_loss(runs, side) for name, side in best.items()},
        "gain_of_group": interval([np.median(r["alone"] - r["together"]) for r in rows]),
        "gain": interval([np.median(r["alone"] - r["own"]) for r in rows]),
        "gain_of_best": interval([np.median(r["best_alone"] - r["best_own"]) for r in rows]),
        "gain_over_start": interval([np.median(r["start"] - r["together"]) for r in rows]),
        "share_of_nodes_better": interval([np.mean(r["own"] < r["alone"]) for r in rows]),
        "pulls": {name: side[1:] for name, side in best.items() if side[1:]},
        "best_way": best["best_own"][0],
        "cpu_seconds": round(time.process_time() - started, 1),
    }
    if arguments.gold:
        heads = {name: runs[-1].heads[side] for name, side in best.items()}
        figures["f"] = f_of(arguments.gold, heads)
    return figures


def best_side(runs: list[Run], name: str) -> Side:
    """Return the side of a name that has the least loss over all runs."""
    sides = [side for side in runs[0].losses if side[0] == name]
    return min(sides, key=lambda side: mean_loss(runs, side))


def mean_loss(runs: list[Run], side: Side) -> float:
    """Return the mean over seeds of the median node's loss."""
    return round(float(np.mean([np.median(run.losses[side]) for run in runs])), 4)


def interval(values: list[Any]) -> list[float]:
    """Return the mean over seeds and its 95 % interval."""
    (found,) = intervals_of(np.array(values, dtype=np.float64)[:, None])
    return [round(value, 4) for value in (found.mean, found.low, found.high)]


def vars_of(setting: Setting) -> dict[str, Any]:
    """Return a setting as JSON-compatible data."""
    return {
        "nodes": setting.nodes,
        "windows": setting.windows,
        "split": setting.split,
        "epsilon": setting.epsilon or None,
    }


def experiment(
    table: WindowTable,
    setting: Setting,
    arguments: argparse.Namespace,
    seed: int,
    start: Head,
) -> Run | None:
    """Return one seed's losses and heads; None if there are too few windows, or none to measure a
    node by.
    """
    learn, test = table.split(HELD_OUT, seed)
    shares = divide(learn, setting, np.random.default_rng(seed))
    if shares is None:
        return None
    parts = parts_by_kind(test)
    # A node whose kinds are all missing from the held-out windows takes part and is not measured.
    nodes = [learn.part(share) for share in shares]
    measured = [node for node in nodes if set(node.slices) & set(parts)]
    if not measured:
        return None
    heads: dict[Side, list[Head]] = {
        ("start",): [start],
        ("teacher",): [shipped_model().head],
    }
    heads |= own_heads("alone", measured, start, arguments)
    group = together(nodes, start, setting, arguments, seed)
    heads["together",] = [group]
    heads |= own_heads("own", measured, group, arguments)
    by_side = {side: losses_of(heads[side], measured, parts) for side in heads}
    return Run(by_side, {side: heads[side][0] for side in heads})


def own_heads(
    name: str, nodes: list[WindowTable], begin: Head, arguments: argparse.Namespace
) -> dict[Side, list[Head]]:
    """Return the heads that nodes train for themselves from one that they have, in all ways."""
    heads: dict[Side, list[Head]] = {}
    first_steps = [train_shared(node, begin) for node in nodes]
    for pull in arguments.pulls:
        settings = TrainingSettings(pull, anchor=0.0, iterations=100)
        heads[name, pull] = [train(node, begin, begin, settings) for node in nodes]
        heads[f"{name}_two_steps", pull] = [
            train(node, first, first, settings)
            for node, first in zip(nodes, first_steps, strict=True)
        ]
    return heads


def parts_by_kind(test: WindowTable) -> dict[str, WindowTable]:
    """Return the windows of each kind."""
    kinds = sorted(set(test.slices))
    return {k: test.part([n for n, kind in enumerate(test.slices) if kind == k]) for k in kinds}


def losses_of(
    heads: list[Head], nodes: list[WindowTable], parts: dict[str, WindowTable]
) -> np.ndarray:
    """Return each node's loss on its own mixture of kinds; a single head is that of all nodes."""
    tables = [
        {kind: float(losses(head, part).mean()) for kind, part in parts.items()} for head in heads
    ]
    if len(heads) == 1:
        tables *= len(nodes)
    return np.array(
        [
            np.mean([table[kind] for kind in node.slices if kind in table])
            for node, table in zip(nodes, tables, strict=True)
        ]
    )


def divide(
    learn: WindowTable, setting: Setting, random_numbers: np.random.Generator
) -> list[list[int]] | None:
    """Return the windows of each node, no window twice; None if there are too few."""
    order = random_numbers.permutation(len(learn)).tolist()
    if len(order) < setting.nodes * setting.windows:
        return None
    if setting.split == "equal":
        return [
            order[n * setting.windows : (n + 1) * setting.windows] for n in range(setting.nodes)
        ]
    kinds = sorted(set(learn.slices))
    piles = {kind: [n for n in order if learn.slices[n] == kind] for kind in kinds}
    shares = []
    for _ in range(setting.nodes):
        wish = random_numbers.dirichlet([0.1] * len(kinds))
        share = []
        for kind in random_numbers.choice(kinds, size=setting.windows, p=wish):
            # A pile that is empty gives way to the largest one.
            pile = piles[kind] or max(piles.values(), key=len)
            share.append(pile.pop())
        shares.append(share)
    return shares


def together(
    nodes: list[WindowTable],
    start: Head,
    setting: Setting,
    arguments: argparse.Namespace,
    seed: int,
) -> Head:
    """Return the group's head after the rounds, by the settings of a node as it comes."""
    noise = np.random.default_rng([seed, 1])
    plan = None
    if setting.epsilon:
        plan = PrivacyPlan(setting.epsilon, arguments.rounds, arguments.clip)
    settings, group = TrainingSettings(), start
    for number in range(1, arguments.rounds + 1):
        if plan is None:
            members = len(nodes)
            sent = [
                train_update(node, group, start, settings, number=number, members=members).weights
                for node in nodes
            ]
        else:
            sent = [plan.release(train_shared(node, group), group, noise) for node in nodes]
        table = np.stack(sent).astype(np.float64)
        # As in a real round: honest nodes that stand out by mistake cost the group.
        names = [str(name) for name in range(len(nodes))]
        out = unusual(names, table, np.full(len(nodes), plan is not None))
        keep = [number for number in range(len(nodes)) if str(number) not in out]
        sizes = np.array([len(nodes[number]) if plan is None else 1 for number in keep])
        rule, center = AggregationRule(arguments.rule), group.weights.astype(np.float64)
        group = Head(average(table[keep], sizes * 1.0, center, rule).astype(np.float32))
    return group


if __name__ == "__main__":
    main()
