"""The language that a text is written in, recognised by its script and its function words.

A script that one language has nearly to itself decides alone. Latin, Cyrillic, Arabic and
Devanagari letters are shared: there the function words (``stop_words.txt``) decide. Where they do
not agree well enough, nothing is recognised: a mixture, a language without a list beside a near one
that has one, too few words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Final

from cgp.annotators.embedded.stop_words import languages_of_function_words

_SCRIPTS: Final = (
    (0x0041, 0x024F, ""), (0x0370, 0x03FF, "el"), (0x0400, 0x052F, ""), (0x0531, 0x058F, "hy"),
    (0x05D0, 0x05F4, "he"), (0x0620, 0x06FF, ""), (0x0750, 0x077F, ""), (0x0900, 0x097F, ""),
    (0x0980, 0x09FF, "bn"), (0x0A00, 0x0A7F, "pa"), (0x0A80, 0x0AFF, "gu"), (0x0B00, 0x0B7F, "or"),
    (0x0B80, 0x0BFF, "ta"), (0x0C00, 0x0C7F, "te"), (0x0C80, 0x0CFF, "kn"), (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"), (0x0E01, 0x0E7F, "th"), (0x0E80, 0x0EFF, "lo"), (0x0F40, 0x0FBC, "bo"),
    (0x1000, 0x109F, "my"), (0x10A0, 0x10FF, "ka"), (0x1100, 0x11FF, "ko"), (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"), (0x1E00, 0x1EFF, ""), (0x1F00, 0x1FFF, "el"), (0x3041, 0x30FA, "ja"),
    (0x30FC, 0x30FF, "ja"), (0x3400, 0x4DBF, "zh"), (0x4E00, 0x9FFF, "zh"), (0xAC00, 0xD7A3, "ko"),
    (0xF900, 0xFAFF, "zh"), (0xFB50, 0xFDFF, ""), (0xFE70, 0xFEFC, ""), (0xFF66, 0xFF9F, "ja"),
)  # fmt: skip
"""Letters from one code point to another, with their language; none for a shared script."""

_FIRST: Final = tuple(first for first, _, _ in _SCRIPTS)
_SIGN_WEIGHT: Final = 3
"""A Chinese character or a kana says as much as three letters."""
_LEAST_SCRIPT: Final = 0.6
"""Share of a text's letters that the script needs."""
_LEAST_KANA: Final = 0.1
"""Share of kana among characters from which on a text is Japanese."""
_LEAST_LETTERS: Final = 6

# Chosen on the windows of ``benchmarks/languages.py``.
_LEAST_WORDS: Final = 3
"""Function words that the language needs."""
_LEAST_SHARE: Final = 0.15
"""Share of its function words among all words."""
_MOST_OTHERS: Final = 0.25
"""Share of function words of another language that are none of the first one."""
_FOREIGN_LETTERS: Final = {
    "cs": "ľĺŕôäćđ",
    "es": "çàèò",
    "it": "ëçâ",
    "pt": "ñ",
    "ru": "іїєўјљњћђ",
    "tr": "əñ",
    "uk": "ыўэъ",
}
"""Letters of near languages that a language lacks: Catalan, Slovak, Croatian, Serbian, ..."""
_MOST_FOREIGN: Final = 0.002
"""Share of them among all characters that names may bring."""
_OWN_LETTERS: Final = {"ru": "ы"}
"""Letters that any text of a language has and a near one lacks (Bulgarian, Macedonian)."""
_LONG: Final = 200
"""Characters from which on a text has the letters of its language."""
_MOST_CHARACTERS: Final = 200_000
"""Characters that are read, from the beginning: more say the same."""
_MARKS: Final = '.,!?;:()[]{}"“”„«»¿¡…–—-*/_।،؟؛'


def recognise_language(texts: Iterable[str]) -> str | None:
    """Return the ISO 639-1 code of the language that most of some texts is in, None in doubt."""
    text = _beginning(texts)
    by_script = language_of_script(text)
    return _by_function_words(text) if by_script == "" else by_script


def language_of_script(text: str) -> str | None:
    """Return the code of the language that has the script of most of a text to itself.

    Empty for a script that languages share, None for a text of several scripts or too short a one.
    """
    counts = _letters(text)
    signs = counts["ja"] + counts["zh"]
    counts["ja" if counts["ja"] >= _LEAST_KANA * signs else "zh"] = signs
    leader, count = counts.most_common(1)[0]
    return leader if count >= max(_LEAST_SCRIPT * counts.total(), _LEAST_LETTERS) else None


def _beginning(texts: Iterable[str]) -> str:
    parts, characters = list[str](), 0
    for text in texts:
        parts.append(text)
        characters += len(text)
        if characters >= _MOST_CHARACTERS:
            break
    return "\n".join(parts)[:_MOST_CHARACTERS]


def _letters(text: str) -> Counter[str]:
    """Return the weight of the letters by their script's language, empty for shared scripts."""
    counts = Counter[str]()
    for character, count in Counter(text).items():
        place = bisect_right(_FIRST, ord(character)) - 1
        if place >= 0 and ord(character) <= _SCRIPTS[place][1] and character not in "×÷[]_^`{|}~\\":
            language = _SCRIPTS[place][2]
            counts[language] += count * (_SIGN_WEIGHT if language in {"ja", "zh"} else 1)
    return counts


def _by_function_words(text: str) -> str | None:
    written = (word.strip(_MARKS).replace("’", "'") for word in text.casefold().split())
    words = Counter(word for word in written if any(map(str.isalpha, word)))
    owners = {word: languages_of_function_words(word) for word in words}
    counts = Counter[str]()
    for word, languages in owners.items():
        counts.update(dict.fromkeys(languages, words[word]))
    if not counts:
        return None
    first, count = counts.most_common(1)[0]
    if count < max(_LEAST_WORDS, _LEAST_SHARE * words.total()):
        return None
    # Near languages share words: only those that tell the two apart are compared.
    only_first, only_other = Counter[str](), Counter[str]()
    for word, languages in owners.items():
        if first in languages:
            only_first.update(dict.fromkeys(counts.keys() - set(languages), words[word]))
        else:
            only_other.update(dict.fromkeys(languages, words[word]))
    doubtful = any(
        only_other[other] > _MOST_OTHERS * only_first[other] for other in counts if other != first
    )
    return None if doubtful or not _has_its_letters(text.casefold(), first) else first


def _has_its_letters(text: str, language: str) -> bool:
    """Tell whether a text (case-folded) has the letters of a language, and few that it lacks."""
    foreign = sum(map(text.count, _FOREIGN_LETTERS.get(language, "")))
    own = _OWN_LETTERS.get(language, "")
    has_own = len(text) < _LONG or all(letter in text for letter in own)
    return has_own and foreign <= _MOST_FOREIGN * len(text)
