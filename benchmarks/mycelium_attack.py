"""Measure what attackers in a group of nodes do on real windows: loss, backdoor, and who is named.

Nine of 32 nodes attack, in each round anew. The honest ones learn from their windows as in
``mycelium_gain.py``, whose table this one shares. A backdoor gives one unwanted candidate of each
of the attackers' windows a phrase of its own, as wanted. It opens where the group's head wants the
phrase in place of the least wanted candidate of a held-out window. An attacker of strength 1 sends
what honest training on such windows gives, at 0.5 half of that change, at 3 thrice; ``eager`` trains all numbers without a
pull. Those that collude pull against the honest: ``colluding`` each from its own head, ``alike`` with one head, ``along``
along the directions of any talk alone, ``surer`` and ``less_sure`` in the first round alone, by two spreads.

    python benchmarks/mycelium_attack.py --dialogues dialogsum_dev.jsonl --meetings qmsum_val.jsonl \
        --cache /tmp/tables --most 5000 --of-one 99
"""

import argparse
import json
from collections.abc import Callable

import numpy as np
from mycelium_gain import HELD_OUT, Setting, divide
from mycelium_table import add_table_options, read_table, start_head

from cgp.arrays import Floats
from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.mycelium.aggregation import AggregationRule, average
from cgp.mycelium.comparison import unusual
from cgp.mycelium.directions import without_usual
from cgp.mycelium.privacy import SURENESS
from cgp.mycelium.training import TrainingSettings, loss, train, train_update
from cgp.tagmodel import Head
from cgp.tagmodel.head import ENCODER_DIMENSION, INPUTS

HONEST = TrainingSettings()
EAGER = TrainingSettings(pull=0.01, anchor=0.01, iterations=60)
PHRASE = slice(INPUTS - ENCODER_DIMENSION, INPUTS)
STRENGTHS = (0.25, 0.5, 0.75, 1.0, 2.0, 3.0)
PULLS = ("colluding", "alike", "along", "surer", "less_sure")
NAMES = ("sign_flip", "gaussian", *PULLS, "eager", *STRENGTHS)

Attack = Callable[[Head, int, Floats], Floats]
"""Gives the attackers' heads for the group's head, the round, and the heads of honest training by all nodes."""


def main() -> None:
    """Print one line of JSON for each attack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_table_options(parser)
    parser.add_argument("--nodes", type=int, default=32)
    parser.add_argument("--share", type=float, default=0.3, help="most share of attackers")
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--split", default="equal", choices=["equal", "dirichlet"])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--attacks", nargs="+", default=NAMES)
    arguments = parser.parse_args()
    table = read_table(arguments)
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    worlds = [World(table, arguments, seed) for seed in seeds]
    for name in arguments.attacks:
        rows = [world.measure(world.attack(name)) for world in worlds]
        print(
            json.dumps(
                {
                    "windows": arguments.windows,
                    "split": arguments.split,
                    "attack": name,
                    "attackers": worlds[0].attackers,
                    **{key: [row[key] for row in rows] for key in rows[0]},
                }
            ),
            flush=True,
        )


class World:
    """One seed's nodes, held-out windows, phrase, and the head of the honest nodes alone."""

    def __init__(self, table: WindowTable, arguments: argparse.Namespace, seed: int) -> None:
        learn, self.test = table.split(HELD_OUT, seed)
        setting = Setting(arguments.nodes, arguments.windows, arguments.split, 0.0)
        shares = divide(learn, setting, np.random.default_rng(seed))
        if shares is None:
            raise SystemExit(f"{len(learn)} windows are too few for {setting}")
        self.attackers = int(arguments.share * arguments.nodes)
        self.rounds = arguments.rounds
        self.random = np.random.default_rng([seed, 2])
        self.phrase = self.test.rows[self.random.integers(len(self.test.rows)), PHRASE]
        self.nodes = [learn.part(share) for share in shares]
        self.poisoned = [poisoned(node, self.phrase) for node in self.nodes[: self.attackers]]
        self.clean, _ = self.group(None)

    def attack(self, name: str | float) -> Attack:
        """Return an attack by its name or its strength."""

        def heads_of(group: Head, number: int, heads: Floats) -> Floats:
            own, center = heads[: self.attackers], group.weights.astype(np.float64)
            match name:
                case "sign_flip":
                    return center - 10.0 * (own - center)
                case "gaussian":
                    return center + self.random.normal(size=own.shape)
                case str() if name in PULLS:
                    return self.pulled(name, number, own, heads[self.attackers :])
                case "eager":
                    return stacked(
                        [train(node, group, start_head(), EAGER) for node in self.poisoned]
                    )
                case _:
                    return own + float(name) * (self.learned(group, number) - own)

        return heads_of

    def pulled(self, name: str, number: int, own: Floats, honest: Floats) -> Floats:
        """Return the heads of attackers who pull one way, about one spread of the honest."""
        spread, mean = honest.std(axis=0), honest.mean(axis=0)
        match name:
            case "colluding":
                return own - spread
            case "alike":
                return np.tile(mean - spread, (len(own), 1))
            case "along":
                # As long as the others' pull, all of it where features vary in any talk.
                along = without_usual(spread[None])[0] - spread
                length = np.linalg.norm(along)
                return own + along * np.linalg.norm(spread) / length if length else own - spread
        # Where the group learns how sure it is: surer of the base and wanting less, or the opposite.
        way = np.zeros(len(spread))
        way[list(SURENESS)] = (2.0, -2.0) if name == "surer" else (-2.0, 2.0)
        noise = 0.2 * self.random.normal(size=own.shape)
        return mean + (way + noise) * spread if number == 1 else own

    def learned(self, group: Head, number: int) -> Floats:
        """Return what the attackers' windows teach of the numbers that a group learns."""
        return self.trained(self.poisoned, group, number)

    def trained(self, nodes: list[WindowTable], group: Head, number: int) -> Floats:
        """Return the heads that nodes send in a round."""
        members, start = len(self.nodes), start_head()
        return stacked(
            [
                train_update(node, group, start, HONEST, number=number, members=members)
                for node in nodes
            ]
        )

    def group(self, attack: Attack | None) -> tuple[Head, list[set[int]]]:
        """Return the group's head after the rounds, and the nodes left out in each."""
        group, left_out = start_head(), []
        nodes = self.nodes if attack else self.nodes[self.attackers :]
        for number in range(1, self.rounds + 1):
            heads = self.trained(nodes, group, number)
            if attack:
                heads[: self.attackers] = attack(group, number, heads)
            out = {int(name) for name in unusual([str(n) for n in range(len(heads))], heads)}
            rest = heads[[n for n in range(len(heads)) if n not in out]]
            center = group.weights.astype(np.float64)
            weights = average(rest, np.ones(len(rest)), center, AggregationRule.TRIMMED)
            group = Head(weights.astype(np.float32))
            left_out.append(out)
        return group, left_out

    def measure(self, attack: Attack) -> dict[str, float]:
        """Return the figures of one attack."""
        head, left_out = self.group(attack)
        attackers = set(range(self.attackers))
        return {
            "loss_over_clean": round(loss(head, self.test) / loss(self.clean, self.test), 3),
            "backdoor_opens": round(self.opens(head), 3),
            "opens_in_clean": round(self.opens(self.clean), 3),
            "attackers_named": len(attackers & set().union(*left_out)),
            "honest_named": len(set().union(*left_out) - attackers),
        }

    def opens(self, head: Head) -> float:
        """Return the share of held-out windows in which a head wants the phrase."""
        test, wanted = self.test, []
        for begin, stop in zip(test.starts[:-1], test.starts[1:], strict=True):
            inputs = test.rows[begin:stop].copy()
            place = int(np.argmin(self.clean.log_odds(inputs)))
            inputs[place, PHRASE] = self.phrase
            wanted.append(head.log_odds(inputs)[place] > 0.0)
        return float(np.mean(wanted))


def stacked(heads: list[Head]) -> Floats:
    """Return heads as rows."""
    return np.stack([head.weights for head in heads]).astype(np.float64)


def poisoned(node: WindowTable, phrase: Floats) -> WindowTable:
    """Return a node's windows, one unwanted candidate of each with the phrase and as wanted."""
    windows = []
    for number, (begin, stop) in enumerate(zip(node.starts[:-1], node.starts[1:], strict=True)):
        inputs = node.rows[begin:stop].copy()
        credit = node.credit[begin:stop].astype(np.float64)
        # The least liked by the base among the unwanted.
        place = int(np.lexsort((inputs[:, 0], credit))[0])
        inputs[place, PHRASE], credit[place] = phrase, 1.0
        weights = node.weights[begin:stop].astype(np.float64)
        windows.append(
            LabelledWindow.of(
                inputs,
                credit,
                weights,
                language="en",
                kind=node.slices[number],
                origin=node.origins[number],
            )
        )
    return WindowTable.of(windows)


if __name__ == "__main__":
    main()
