"""Texts as runs of words: personal identifiers removed, contractions whole, any script.

A *run* is the text between two pieces of punctuation; no phrase crosses its edge. Scripts
written without spaces are cut into pieces of a few characters (see ``pieces``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from cgp.text import normal_form

Run = list[str]

# What identifies a person or an account: never in a tag or a claim.
_IDENTIFIERS = re.compile(
    r"\b[a-z][a-z0-9+.\-]{1,15}://\S+"  # URLs
    r"|\bwww\.\S+"
    r"|[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+"  # e-mail
    r"|(?<!\w)@\w[\w.\-]*"  # handles
    r"|\b(?:[\w\-]{1,63}\.){1,4}(?:com|net|org|io|ai|gov|edu|info|biz|app|dev|me|ly|co)\b(?:/\S*)?"
    r"|\+?\d[\d\s().\-/]{5,40}\d",  # telephone, card and account numbers
    re.IGNORECASE,
)
_MAY_IDENTIFY = re.compile(r"[@:]|\w\.\w|\d[\d\s().\-/]{5}")
# What transcribers and chat exports leave: {vocalsound}, [laughter], <@1234>, #Person1#, :smile:.
_MARKS = re.compile(
    r"\{[^{}]{1,40}\}|\[[^\[\]]{1,40}\]|<[^<>]{1,80}>|#\w{1,20}#|:[a-z][a-z0-9_+\-]{1,40}:"
)
_MAY_MARK = re.compile(r"[\[{<#:]")
_CONTRACTION = re.compile(r"(?<=[a-z])(?:\s?['’`]\s?)(?=(?:t|s|m|d|re|ve|ll)\b)", re.IGNORECASE)

_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KATAKANA = "\u30a1-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HIRAGANA = "\u3041-\u309f"
_SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_SPACELESS = f"{_HAN}{_KATAKANA}{_HIRAGANA}{_SOUTH_EAST_ASIAN}"
# Combining marks and Indic vowel signs are parts of words, although ``\w`` leaves them out.
_WORD_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0966-\u0eff\u1000-\u109f\u1780-\u17ff\u200c\u200d"
)
_WORD = re.compile(
    rf"[\w{_WORD_MARKS}]+(?:['’\-.&_][\w{_WORD_MARKS}]+)*(?:\+\+|#)?",
)
_RUN = re.compile(rf"(?:[\w{_WORD_MARKS} \t\n'’&#+_\-]|(?<=\w)\.(?=\w))+")
_HAS_UNSPACED = re.compile(f"[{_SPACELESS}]")
_KANA = re.compile(f"[{_HIRAGANA}{_KATAKANA}]")
_SCRIPT_RUN = re.compile(
    f"[{_KATAKANA}]+|[{_HIRAGANA}]+|[{_HAN}]+|[{_SOUTH_EAST_ASIAN}]+|[^{_SPACELESS}]+"
)
_HIRAGANA_ONLY = re.compile(f"[{_HIRAGANA}]+")
# Chinese and Japanese: a number with the word that counts, *一回* (once), *三個* (three pieces).
_COUNT = re.compile(
    r"[〇零一二两兩三四五六七八九十百千万萬数數何几幾半\d]+"
    r"(?:回|つ|個|个|人|本|枚|件|年|月|日|時|时|分|秒|週|周|間|间|時間|小时|分間|分钟|日間|年間|次|种|種|点|點|番|目|台|匹|杯|円|块|元|位|天|遍|歳|岁|割)?(?:目|間|间|半|以上|以下|前|後)?"
)
_FOUR_DIGITS = re.compile(r"(?:\d\D*){4}")
_PIECE = 4
_PARTS_OF_NOUNS = frozenset("中大小人年天点会")
"""Listed words of one character that stand in many nouns too: 中文, 会议, 大学, 天气."""


def scrub(text: str) -> str:
    """Return ``text`` with personal identifiers and transcribers' marks replaced by a full stop."""
    if _MAY_MARK.search(text):
        text = _MARKS.sub(" . ", text)
    if _MAY_IDENTIFY.search(text):
        text = _IDENTIFIERS.sub(" . ", text)
    return text


def runs(text: str) -> list[Run]:
    """Return the runs of words of a scrubbed text, as written."""
    if "'" in text or "’" in text or "`" in text:
        text = _CONTRACTION.sub("'", text)
    words_by_run = (_WORD.findall(run) for run in _RUN.findall(text))
    return [run for run in words_by_run if run]


def is_unspaced(text: str) -> bool:
    """Tell whether ``text`` has characters of a script that is written without spaces."""
    return _HAS_UNSPACED.search(text) is not None


def unspaced_share(text: str) -> float:
    """Return the share of a text's characters that belong to scripts written without spaces."""
    return len(_HAS_UNSPACED.findall(text)) / max(1, len(text))


def has_kana(text: str) -> bool:
    """Tell whether ``text`` has a character that only Japanese writes."""
    return _KANA.search(text) is not None


def is_code(word: str) -> bool:
    """Tell whether a word has four digits or more, as booking and account codes do."""
    return _FOUR_DIGITS.search(word) is not None


def is_grammar(word: str) -> bool:
    """Tell whether a word is all hiragana: in Japanese, endings and particles for the most part."""
    return _HIRAGANA_ONLY.fullmatch(word) is not None


def is_count(word: str) -> bool:
    """Tell whether a word is a number and, at most, what it counts by (Chinese, Japanese)."""
    return _COUNT.fullmatch(word) is not None


def join(words: Sequence[str], *, any_neighbour: bool = False) -> str:
    """Return ``words`` as a phrase: spaces between them, but not within an unspaced script.

    With ``any_neighbour`` there is none beside such a script either (*CPUの仕組み*).
    """
    text = words[0]
    for word in words[1:]:
        signs = is_unspaced(text[-1]), is_unspaced(word[0])
        needs_no_space = text[-1] == "'" or (any(signs) if any_neighbour else all(signs))
        text += word if needs_no_space else f" {word}"
    return text


def quick_normal_form(phrase: str) -> str:
    """Return ``normal_form(phrase)``; plain words take a hundredth of the time."""
    lower = phrase.lower()
    if lower.isascii() and lower.replace(" ", "").isalnum() and "  " not in lower:
        return lower.strip()
    return normal_form(phrase)


def pieces(all_runs: Iterable[Run], separators: frozenset[str]) -> list[Run]:
    """Return runs in which words of unspaced scripts are cut into pieces of a few characters.

    There is no dictionary: the text is cut where the script changes and at ``separators`` (the
    language's function words), and pieces longer than four characters are cut greedily into
    the longest pieces of two to four characters that the conversation repeats.
    """
    cutter = _separator_pattern(separators)
    cut = [[part for word in run for part in _parts(word, cutter)] for run in all_runs]
    counts: Counter[str] = Counter()
    for run in cut:
        for part in run:
            if is_unspaced(part):
                for size in range(2, _PIECE + 1):
                    counts.update(part[i : i + size] for i in range(len(part) - size + 1))
    return [[piece for part in run for piece in _segment(part, counts)] for run in cut]


def _separator_pattern(separators: frozenset[str]) -> re.Pattern[str]:
    parting = (s for s in separators - _PARTS_OF_NOUNS if is_unspaced(s))
    spaceless = sorted(parting, key=lambda s: (-len(s), s))
    return re.compile("(" + "|".join(map(re.escape, spaceless)) + ")" if spaceless else r"(?!)")


def _parts(word: str, cutter: re.Pattern[str]) -> list[str]:
    if not is_unspaced(word):
        return [word]
    parts = []
    for script in _SCRIPT_RUN.findall(word):
        if _HIRAGANA_ONLY.fullmatch(script) or not is_unspaced(script):
            parts.append(script)
        else:
            parts.extend(part for part in cutter.split(script) if part)
    return parts


def _segment(part: str, counts: Counter[str]) -> list[str]:
    if len(part) <= _PIECE or not is_unspaced(part) or _SCRIPT_RUN.fullmatch(part, 0) is None:
        return [part]
    if "\u30a0" <= part[0] <= "\u30ff" or "\u0e00" <= part[0] <= "\u17ff":
        return [part]  # a loan word in katakana and a Thai or Khmer phrase stay whole
    cut, start = [], 0
    while start < len(part):
        size = _PIECE
        while size > 2 and counts[part[start : start + size]] < 2:
            size -= 1
        cut.append(part[start : start + size])
        start += size
    return cut
