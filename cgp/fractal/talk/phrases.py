"""An interpolated model of word runs over some answers, for an answer between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

_ORDER = 3
_START, _END = "\x02", "\x03"
# An answer between answers is short; without an end it would wander from one to the next.
_MOST_WORDS = 80
# The likeliest words that together have this share may be drawn; the rest is noise.
_TOP_SHARE = 0.9


class PhraseModel:
    """Distribution of the next word after two words, by Witten-Bell interpolation.

    ``answers`` maps texts to weights. The end of an answer is a word of its own.
    """

    def __init__(self, answers: Mapping[str, float]) -> None:
        self._counts: dict[tuple[str, ...], dict[str, float]] = defaultdict(
            lambda: defaultdict(float)
        )
        for text, weight in answers.items():
            words = [_START] * (_ORDER - 1) + text.split() + [_END]
            for place in range(_ORDER - 1, len(words)):
                for length in range(_ORDER):
                    self._counts[tuple(words[place - length : place])][words[place]] += weight

    def distribution(self, history: tuple[str, ...]) -> dict[str, float]:
        """Return the probability of each next word; they sum to 1."""
        shorter = self._counts[()]
        total = sum(shorter.values())
        result = {word: count / total for word, count in shorter.items()}
        for length in range(1, _ORDER):
            counts = self._counts.get(history[len(history) - length :])
            if not counts:
                break
            # A history that many different words follow says less about the next one.
            total, kinds = sum(counts.values()), len(counts) * min(counts.values())
            share = total / (total + kinds)
            result = {
                word: share * counts.get(word, 0.0) / total + (1.0 - share) * value
                for word, value in result.items()
            }
        return result

    def speak(self, random: np.random.Generator, temperature: float) -> str:
        """Return an answer, a word at least.

        Raises:
            ValueError: if the temperature is not above 0.
        """
        if not temperature > 0.0:
            raise ValueError(f"the temperature is above 0: {temperature:g}")
        words: list[str] = [_START] * (_ORDER - 1)
        while len(words) < _MOST_WORDS:
            after = self.distribution(tuple(words[1 - _ORDER :]))
            if len(words) == _ORDER - 1:
                # An answer without a word is none.
                after.pop(_END)
            word = _draw(after, random, temperature)
            if word == _END:
                break
            words.append(word)
        return " ".join(words[_ORDER - 1 :])


def _draw(chances: Mapping[str, float], random: np.random.Generator, temperature: float) -> str:
    """Return a word of the likeliest ones, by their chances at a temperature."""
    ranking = sorted(chances, key=lambda word: (-chances[word], word))
    logs = np.log([max(chances[word], 1e-300) for word in ranking]) / temperature
    shares = np.exp(logs - logs.max())
    shares /= shares.sum()
    count = int(np.searchsorted(np.cumsum(shares), _TOP_SHARE)) + 1
    return ranking[int(random.choice(count, p=shares[:count] / shares[:count].sum()))]
