"""Full text: a query of words in, windows with their BM25 out.

BM25 is that of FTS5 (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", k1 =
1.2, b = 0.75), over a window's text and its tags, which count alike. Any of the words may match.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence

from cgp.annotators.embedded.stop_words import detect, known_languages, stop_words
from cgp.search.filters import Filters
from cgp.search.search_form import asked_form
from cgp.text import normal_form
from cgp.words import PLAIN_WORDS

_K1 = 1.2
_LEAST_WEIGHT = 1e-6
# A pasted page is not a query: more words cost time and find the same windows.
_MOST_WORDS = 64
# Letters of a word that may begin another one, and of a beginning that is shorter than the word.
_LEAST_WORD = 5
_LEAST_BEGINNING = 6
_MOST_LETTERS_LESS = 2


def terms(connection: sqlite3.Connection, query: str) -> list[str]:
    """Return the FTS5 terms for the words of a query, none where it has no word.

    Words are quoted, so that nothing in them is syntax. Function words are left out unless the
    query has no other. A word that no window says stands for the words that begin with it, or
    with all of it but one or two letters: *Brandschutz* for *Brandschutztür*, *schreibt* for
    *schreiben*. The index stems English alone.
    """
    return [_term(connection, word) for word in telling_words(query)]


def _term(connection: sqlite3.Connection, word: str) -> str:
    """Return the term of a word that is said; else of its longest beginning that is."""
    exact, *beginnings = _forms(word)
    return next((term for term in (exact, *beginnings) if _saying(connection, term)), exact)


def _forms(word: str) -> list[str]:
    """Return the term of a word, then those of its beginnings, the longest first."""
    shortest = max(len(word) - _MOST_LETTERS_LESS, _LEAST_BEGINNING)
    lengths = (
        [len(word), *range(len(word) - 1, shortest - 1, -1)] if len(word) >= _LEAST_WORD else []
    )
    return [f'"{word}"', *(f'"{word[:length]}" *' for length in lengths)]


def is_said(connection: sqlite3.Connection, word: str, filters: Filters) -> bool:
    """Tell whether a window within filters says a word, or one that it is looked up by."""
    condition, values = within(filters, "rowid")
    query = f"SELECT 1 FROM words WHERE words MATCH ? AND {condition} LIMIT 1"  # noqa: S608
    return any(connection.execute(query, (term, *values)).fetchone() for term in _forms(word))


def within(filters: Filters, number: str) -> tuple[str, list[object]]:
    """Return SQL that keeps windows within filters, by their number's column, with values."""
    if not filters:
        return "1", []
    where, values = filters.condition()
    return (
        f"{number} IN (SELECT w.number FROM windows w "  # noqa: S608 - values are bound
        f"JOIN conversations c ON c.number = w.conversation WHERE {where})",
        values,
    )


def _saying(connection: sqlite3.Connection, term: str) -> int:
    """Return the number of windows that say a term."""
    query = "SELECT count(*) FROM words WHERE words MATCH ?"
    (count,) = connection.execute(query, (term,)).fetchone()
    return int(count)


def telling_words(query: str) -> list[str]:
    """Return the words of a query as they are looked up, each once, without function words.

    A query that has no other words keeps them.
    """
    words = list(dict.fromkeys(PLAIN_WORDS.words(asked_form(query.lower()))))
    plain = detect(words).function
    return ([word for word in words if word not in plain] or words)[:_MOST_WORDS]


def has_only_function_words(query: str) -> bool:
    """Tell whether no word of a query says what it is about (*the*, *was ist das*).

    Words are read whole here, as stop words are: the index parts *what's*, and Hindi at its vowels.
    One language must have them all: *car* is French for because, *the car* says something. One word
    of plain letters alone tells no language, so it counts in English only.
    """
    words = frozenset(normal_form(query).split())
    languages = ("en",) if len(words) == 1 and all(map(str.isascii, words)) else known_languages()
    return bool(words) and any(words <= stop_words(each).function for each in languages)


def greatest_score(connection: sqlite3.Connection, query: str) -> float:
    """Return the BM25 that no window can reach for a query: each of its words, said without end.

    A score divided by it is the share of the query that a window says, from 0 to 1, whatever the
    query. The weight of a word is that of FTS5 (``fts5Bm25GetData`` in its source), in which a word
    of more than half of the windows weighs about nothing.
    """
    (windows,) = connection.execute("SELECT count(*) FROM windows").fetchone()
    total = 0.0
    for term in terms(connection, query):
        saying = _saying(connection, term)
        weight = math.log((windows - saying + 0.5) / (saying + 0.5))
        total += max(weight, _LEAST_WEIGHT) * (_K1 + 1)
    return total


def matches(
    connection: sqlite3.Connection,
    query: str,
    filters: Filters,
    limit: int,
    weights: Sequence[float] = (1.0, 1.0),
) -> dict[int, float]:
    """Return the best ``limit`` windows by number with their BM25 (larger is better).

    ``weights`` are the weights of the text and of the tags.
    """
    expression = " OR ".join(terms(connection, query))
    if not expression:
        return {}
    condition, values = within(filters, "rowid")
    sql = (
        "SELECT rowid, -bm25(words, ?, ?) AS score FROM words WHERE words MATCH ? "  # noqa: S608
        f"AND {condition} ORDER BY score DESC, rowid LIMIT ?"
    )
    return dict(connection.execute(sql, (*weights, expression, *values, limit)).fetchall())
