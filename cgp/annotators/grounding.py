"""Grounding: support of a tag or a claim by a conversation, as far as words and static vectors
tell.

A language model may name a subject that is not in the talk ("taxi ride"), so a text is grounded if
it shares a word with the turns, or comes near them in meaning. The strict rule, for small models,
goes by words alone. Shares that either rule refuses, of the tags that a careful reader wants for a
window, and of the tags wanted for three other windows of the same language (371 annotated windows
in twelve languages, 2,425 and 762 tags):

======  ===============  ================  =============  ==============
rule    English, wanted  English, foreign  other, wanted  other, foreign
======  ===============  ================  =============  ==============
usual   4.0 %            82.3 %            2.6 %          14.8 %
strict  11.2 %           94.2 %            14.6 %         84.7 %
======  ===============  ================  =============  ==============
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from cgp.embedders import Embedder, default_embedder
from cgp.text import normal_form

LEAST_COSINE = 0.20
"""Minimum cosine to the nearest passage: a text that shares no word is grounded from there on."""

LEAST_SHARE = 0.5
"""Minimum share of a text's words that the turns must contain, by the strict rule."""

_PASSAGE_WORDS = 25  # a static vector of a long turn means little
_SMALL_WORDS = frozenset({"a", "an", "and", "for", "in", "of", "on", "the", "to", "with"})
# Endings differ by up to three letters ("pricing", "price"), and compounds hold words; but "bus" is
# no part of "business", so short words must be said as they are, or in the plural.
_ENDING, _BEGINNING = 3, 4
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


class Grounding:
    """Words and vectors of some turns, ready for comparison. Blocks: embeds."""

    def __init__(self, texts: Sequence[str], embedder: Embedder | None = None) -> None:
        self._turns = [turn for turn in map(normal_form, texts) if turn]
        # Spaces around, so that the first and the last word stand between spaces like all others.
        self._transcript = f" {' '.join(self._turns)} "
        self._embedder = embedder

    def share_of_words(self, text: str) -> float:
        """Return the share of the words of ``text`` that the turns contain, in any inflection."""
        words = normal_form(text).split()
        words = [word for word in words if word not in _SMALL_WORDS] or words
        return sum(map(self._share, words)) / len(words) if words else 0.0

    def supports(self, text: str, *, strict: bool = False) -> bool:
        """Tell whether ``text`` is grounded; ``strict`` goes by words alone and
        wants half of them.
        """
        share = self.share_of_words(text)
        if strict:
            return share >= LEAST_SHARE
        return share > 0 or self._nearest_cosine(text) >= LEAST_COSINE

    def _share(self, word: str) -> float:
        if _SPACELESS.search(word):
            pairs = [word[i : i + 2] for i in range(max(1, len(word) - 1))]
            return sum(pair in self._transcript for pair in pairs) / len(pairs)
        if len(word) <= _BEGINNING:
            return float(f" {word} " in self._transcript or f" {word}s " in self._transcript)
        return float(word[: max(_BEGINNING, len(word) - _ENDING)] in self._transcript)

    def _nearest_cosine(self, text: str) -> float:
        """Return the highest cosine of ``text`` and a passage of one turn.

        It is 0 if the embedder knows no word of the text, or no turn has text.
        """
        embedder = self._embedder or default_embedder()
        words_of_turns = [turn.split() for turn in self._turns]
        passages = [
            " ".join(words[start : start + _PASSAGE_WORDS])
            for words in words_of_turns
            for start in range(0, len(words), _PASSAGE_WORDS)
        ]
        if not passages:
            return 0.0
        vectors = embedder.embed([normal_form(text), *passages])
        return float(np.max(vectors[1:] @ vectors[0]))
