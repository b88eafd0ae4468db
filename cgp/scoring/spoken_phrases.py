"""Words of a window that it says, but never as a phrase: "watch tv", "houses beside", "throw".

Readers want noun phrases and names. A tag in other words than the window's may be anything, but
words that are lifted out of the window are checked by the parts of speech that they have there.
Only English has a tagger; in other languages nothing is known. The tagger is the annotator's
(``cgp.annotators.embedded.parts_of_speech``). It adds exact numbers, so every machine gets the same
result, and it is part of the formula: a change of it that changes pay comes with a new version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cgp.annotators.embedded.candidates import PhraseWord, phrase_words
from cgp.annotators.embedded.reading import english_runs
from cgp.conversation import Conversation
from cgp.text import normal_form


class _Place(NamedTuple):
    """A word's run, and its place in the run."""

    run: int
    word: int


@dataclass(frozen=True, eq=False)
class SpokenPhrases:
    """The runs of words of an English window; none for other languages.

    ``runs`` holds each run's words in normal form, ``words`` what is known of each, ``places``
    where each word stands.
    """

    runs: Sequence[Sequence[str]]
    words: Sequence[Sequence[PhraseWord]]
    places: dict[str, list[_Place]]

    @classmethod
    def of(cls, window: Conversation) -> SpokenPhrases:
        """Read a window."""
        runs_as_said = list(chain.from_iterable(english_runs(window)))
        words = phrase_words(runs_as_said)
        runs = [[normal_form(word) for word in run] for run in runs_as_said]
        places: dict[str, list[_Place]] = defaultdict(list)
        for number, run in enumerate(runs):
            for place, word in enumerate(run):
                places[word].append(_Place(number, place))
        return cls(runs, words, dict(places))

    def breaks(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which texts in normal form the window says, but never as a phrase, ``(n,)``."""
        broken = (self._is_broken(name.split()) for name in names)
        return np.fromiter(broken, dtype=np.bool_, count=len(names))

    def _is_broken(self, tag: Sequence[str]) -> bool:
        occurrences = [self.words[at.run][at.word : at.word + len(tag)] for at in self._said(tag)]
        return bool(occurrences) and not any(_is_phrase(words) for words in occurrences)

    def _said(self, tag: Sequence[str]) -> Iterator[_Place]:
        """Yield the places where a run says a tag word for word."""
        for at in self.places.get(tag[0], ()) if tag else ():
            if self.runs[at.run][at.word : at.word + len(tag)] == tag:
                yield at


def _is_phrase(words: Sequence[PhraseWord]) -> bool:
    """Tell whether words make a noun phrase: an article may stand before it, links within it."""
    if len(words) > 1 and words[0].is_article:
        words = words[1:]
    return (
        words[0].begins
        and words[-1].ends
        and all(word.inside or word.is_link or word.is_article for word in words)
    )
