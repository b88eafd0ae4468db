"""Measure the judge on made-up windows whose truth is known: noise (T9), gains (T10), feedback (T11).

python benchmarks/experts_judge.py --noise 500 --seeds 20
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cgp.experts.judge import Change, measure
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.network import Network
from cgp.experts.window_table import WindowTable, added_log_odds, base_log_odds
from tests.experts.world import german_gate, good, head, noise, table

EMPTY = (Layer("language", 2, ()),)


def change(network: Network, digest: str) -> Change:
    """Return the change that adds a network for German windows."""
    member = Member("language.german", digest, german_gate(), lambda: network)
    after = with_member(EMPTY, "language", member)
    return Change(digest, EMPTY, after, "language", "language.german")


def true_gain(network: Network, test: WindowTable) -> float:
    """Return the relative gain on windows that nobody judges by."""
    base = base_log_odds(head(), test)
    before = float(test.losses(base).mean())
    after = test.losses(base + added_log_odds(change(network, "").after, test)).mean()
    return (before - float(after)) / before


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noise", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    hold_out, test = table(11), table(99, 3000)
    accepted, by_mean, best = 0, 0, (-np.inf, 0)
    for seed in range(arguments.noise):
        size = (0.01, 0.03, 0.1)[seed % 3]
        measurement = measure(head(), change(noise(seed, size), f"sha256:{seed}"), hold_out)
        accepted += measurement.is_accepted
        by_mean += measurement.gain > 0.0
        # With feedback an author would see the told gain alone, which is 0 for what is refused.
        best = max(best, (measurement.told_gain, seed))
    kept = best[1] if best[0] > 0 else None
    harm = 0.0 if kept is None else true_gain(noise(kept, (0.01, 0.03, 0.1)[kept % 3]), test)
    gains = {share: good(share) for share in (0.05, 0.2, 1.0)}
    report = {
        "noise": arguments.noise,
        "noise_accepted": accepted,
        "noise_with_a_lower_mean_loss": by_mean,
        "true_change_of_what_feedback_kept_percent": round(100 * harm, 3),
        "gains": [
            {
                "true_gain_percent": round(100 * true_gain(network, test), 2),
                "accepted": sum(
                    measure(head(), change(network, f"sha256:{s}"), table(20 + s)).is_accepted
                    for s in range(arguments.seeds)
                ),
                "of": arguments.seeds,
            }
            for network in gains.values()
        ],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
