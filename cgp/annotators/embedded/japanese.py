"""Japanese words in noun phrases, by the parts of speech of UniDic."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cgp.annotators.embedded.dictionaries import LATIN, DictionaryWord
from cgp.annotators.embedded.phrase_words import MIN_LETTERS
from cgp.annotators.embedded.word_roles import Role, is_nameless
from cgp.annotators.embedded.words import is_grammar, is_unspaced

# Behind a name: a person, not a topic.
_HONORIFICS = frozenset(("さん", "ちゃん", "くん", "君", "様", "氏"))
_POLITE = frozenset(("お", "ご", "御"))
# Suffixes that are not part of a subject's name, and others that no phrase ends with.
_LOOSE = frozenset(("達", "たち", "ら", "さま", "頃", "ごろ", "ども", "方", "がた", "殿"))
_INNER = frozenset(
    ("的", "中", "用", "風", "後", "前", "上", "時", "等", "など", "以上", "以下", "以外", "以内", "ぶり", "ごと")
)  # fmt: skip
_KATAKANA = re.compile("[\u30a1-\u30ff]{2,}")
_NOUN, _SUFFIX, _COUNTER, _ADVERBIAL = "名詞", "接尾辞,名詞的", "助数詞", "副詞可能"
# A shorter word in hiragana is seldom a topic: こと, もの.
_HIRAGANA = 3


def japanese_roles(
    words: Sequence[DictionaryWord], edges: frozenset[str]
) -> list[tuple[str, Role]]:
    """Return the words with their roles; the polite お goes, or joins a word in hiragana.

    ``edges`` are words that no phrase begins or ends with.
    """
    read: list[tuple[str, Role]] = []
    for place, word in enumerate(words):
        after = words[place + 1].part if place + 1 < len(words) else ""
        text, before = read[-1] if read else ("", Role.OTHER)
        role = _role(word, after, before, edges)
        if word.text in _HONORIFICS and before is Role.NOUN:
            read[-1] = (text, Role.OTHER)
            role = Role.OTHER
        elif text in _POLITE and role is Role.NOUN:
            if is_grammar(word.text):
                read[-1] = (text + word.text, role)
                continue
            read[-1] = (text, Role.OTHER)
        read.append((word.text, role))
    return read


def _role(word: DictionaryWord, after: str, before: Role, edges: frozenset[str]) -> Role:
    """Return the role of a word before one of the part ``after`` and behind the role ``before``."""
    if word.part.startswith("名詞,数詞"):
        return Role.NUMBER
    if is_nameless(word.text) or (before is Role.NUMBER and _COUNTER in word.part):
        return Role.OTHER
    if word.part.startswith(_SUFFIX):
        return _suffix(word, before)
    if word.part.startswith(_NOUN) or word.part == LATIN or _KATAKANA.fullmatch(word.text):
        # さっき, いちばん: nouns by their form, adverbs by their use.
        is_adverb = _ADVERBIAL in word.part and is_grammar(word.text)
        return Role.OTHER if is_adverb else _noun(word.text, before, edges)
    return Role.MODIFIER if _leads(word, after, edges) else Role.OTHER


def _suffix(word: DictionaryWord, before: Role) -> Role:
    # 先生方 are people, 使い方 is a noun.
    is_loose = word.text in _LOOSE and before is not Role.MODIFIER
    if is_loose or _COUNTER in word.part:
        return Role.OTHER
    return Role.INNER_SUFFIX if word.text in _INNER else Role.SUFFIX


def _noun(text: str, before: Role, edges: frozenset[str]) -> Role:
    if text.casefold() in edges:
        return Role.SUFFIX if len(text) == 1 else Role.OTHER
    is_letter = len(text) < MIN_LETTERS and not is_unspaced(text)
    is_short = is_grammar(text) and len(text) < _HIRAGANA and before is not Role.MODIFIER
    return Role.OTHER if is_letter or is_short else Role.NOUN


def _leads(word: DictionaryWord, after: str, edges: frozenset[str]) -> bool:
    """Tell whether a word that is no noun belongs to the noun behind it."""
    part = word.part
    if part.startswith("接頭辞"):
        return after.startswith(_NOUN)
    if part.startswith("形状詞,一般"):
        return word.text not in edges and after.startswith((_NOUN, _SUFFIX))
    # With a suffix a verb or an adjective is a noun: 過ごし方, 暑さ.
    is_stem = ("動詞" in part and "連用形" in part) or ("形容詞" in part and "語幹" in part)
    return is_stem and after.startswith(_SUFFIX)
