"""Spelling: the word that was meant by one that is not said.

Candidates are the index's own words. Full text holds them stemmed, so a near stem names windows,
and words come from the text of windows that the asker may read: no other window gives one.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import islice

from cgp.search.filters import Filters
from cgp.search.full_text import is_said, telling_words, within
from cgp.words import PLAIN_WORDS

IsReadable = Callable[[str], bool]
"""Tells of a conversation's id whether the asker may read its words."""

_LEAST_WORD = 4
# More words that nobody says are another language or another subject, and each takes time.
_MOST_UNSAID = 2
# One letter may differ in a short word, two in a long one.
_LONG_WORD = 8
_LEAST_STEM_LIKENESS = 0.65
_LEAST_STEM = 3
_LETTERS_MORE, _LETTERS_LESS = 2, 9
_MOST_TERMS = 50_000
_STEMS_TRIED = 15
_WINDOWS_OF_STEM = 50
# Windows of a stem say it with different endings.
_WINDOWS_READ = 25


def respelled(
    connection: sqlite3.Connection, query: str, filters: Filters, is_readable: IsReadable
) -> str | None:
    """Return a query with near words in place of the words that no window within filters says.

    None where every word is said, where many are not, or where none has a near word.
    """
    unsaid = [word for word in telling_words(query) if not is_said(connection, word, filters)]
    if len(unsaid) > _MOST_UNSAID:
        return None
    respelled_query = query
    for word in unsaid:
        near = _near_word(connection, word, filters, is_readable)
        if near is not None:
            whole = rf"(?<!\w){re.escape(word)}(?!\w)"
            # Letters alone: nothing in the word is a sign of the replacement's syntax.
            respelled_query = re.sub(whole, near, respelled_query, flags=re.IGNORECASE)
    return respelled_query if respelled_query != query else None


def _near_word(
    connection: sqlite3.Connection, word: str, filters: Filters, is_readable: IsReadable
) -> str | None:
    """Return the nearest word of the readable windows that say one of the likest stems."""
    if len(word) < _LEAST_WORD or not _is_of_letters(word):
        return None
    comparison = _Comparison(word)
    near: tuple[tuple[int, int], str] | None = None
    for stem in _near_stems(connection, comparison):
        for candidate in _words_with(connection, stem, filters, is_readable):
            distance = comparison.distance(candidate.lower())
            # The first of equals: stems come in one order.
            if distance is not None and (near is None or distance < near[0]):
                near = distance, candidate
    return None if near is None else near[1]


class _Comparison:
    """Compares stems and words with one word by the letters in common, marks of accents aside."""

    def __init__(self, word: str) -> None:
        self.word = word
        self._plain = _plain(word)
        self._most_changes = 1 if len(self._plain) < _LONG_WORD else 2
        self._matchers: dict[int, SequenceMatcher[str]] = {}

    @property
    def first_letters(self) -> set[str]:
        """First letters of the word, as written and without its mark."""
        return {self.word[0], self._plain[0]}

    def likeness(self, stem: str) -> float:
        """Return the likeness of a stem and the word's beginning of that length; 0 for little."""
        matcher = self._matcher(len(stem))
        matcher.set_seq1(_plain(stem))
        # Two bounds that cost less than the value itself.
        for bound in (matcher.real_quick_ratio, matcher.quick_ratio):
            if bound() < _LEAST_STEM_LIKENESS:
                return 0.0
        return matcher.ratio()

    def distance(self, candidate: str) -> tuple[int, int] | None:
        """Return the letters to change for another word, and how many it has more or less.

        None for a word that is too far: few letters may differ, and never the first.
        """
        plain = _plain(candidate)
        lengths_apart = abs(len(plain) - len(self._plain))
        if plain[:1] != self._plain[0] or lengths_apart > self._most_changes:
            return None
        matcher = self._matcher(len(self._plain))
        matcher.set_seq1(plain)
        changes = sum(
            max(stop - start, other_stop - other_start)
            for tag, start, stop, other_start, other_stop in matcher.get_opcodes()
            if tag != "equal"
        )
        # Two letters that changed places are one slip.
        if changes == 2 and sorted(plain) == sorted(self._plain):
            changes = 1
        return (changes, lengths_apart) if changes <= self._most_changes else None

    def _matcher(self, letters: int) -> SequenceMatcher[str]:
        """Return the matcher of a beginning; it prepares its second text, so each is kept."""
        letters = min(letters, len(self._plain))
        if letters not in self._matchers:
            beginning = self._plain[:letters]
            self._matchers[letters] = SequenceMatcher(None, "", beginning, autojunk=False)
        return self._matchers[letters]


def _near_stems(connection: sqlite3.Connection, comparison: _Comparison) -> list[str]:
    """Return the stems of the index that are most like a word, the likest first."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.stems USING fts5vocab('main', 'words', 'row')"
    )
    length = len(comparison.word)
    values: dict[str, float] = {}
    for letter in sorted(comparison.first_letters):
        rows = connection.execute(
            "SELECT term FROM temp.stems WHERE term >= ? AND term < ? "
            "AND length(term) BETWEEN ? AND ? LIMIT ?",
            (
                letter,
                chr(ord(letter) + 1),
                max(_LEAST_STEM, length - _LETTERS_LESS),
                length + _LETTERS_MORE,
                _MOST_TERMS,
            ),
        )
        values |= {stem: comparison.likeness(stem) for (stem,) in rows}
    near = (stem for stem, value in values.items() if value >= _LEAST_STEM_LIKENESS)
    return sorted(near, key=lambda stem: (-values[stem], stem))[:_STEMS_TRIED]


def _words_with(
    connection: sqlite3.Connection, stem: str, filters: Filters, is_readable: IsReadable
) -> Iterator[str]:
    """Yield the words of the first readable windows that say a stem, each once and as it is said.

    Small letters go before capitals, which may begin a sentence.
    """
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.places "
        "USING fts5vocab('main', 'words', 'instance')"
    )
    condition, values = within(filters, "doc")
    windows = connection.execute(
        "SELECT c.id, w.text, w.tags FROM (SELECT DISTINCT doc FROM temp.places "  # noqa: S608 - values are bound
        f"WHERE term = ? AND {condition} LIMIT ?) JOIN windows w ON w.number = doc "
        "JOIN conversations c ON c.number = w.conversation",
        (stem, *values, _WINDOWS_OF_STEM),
    )
    readable = (row for row in windows if is_readable(row[0]))
    rows = list(islice(readable, _WINDOWS_READ))
    forms: dict[str, str] = {}
    # Tags are told in letters of their own: theirs count only for words that no text says.
    for texts in ([text for _, text, _ in rows], [tags for _, _, tags in rows]):
        words = PLAIN_WORDS.words("\n".join(texts))
        small_first = sorted(dict.fromkeys(words), key=lambda word: word != word.lower())
        for word in small_first:
            forms.setdefault(word.lower(), word)
    yield from (word for word in forms.values() if _is_of_letters(word))


def _is_of_letters(word: str) -> bool:
    return not any(character.isdigit() or character == "_" for character in word)


def _plain(word: str) -> str:
    """Return a word without the marks on its letters, as full text compares words."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(part for part in parts if not unicodedata.combining(part)) or word
