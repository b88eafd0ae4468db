"""Growing pauses between tries of something that fails."""

from __future__ import annotations

# 2**60 seconds are beyond every longest pause; without a bound the power would outgrow a float.
_MOST_DOUBLINGS = 60


def pause_after(doublings: int, *, first: float, longest: float) -> float:
    """Return ``first`` seconds, doubled ``doublings`` times (0 or more), at most ``longest``."""
    return min(longest, first * 2.0 ** min(doublings, _MOST_DOUBLINGS))
