"""Which judged candidates become tags: likely wanted, unlike each other, as many as deserve it."""

from __future__ import annotations

import numpy as np

from cgp.tagmodel.candidate import WindowReading
from cgp.tagmodel.model import Judged

# Two candidates as close as this would win one tag of a reader (chosen on training windows: a
# higher bound gives more doubles, a lower one loses neighbouring topics).
_SAME = 0.55
# The wanted tags that an answer may hope to win, chosen on training windows. A reader wants 8.6 on
# average, but some of them stand nowhere among the candidates.
_WANTED = 5.0


def select(reading: WindowReading, judged: Judged, max_tags: int) -> list[int]:
    """Return the candidates that become tags, best first, at most ``max_tags``.

    The number of tags is the one with the greatest expected f: with k tags of summed probability
    s, f is about 2 s / (k + wanted tags).
    """
    picks: list[int] = []
    keys = [candidate.key for candidate in reading.candidates]
    for row in judged.order.tolist():
        if len(picks) == max_tags:
            break
        repeats = any(keys[row] <= keys[pick] or keys[pick] <= keys[row] for pick in picks)
        if not repeats and not any(judged.cosines[row, pick] >= _SAME for pick in picks):
            picks.append(row)
    if not picks:
        return []
    sums = np.cumsum(judged.probabilities[picks])
    expected = sums / (np.arange(1, len(picks) + 1) + max(_WANTED, float(sums[-1])))
    return picks[: int(np.argmax(expected)) + 1]
