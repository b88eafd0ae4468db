"""How far a count exceeds what chance gives: the one scale that the parts of quality share."""

from __future__ import annotations

# Evidence for "undecided" that every comparison starts from, in counts.
_PRIOR = 4.0


def excess(observed: float, expected: float) -> float:
    """Return ``(observed - expected) / (observed + expected)``, drawn to 1/2 where both are small.

    0 is at or below chance, 1 far above it, 1/2 is no evidence. The form is that of Yule's Q
    for the odds ``observed : expected`` (Yule 1900, "On the association of attributes in statistics");
    the prior weighs as much as four counts.
    """
    difference = max(0.0, observed - expected)
    return (difference + _PRIOR / 2) / (observed + expected + _PRIOR)
