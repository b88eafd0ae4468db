"""Words of a text in any script: one reading, with options where its users differ.

Most scripts write spaces between words. Han, kana, Thai, Lao, Tibetan, Burmese and Khmer do not.
A reading names its ``signs``, the characters that are words by themselves; a run of other letters
is one word.

Scores, windows, quality and the index depend on words. So each user has a named reading, which
takes the same characters as before this module; a changed reading is a new version of its user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

KANA_AND_MARKS: Final = "\u3040-\u30ff"
HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
HALF_WIDTH_KANA: Final = "\uff66-\uff9f"
THAI_AND_LAO: Final = "\u0e00-\u0eff"
TIBETAN: Final = "\u0f00-\u0fff"
BURMESE: Final = "\u1000-\u109f"
KHMER: Final = "\u1780-\u17ff"
RARE_HAN: Final = "\U00020000-\U0003ffff"
"""Han characters beyond the first 65,536 code points."""

# Everything that parts words in any script: white space, ASCII marks, and the marks of Greek,
# Hebrew, Arabic, Devanagari, Burmese, Ethiopic, Khmer, typography, East Asia and full-width forms.
MARKS: Final = (
    r"\s!-/:-@\[-`{-~\u00a1-\u00bf\u037e\u0589\u05be\u060c\u061b\u061f\u06d4\u0964\u0965\u104a\u104b"
    r"\u1362-\u1368\u17d4\u17d5\u2010-\u205e\u3000-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    r"\uff5b-\uff65"
)

QUALITY_SIGNS: Final = f"{THAI_AND_LAO}{TIBETAN}{BURMESE}{KHMER}\u3041-\u30ff{HAN}{HALF_WIDTH_KANA}"
"""Signs of the quality measure: every script that is written without spaces."""

SPACELESS: Final = (
    f"{THAI_AND_LAO}{BURMESE}{KHMER}{KANA_AND_MARKS}\u3400-\u9fff\uf900-\ufaff{RARE_HAN}"
)
"""Signs of scoring, which reads runs of them in pairs of neighbouring characters."""


class Apostrophes(StrEnum):
    """Treatment of an apostrophe between letters."""

    PART = ""
    """It parts words: "it's" is two."""

    ONE = "?"
    """One of them belongs to the word: "it's" is one word, "rock'n'roll" two."""

    ANY = "*"
    """Each of them belongs to the word."""


@dataclass(frozen=True)
class Reading:
    """A way to read words.

    ``letter`` is the character class of letters, ``signs`` the body of the class of characters that
    are words by themselves, ``no_sign`` an exception among these.
    """

    letter: str = r"\w"
    signs: str = ""
    no_sign: str = ""
    apostrophes: Apostrophes = Apostrophes.PART

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Pattern whose matches are the words of a text."""
        word = f"{self.letter}+"
        if self.apostrophes is not Apostrophes.PART:
            word += f"(?:['\u2019]{self.letter}+){self.apostrophes}"
        if not self.signs:
            return re.compile(word)
        exception = f"(?![{self.no_sign}])" if self.no_sign else ""
        return re.compile(f"{exception}[{self.signs}]|{word}")

    def words(self, text: str) -> list[str]:
        """Return the words of a text, in order, as written."""
        return self.pattern.findall(text)


PLAIN_WORDS: Final = Reading()
"""Runs of word characters, in any script: for near duplicates and full text."""

TOPIC_SIGNS: Final = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
TOPIC_WORDS: Final = Reading(rf"[^\W_{TOPIC_SIGNS}]", TOPIC_SIGNS, apostrophes=Apostrophes.ONE)
"""Words of topic shifts: signs are Chinese and Japanese, without half-width kana."""

QUALITY_WORDS: Final = Reading(
    rf"[^{MARKS}{QUALITY_SIGNS}]", QUALITY_SIGNS, no_sign="\u30fb", apostrophes=Apostrophes.ANY
)
"""Words of the quality measure: letters are all that is neither a mark nor a sign."""
