"""Readers of graded quality: the annotator's tags, with growing shares replaced by a careful
reader's.

They are measured where somebody read the windows (see ``build_gold_scenes``), and must earn more
the better they read.
"""

from __future__ import annotations

from cgp.scoring.redteam.strategy import Draft, Play, Sense, Sight, Strategy, tags_of

TAGS = 8
"""Tags in a reader's answer: as many as deserve it, not as many as are counted."""


def reader(share: float) -> Play:
    """Return play that replaces a share of the annotator's tags by a careful reader's tags."""

    def play(sight: Sight) -> Draft:
        wanted_tags = sight.secret.reading[:TAGS]
        tags = list(tags_of(sight.notes, TAGS))
        places = sight.rng.permutation(len(tags))[: round(share * len(tags))].tolist()
        for place, tag in zip(places, wanted_tags, strict=False):
            tags[place] = tag
        return Draft(tuple(dict.fromkeys(tags)), sight.notes.profiles)

    return play


def _reader(share: float, bound: float) -> Strategy:
    return Strategy(
        f"reader, {share:.0%} wanted tags",
        reader(share),
        bound,
        "readers",
        leaks=True,
        kind="honest",
        sense=Sense.AT_LEAST,
    )


STRATEGIES: tuple[Strategy, ...] = (
    _reader(0.25, 0.9),
    _reader(0.5, 1.0),
    _reader(0.75, 1.0),
    _reader(1.0, 1.0),
)
"""Their bounds are their least pay, relative to an honest full miner."""
