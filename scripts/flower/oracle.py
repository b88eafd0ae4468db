"""Average rounds by Flower's own functions, to compare this project's rules with.

Runs in Flower's environment. Reads a JSON list of rounds, each with ``changes`` (one list of
numbers a node), ``weights`` and ``trim``; writes one object a round with Flower's ``mean``,
``median`` and ``trimmed``.

    .peers/flower/bin/python scripts/flower/oracle.py < rounds.json
"""

import json
import sys

import numpy as np
from flwr.server.strategy.aggregate import aggregate, aggregate_median, aggregate_trimmed_avg


def main() -> None:
    """Write the averages of the rounds that are read."""
    answers = []
    for round_ in json.load(sys.stdin):
        rows = [[np.array(row)] for row in round_["changes"]]
        results = list(zip(rows, round_["weights"], strict=True))
        averages = {
            "mean": aggregate(results),
            "median": aggregate_median(results),
            "trimmed": aggregate_trimmed_avg(results, round_["trim"]),
        }
        answers.append({name: average[0].tolist() for name, average in averages.items()})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
