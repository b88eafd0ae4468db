"""Measure what attackers in a group of nodes do on real windows: loss, backdoor, and who is named.

Nine of 32 nodes attack, in each round anew. The honest ones learn from their windows as in
``mycelium_gain.py``, whose table this one shares. A backdoor gives one unwanted candidate of each
of the attackers' windows a phrase of its own, as wanted. It opens where the group's head wants the
phrase in place of the least wanted candidate of a held-out window. An attacker of strength 1 sends
what honest training on such windows gives, at 0.5 half of that change, at 3 thrice; ``eager`` trains all numbers without a
pull. Those that collude pull against the honest: ``colluding`` each from its own head, ``alike`` with one head, ``along``
along the directions of any talk alone, ``surer`` and ``less_sure`` in the first round alone, by two spreads.

With ``--in-use`` each honest node holds out three windows for seven that it learns from, beside these, and uses the head
that they choose, as in a real network. Then loss and backdoor are those of these heads, mean over the honest nodes, each
on its own mixture of kinds of talk.

    python benchmarks/mycelium_attack.py --dialogues dialogsum_dev.jsonl --meetings qmsum_val.jsonl \
        --cache /tmp/tables --most 5000 --of-one 99
"""

import argparse
import json
from collections.abc import Callable

import numpy as np
from mycelium_gain import HELD_OUT, Setting, divide, losses_of, parts_by_kind
from mycelium_table import add_table_options, read_table, start_head

from cgp.arrays import Floats
from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.mycelium.aggregation import AggregationRule, average
from cgp.mycelium.comparison import unusual
from cgp.mycelium.directions import without_usual
from cgp.mycelium.learner import Learner
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
    parser.add_argument("--in-use", action="store_true", help="measure the heads that nodes use")
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
        self.users = users(learn, shares, self.attackers, seed) if arguments.in_use else []
        self.poisoned = [poisoned(node, self.phrase) for node in self.nodes[: self.attackers]]
        self.parts = parts_by_kind(self.test)
        self.clean, _, self.clean_in_use = self.group(None)

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

    def group(self, attack: Attack | None) -> tuple[Head, list[set[int]], list[Head]]:
        """Return the group's head after the rounds, the nodes left out in each, and the heads in
        use of the honest nodes, where these are measured.
        """
        group, left_out = start_head(), []
        nodes = self.nodes if attack else self.nodes[self.attackers :]
        in_use = [group] * len(self.users)
        for number in range(1, self.rounds + 1):
            heads = self.trained(nodes, group, number)
            if attack:
                heads[: self.attackers] = attack(group, number, heads)
            out = {int(name) for name in unusual([str(n) for n in range(len(heads))], heads)}
            rest = heads[[n for n in range(len(heads)) if n not in out]]
            center = group.weights.astype(np.float64)
            weights = average(rest, np.ones(len(rest)), center, AggregationRule.TRIMMED)
            begin, group = group, Head(weights.astype(np.float32))
            left_out.append(out)
            for place, user in enumerate(self.users):
                sent = Head(heads[len(heads) - len(self.users) + place].astype(np.float32))
                # In the order in which a node looks at them.
                for head in (sent, user.train_in_two_steps(begin, len(nodes)), group):
                    if user.acceptance(head, in_use[place])[0]:
                        in_use[place] = head
        return group, left_out, in_use

    def measure(self, attack: Attack) -> dict[str, float]:
        """Return the figures of one attack."""
        head, left_out, in_use = self.group(attack)
        attackers = set(range(self.attackers))
        heads, clean = ([head], [self.clean]) if not in_use else (in_use, self.clean_in_use)
        return {
            "clean_loss": round(self.loss(clean), 3),
            "loss_over_clean": round(self.loss(heads) / self.loss(clean), 3),
            "backdoor_opens": round(float(np.mean([self.opens(head) for head in heads])), 3),
            "opens_in_clean": round(float(np.mean([self.opens(head) for head in clean])), 3),
            "attackers_named": len(attackers & set().union(*left_out)),
            "honest_named": len(set().union(*left_out) - attackers),
        }

    def loss(self, heads: list[Head]) -> float:
        """Return the loss of a group's head, or the mean over the nodes of that of their heads."""
        if not self.users:
            return loss(heads[0], self.test)
        whole = {kind: self.test for user in self.users for kind in user.learn.slices}
        of_nodes = [
            # A node whose kinds are all missing from the held-out windows is measured by all.
            losses_of([head], [user.learn], self.parts if self.shares_kinds(user) else whole)
            for head, user in zip(heads, self.users, strict=True)
        ]
        return float(np.mean(of_nodes))

    def shares_kinds(self, user: Learner) -> bool:
        """Tell if there are held-out windows of a kind that a node learns from."""
        return bool(set(user.learn.slices) & set(self.parts))

    def opens(self, head: Head) -> float:
        """Return the share of held-out windows in which a head wants the phrase."""
        test, wanted = self.test, []
        for begin, stop in zip(test.starts[:-1], test.starts[1:], strict=True):
            inputs = test.rows[begin:stop].copy()
            place = int(np.argmin(self.clean.log_odds(inputs)))
            inputs[place, PHRASE] = self.phrase
            wanted.append(head.log_odds(inputs)[place] > 0.0)
        return float(np.mean(wanted))


def users(learn: WindowTable, shares: list[list[int]], attackers: int, seed: int) -> list[Learner]:
    """Return the honest nodes, each with held-out windows of its kinds that nobody learns from."""
    random = np.random.default_rng([seed, 3])
    taken = {number for share in shares for number in share}
    piles: dict[str, list[int]] = {}
    for number in random.permutation(len(learn)).tolist():
        if number not in taken:
            piles.setdefault(learn.slices[number], []).append(number)
    honest, learners = shares[attackers:], []
    if len(taken) + sum(map(held_out_windows, honest)) > len(learn):
        raise SystemExit(f"{len(learn)} windows are too few for nodes that hold some out")
    for share in honest:
        kinds = random.choice([learn.slices[n] for n in share], held_out_windows(share))
        # A pile that is empty gives way to the largest one.
        held_out = [(piles.get(kind) or max(piles.values(), key=len)).pop() for kind in kinds]
        learners.append(Learner(learn.part(share), learn.part(held_out), start_head(), HONEST))
    return learners


def held_out_windows(share: list[int]) -> int:
    """Return how many windows a node holds out beside those that it learns from: 30 % of all."""
    return max(1, round(len(share) * 3 / 7))


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
