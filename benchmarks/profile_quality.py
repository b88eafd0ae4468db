"""How good the embedded annotator's profiles are on a gold file, and claims drawn to be read.

Figures by kind of claim (``cgp.gold.profiles`` defines them)::

    python benchmarks/profile_quality.py GOLD.jsonl [GOLD.jsonl ...]

A hundred claims drawn at random, each with the turns that it cites, to be marked true, trivial or
false (``docs/profiles.md`` has the protocol)::

    python benchmarks/profile_quality.py GOLD.jsonl ... --draw 100 --seed 1
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from cgp.annotators.embedded.profiles import profile_speakers
from cgp.gold import GoldWindow, read_gold
from cgp.gold.profiles import MeasuredProfiles, ProfileFigures, measure_profiles
from cgp.metadata import Claim, ParticipantProfile
from cgp.profiles import is_share

Profiles = Sequence[tuple[ParticipantProfile, ...]]


def main() -> None:
    """Print the figures, or the claims drawn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("gold", type=Path, nargs="+", help="gold files")
    parser.add_argument("--draw", type=int, default=0, help="how many claims to draw and print")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    options = parser.parse_args()
    gold = [window for path in options.gold for window in read_gold(path)]
    started = time.process_time()
    answers = [profile_speakers(window.window) for window in gold]
    seconds = time.process_time() - started
    if options.draw:
        for line in drawn(gold, answers, options.draw, options.seed):
            print(line)
        return
    print(table(measure_profiles(gold, answers)))
    print(f"\n{len(gold)} windows, {1e3 * seconds / len(gold):.2f} ms of one core each")


def drawn(gold: Sequence[GoldWindow], answers: Profiles, count: int, seed: int) -> list[str]:
    """Return ``count`` claims drawn without replacement, each with its cited turns, one block each.

    Shares of the talk are not drawn: they are computed, not read.
    """
    claims = [
        (window, profile.participant, claim)
        for window, profiles in zip(gold, answers, strict=True)
        for profile in profiles
        for claim in profile.claims
        if not is_share(claim)
    ]
    picked = random.Random(seed).sample(claims, min(count, len(claims)))
    return [_block(number, *each) for number, each in enumerate(picked, 1)]


def _block(number: int, window: GoldWindow, participant: int, claim: Claim) -> str:
    names = window.window.participants
    lines = [
        f"{number}. {window.id} {names[participant].name} | {claim.attribute} | {claim.value} {list(claim.turns)}"
    ]
    for turn in claim.turns:
        said = window.window.turns[turn]
        lines.append(f"    [{turn}] {names[said.speaker].name}: {said.text}")
    return "\n".join(lines)


def table(measured: MeasuredProfiles) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| kind | claims | matched | supported | own turns | readers' claims | covered |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(kind, figures) for kind, figures in measured.by_kind.items()]
    lines.append(_row("all", measured.overall))
    lines.append("")
    lines.append(
        f"contradictions {measured.contradictions}, second shares of talk {measured.second_shares}"
    )
    return "\n".join(lines)


def _row(name: str, figures: ProfileFigures) -> str:
    return (
        f"| {name} | {figures.claims} | {figures.match_share:.2f} | {figures.support:.2f} "
        f"| {figures.own_share:.2f} | {figures.wanted_claims} | {figures.coverage:.2f} |"
    )


if __name__ == "__main__":
    main()
