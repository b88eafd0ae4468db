"""Chinese words in noun phrases, by the tags of jieba."""

from __future__ import annotations

from collections.abc import Sequence

from cgp.annotators.embedded.dictionaries import LATIN, DictionaryWord
from cgp.annotators.embedded.phrase_words import MIN_LETTERS
from cgp.annotators.embedded.word_roles import Role, is_nameless
from cgp.annotators.embedded.words import is_unspaced

_NOUN, _VERB, _SIGN, _ENDING, _EXPRESSION = "nz", "v", "g", "ng", "l"
_VERB_SIGNS = 2
_NOUNS = frozenset(("n", "nr", "ns", "nt", "nz", "nrt", "nrfg", "vn", "an", "j", "eng", LATIN))
_SIGNS = frozenset(("g", "zg", "k"))
_MODIFIERS = frozenset(("a", "ad", "b", "f", "s", "v", "vg", "z"))
# A fixed expression with one of these is a sentence: 太好了.
_SENTENCE_SIGNS = frozenset("了不没太好很我你您他她的是有这那什么怎")


def chinese_roles(words: Sequence[DictionaryWord], edges: frozenset[str]) -> list[tuple[str, Role]]:
    """Return the words with their roles; ``edges`` are words that no phrase begins or ends with.

    A word that the dictionary does not list may begin with a function word (从汉庭): that goes.
    """
    read: list[tuple[str, Role]] = []
    for word in words:
        first, rest = word.text[0], word.text[1:]
        if rest and not word.is_known and is_unspaced(first) and first in edges:
            part = _NOUN if len(rest) > 1 else _SIGN
            read += [(first, Role.OTHER), (rest, _role(DictionaryWord(rest, part), edges))]
        else:
            read.append((word.text, _role(word, edges)))
    return read


def _role(word: DictionaryWord, edges: frozenset[str]) -> Role:
    if is_nameless(word.text) or word.text.casefold() in edges:
        return Role.OTHER
    if len(word.text) == 1:
        return _role_of_sign(word)
    if word.part == _EXPRESSION:
        is_noun = len(word.text) > MIN_LETTERS and _SENTENCE_SIGNS.isdisjoint(word.text)
        return Role.NOUN if is_noun else Role.OTHER
    if word.part == _ENDING:
        return Role.SUFFIX
    # A verb of two signs is a noun as well: 观鸟, 分组.
    if word.part in _NOUNS or (word.part == _VERB and len(word.text) == _VERB_SIGNS):
        return Role.NOUN
    return Role.MODIFIER if word.part in _MODIFIERS else Role.OTHER


def _role_of_sign(word: DictionaryWord) -> Role:
    if word.part == _ENDING:
        return Role.SUFFIX
    if word.part in _SIGNS:
        return Role.SIGN
    # A listed noun of one sign is in compounds: 超市.
    return Role.SUFFIX if word.part in _NOUNS and is_unspaced(word.text) else Role.OTHER
