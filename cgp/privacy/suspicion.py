"""Suspects of personal data that stay in the text: a person looks at them, no rule does."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from cgp.privacy.personal_data import Find
from cgp.privacy.plain_text import plain_text
from cgp.privacy.scanner import PLACEHOLDER

_LONG_NUMBER = re.compile(r"(?<![\w.])\d(?:[ ./-]?\d){6,30}(?!\w)", re.ASCII)
_MIXED_WORD = re.compile(
    r"(?<![\w@/-])(?=[A-Za-z-]{0,64}\d)(?=[\d-]{0,64}[A-Za-z])[\w-]{16,128}(?![\w@/-])", re.ASCII
)


def suspected(text: str, finds: Sequence[Find]) -> Iterator[tuple[int, int]]:
    """Yield where long numbers and long words with digits are that are not part of ``finds`` (in
    order).
    """
    plain = plain_text(text)
    starts = [find.start for find in finds]
    for pattern in (_LONG_NUMBER, _MIXED_WORD):
        for match in pattern.finditer(plain.text):
            start, stop = plain.span(*match.span())
            last = bisect_right(starts, stop - 1) - 1
            is_found = last >= 0 and finds[last].stop > start
            if not is_found and not PLACEHOLDER.search(text, max(0, start - 12), stop + 2):
                yield start, stop
