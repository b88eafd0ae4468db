"""Context of a value, the words before it: "call me on", "order no.", "Steuer-ID".

Context may reach over the end of a turn: the answer to "what's your number?" is a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cgp.privacy.plain_text import UNSPACED

MASK = re.compile(r"\[0\]*")
"""Rest of data that the scanner found before: no number of its own."""

_UNSPACED_SIGN = re.compile(rf"[{UNSPACED}]")


@dataclass(frozen=True, eq=False)
class Context:
    """Words that announce a value, at most ``gap`` characters without a digit later.

    Contexts are equal to themselves alone, so that they are told apart quickly.
    """

    pattern: str
    gap: int

    @cached_property
    def words(self) -> re.Pattern[str]:
        """The words' pattern, compiled when it is first needed: there are many."""
        return re.compile(self.pattern, re.IGNORECASE)

    @cached_property
    def _remembered(self) -> dict[str, int]:
        return {}

    def place(self, text: str, start: int) -> int:
        """Return where the last of the words before ``text[start]`` ends, -1 if there is none."""
        begin = max(0, start - self.gap - _REACH)
        before = text[begin:start]
        if "[0" in before:
            before = MASK.sub(lambda mask: " " * len(mask.group()), before)
        digits = len(before)
        while digits and not "0" <= before[digits - 1] <= "9":
            digits -= 1
        if not any(map(str.isalpha, before[digits:])):
            return -1
        # Numbers that follow each other often have the same words between them.
        near = before[max(0, digits - _DIGITS_OF_WORDS) :]
        last = self._remembered.get(near)
        if last is None:
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.clear()
            last = self._remembered[near] = self._last_in(near, min(digits, _DIGITS_OF_WORDS))
        return -1 if last < 0 else begin + len(before) - len(near) + last

    def _last_in(self, near: str, digits: int) -> int:
        """Return where the last word in ``near`` ends, behind its first ``digits`` characters."""
        last = -1
        for match in self.words.finditer(near):
            if match.end() >= digits:
                last = match.end()
        if last < 0 or len(" ".join(near[last:].split())) > self.gap:
            return -1
        return last

    def is_said(self, text: str, start: int) -> bool:
        """Tell if one of the words stands before ``text[start]``."""
        return self.place(text, start) >= 0

    def is_nearer(self, other: Context, text: str, start: int) -> bool:
        """Tell if this stands before ``text[start]``, and nearer to it than ``other``."""
        place = self.place(text, start)
        return place >= 0 and place > other.place(text, start)

    def overrules(self, other: Context, text: str, start: int) -> bool:
        """Return the same, and true also where both end together ("order number")."""
        place = self.place(text, start)
        return place >= 0 and place >= other.place(text, start)


_REACH = 48
"""Characters that the longest words of a context, and the marks of earlier finds, may take."""

_DIGITS_OF_WORDS = 4
"""Characters up to the last digit that are looked at too: words may hold one ("3
digits", "2fa").
"""

# Scanning comes back to the same stretches of text again and again; the memory is emptied when
# full.
_MOST_REMEMBERED = 512


def alternatives(words: Iterable[str]) -> str:
    """Return one pattern of words (patterns for lower case), longest first, with and without
    accents.

    A word begins where a word begins, unless its script is written without spaces.
    """
    spellings = dict.fromkeys(form for word in words for form in (word, _without_accents(word)))
    # A pattern takes the first alternative that fits, so the longer word must come before its
    # beginning.
    longest_first = sorted(spellings, key=len, reverse=True)
    spaced_words = [word for word in longest_first if not _UNSPACED_SIGN.match(word)]
    unspaced_words = [word for word in longest_first if _UNSPACED_SIGN.match(word)]
    parts = [rf"(?<![^\W_{UNSPACED}])(?:{'|'.join(spaced_words)})"] if spaced_words else []
    return "|".join(parts + unspaced_words)


def _without_accents(word: str) -> str:
    """Return Latin and Greek letters without accents; other scripts keep theirs (й is not и)."""
    return "".join(
        unicodedata.normalize("NFD", character)[0] if character < "\u0400" else character
        for character in word
    )


def said_before(*words: str, gap: int = 32) -> Context:
    """Return the context of ``words``, regular expressions for lower case."""
    return Context(alternatives(words), gap)
