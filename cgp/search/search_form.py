"""The form in which text is indexed and asked for: one spelling for Persian and Arabic words.

The same word is typed with the Persian or the Arabic kaf and yeh, with or without marks of vowels,
and with Persian, Arabic or Latin digits. A half-space (the zero-width non-joiner) stands between
the parts of a Persian word; others write a space there, or nothing. Other scripts are left as they
are: the tokenizer of the index folds their letters.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

_ARABIC_SCRIPT: Final = re.compile(
    r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]"
)
# The zero-width non-joiner, which stands between the parts of a Persian word.
_HALF_SPACE: Final = "\u200c"
_IGNORED_MARKS: Final = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200d-\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Marks of vowels and recitation, the stretched line (tatweel), joiners and marks of direction."""

_LETTERS: Final = str.maketrans(
    {
        "ي": "ی", "ى": "ی", "ئ": "ی", "ې": "ی",
        "ك": "ک",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",
        "ؤ": "و",
        "ة": "ه", "ۀ": "ه", "ھ": "ه", "ہ": "ه",
    }
    | {chr(0x06F0 + digit): str(digit) for digit in range(10)}
    | {chr(0x0660 + digit): str(digit) for digit in range(10)}
)  # fmt: skip
_PREFIXES: Final = frozenset({"می", "نمی", "بی"})
_SUFFIXES: Final = frozenset(
    {"ها", "های", "هایی", "هایم", "هایش", "تر", "ترین", "ام", "ات", "اش", "ای", "اند", "ایم"}
)
_LETTER_RUNS: Final = re.compile(r"\S+")


def search_form(text: str) -> str:
    """Return a text as it is indexed: Persian and Arabic words in one spelling.

    A word with a half-space gives its parts and, after them, the parts joined. So "کتاب‌ها" is
    found by "کتاب", by "کتاب ها" and by "کتابها". A text without Arabic script stays as it is.
    """
    if not _ARABIC_SCRIPT.search(text):
        return text
    return _LETTER_RUNS.sub(lambda run: _word(run.group()), text)


def asked_form(query: str) -> str:
    """Return a query in the form of ``search_form``, with prefixes and suffixes joined as well.

    A question that writes "کتاب ها" with a space finds texts that write the two as one word.
    """
    text = search_form(query)
    if not _ARABIC_SCRIPT.search(text):
        return text
    words = text.split()
    compounds = [
        first + second
        for first, second in pairwise(words)
        if first in _PREFIXES or second in _SUFFIXES
    ]
    return " ".join([*words, *compounds])


def _word(word: str) -> str:
    if not _ARABIC_SCRIPT.search(word):
        return word
    # Old files hold presentation forms: the same letters in other codes. NFKC mends them.
    plain = _IGNORED_MARKS.sub("", unicodedata.normalize("NFKC", word)).translate(_LETTERS)
    if _HALF_SPACE not in plain:
        return plain
    parts = [part for part in plain.split(_HALF_SPACE) if part]
    return " ".join([*parts, "".join(parts)]) if len(parts) > 1 else "".join(parts)
