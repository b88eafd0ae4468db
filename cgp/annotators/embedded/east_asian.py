"""Noun phrases of Japanese and Chinese, whose words come from a dictionary.

A phrase is a compound of nouns and what belongs to them (展示発表会, 瞭望塔), or a part of one. In
Japanese two whole compounds may be joined by の (豚の角煮).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cgp.annotators.embedded.chinese import chinese_roles
from cgp.annotators.embedded.dictionaries import LATIN, DictionaryWord, words_by_dictionary
from cgp.annotators.embedded.japanese import japanese_roles
from cgp.annotators.embedded.phrase_words import BREAK, Word
from cgp.annotators.embedded.stop_words import StopWords, stop_words
from cgp.annotators.embedded.word_roles import Role
from cgp.annotators.embedded.words import Run, is_unspaced

_LONGEST_PHRASE = 6
_LINK = "の"
_HOLDERS = frozenset((Role.NOUN, Role.MODIFIER, Role.SUFFIX, Role.INNER_SUFFIX, Role.SIGN))
_HEADS = frozenset((Role.NOUN, Role.SUFFIX, Role.INNER_SUFFIX, Role.SIGN))


def stops_of_nouns(language: str) -> StopWords:
    """Return the stop words of Japanese or Chinese as a reader of nouns needs them."""
    stops = stop_words(language)
    links = frozenset({_LINK}) if language == "ja" else stops.link
    return replace(stops, edges=stops.edges | stops.vague, link=links)


def words_of_run(run: Run, language: str, stops: StopWords, longest: int) -> tuple[Run, list[Word]]:
    """Return the words of a run, cut by the dictionary of ``language``, and how each may stand in a
    noun phrase. Of a word count the first ``longest`` characters.
    """
    words = [
        part
        for word in run
        for part in (
            words_by_dictionary(word, language)
            if is_unspaced(word)
            else [DictionaryWord(word, LATIN)]
        )
    ]
    roles_of = japanese_roles if language == "ja" else chinese_roles
    pairs = roles_of(words, stops.edges)
    roles = [role for _, role in pairs]
    texts = [text[:longest] for text, _ in pairs]
    return texts, [_word(text.casefold(), n, roles) for n, text in enumerate(texts)]


def compound_spans(
    folds: Run, words: Sequence[Word], stops: StopWords
) -> Iterator[tuple[int, int, int]]:
    """Yield start, stop and number of links of each phrase in a run."""
    inside = [False, *(word.inside for word in words), False]
    for start, first in enumerate(words):
        if not first.begins:
            continue
        links = 0
        for stop in range(start, min(start + _LONGEST_PHRASE, len(words))):
            if words[stop].ends:
                is_whole = not inside[start] and not inside[stop + 2]
                if is_whole or not links:
                    yield start, stop + 1, links
            elif folds[stop] in stops.link and not links:
                links += 1
            elif not words[stop].inside:
                break


def _word(fold: str, place: int, roles: Sequence[Role]) -> Word:
    """Return a case-folded word as its role and those beside it let it stand in a phrase."""
    role = roles[place]
    behind = place > 0 and roles[place - 1] in _HOLDERS
    head = next((role for role in roles[place + 1 :] if role is not Role.MODIFIER), None)
    if role is Role.NOUN:
        return Word(fold, begins=True, ends=True, inside=True)
    if role is Role.MODIFIER and head in _HEADS:
        return Word(fold, begins=True, ends=False, inside=True)
    if role in {Role.SUFFIX, Role.INNER_SUFFIX} and behind:
        return Word(fold, begins=False, ends=role is Role.SUFFIX, inside=True)
    before = place + 1 < len(roles) and roles[place + 1] in {Role.NOUN, Role.SUFFIX}
    if role is Role.SIGN and (behind or before):
        return Word(fold, begins=before, ends=behind, inside=True)
    return BREAK
