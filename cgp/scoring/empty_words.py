"""Words without content, by language: function words, spoken fillers, greetings, marks of
transcripts.

The lists are the annotator's (``cgp.annotators.embedded.stop_words``). They are part of the
formula, the same for every validator: a change of them that changes pay comes with a new scoring
version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.stop_words import detect, stop_words
from cgp.scoring.words import reduced_of

_MARKS = """
um umm uhm uh uhh er hm hmm hmmm mm mmm mhm mmhmm huh ah aah aha ooh ehm haha hahaha heh lol yeah yea yep
yup nope disfmarker vocalsound nonvocalsound gap laughter laughs inaudible unintelligible crosstalk applause
"""


@dataclass(frozen=True)
class EmptyWords:
    """The empty words of one language, or of several that a window mixes.

    ``words``: all of them, as scoring compares words; ``function`` words, as written: no label
    ends with one or, ``article`` aside, begins with one; ``marks`` of transcripts and fillers, as
    written: no label holds one.
    """

    words: frozenset[str]
    function: frozenset[str]
    article: frozenset[str]
    marks: frozenset[str] = frozenset(_MARKS.split())

    def fragments(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which texts in normal form are cut out of speech, ``(n,)``: "look at", "we
        design", "control uh".
        """
        cuts = (self._is_fragment(name) if " " in name else False for name in names)
        return np.fromiter(cuts, dtype=np.bool_, count=len(names))

    def _is_fragment(self, name: str) -> bool:
        first, *_, last = words = name.split(" ")
        cut = last in self.function or (first in self.function and first not in self.article)
        return cut or not self.marks.isdisjoint(words)


def empty_words(words: Iterable[str], language: str | None) -> EmptyWords:
    """Return the empty words of the language that is said: the one named, or the likeliest."""
    return _of(detect(iter(words), language).languages)


@cache
def _of(languages: tuple[str, ...]) -> EmptyWords:
    stops = stop_words(*languages)
    pieces = [reduced_of(word) for word in (*stops.edges, *_MARKS.split())]
    # Of a word of several pieces (writing without spaces) the pieces may stand in other words.
    whole = frozenset(piece[0] for piece in pieces if len(piece) == 1)
    return EmptyWords(whole, stops.function, stops.article)
