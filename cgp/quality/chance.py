"""Excess of a count over chance: the one scale that the parts of quality share."""

from __future__ import annotations

# Evidence for "undecided" that every comparison starts from, in counts.
_PRIOR = 4.0


def excess(count: float, chance: float) -> float:
    """Return ``(count - chance) / (count + chance)``, pulled towards 1/2 where both are small.

    0 is at or below chance, 1 is far above it, 1/2 is not evidence. The form is Yule's Q for the
    odds ``count : chance`` (Yule 1900, "On the association of attributes in statistics"). The
    prior weighs as much as four counts.
    """
    difference = max(0.0, count - chance)
    return (difference + _PRIOR / 2) / (count + chance + _PRIOR)
