"""Properties of regular expressions, read from their parsed form: how a match begins, how many
digits it has at least.

They let a rule be left out where it cannot find anything, without lists beside the rule that could
be forgotten when it changes. They only save time: without Python's parser nothing is known of a
pattern, every rule is asked everywhere, and the same is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

# Private to Python, and the only reader of its patterns that there is; a later version may lack it.
try:
    from re import _parser  # type: ignore[attr-defined]

    _parse: Callable[..., Any] | None = _parser.parse
except (ImportError, AttributeError):
    _parse = None

MOST_LETTERS: Final = 5
"""Letters of a beginning: more tell hardly any more words apart."""

_MOST_BEGINNINGS: Final = 500
"""Beginnings of a pattern that are followed further at once; beyond that they stay as they are."""


class Beginning(NamedTuple):
    """Letters with which a match begins, and whether they begin a word and end it."""

    letters: str = ""
    begins_word: bool = False
    ends_word: bool = False


def beginnings(pattern: str) -> set[Beginning]:
    """Return the beginnings of which every match of ``pattern`` has one."""
    if _parse is None:
        return {Beginning()}
    open_starts, results = _follow(_parse(pattern), {Beginning()})
    return open_starts | results


_Beginnings = set[Beginning]


def _follow(items: Any, starts: _Beginnings) -> tuple[_Beginnings, _Beginnings]:  # noqa: ANN401 - a parsed pattern
    """Follow the parts of a pattern; return the beginnings that may go on, and the whole ones."""
    results: _Beginnings = set()
    for operation, argument in items:
        if not starts or len(starts) > _MOST_BEGINNINGS:
            break
        starts, whole_words = _follow_part(str(operation), argument, starts)
        results |= whole_words
    return starts, results


def _follow_part(
    operation: str,
    argument: Any,  # noqa: ANN401 - a part of a parsed pattern
    starts: _Beginnings,
) -> tuple[_Beginnings, _Beginnings]:
    # A part of which nothing is known here ends what is known of a beginning.
    result: tuple[_Beginnings, _Beginnings] = (set(), starts)
    match operation:
        case "LITERAL":
            result = _with_letters({chr(argument)}, starts)
        case "IN" if all(str(kind) == "LITERAL" for kind, _ in argument):
            result = _with_letters({chr(code) for _, code in argument}, starts)
        case "SUBPATTERN":
            result = _follow(argument[-1], starts)
        case "BRANCH":
            branches = [_follow(branch, starts) for branch in argument[1]]
            result = (
                set().union(*(open_starts for open_starts, _ in branches)),
                set().union(*(results for _, results in branches)),
            )
        case "MAX_REPEAT" | "MIN_REPEAT":
            result = _follow_repeat(argument, starts)
        case "ASSERT_NOT" if argument[0] < 0:
            result = ({b if b.letters else b._replace(begins_word=True) for b in starts}, set())
        case "ASSERT" | "ASSERT_NOT":
            result = (starts, set())
        case "AT":
            whole_words = {b for b in starts if b.letters[-1:].isalnum()}
            result = (starts - whole_words, {b._replace(ends_word=True) for b in whole_words})
    return result


def _follow_repeat(argument: Any, starts: _Beginnings) -> tuple[_Beginnings, _Beginnings]:  # noqa: ANN401 - as above
    """Follow a part that may be left out, or come again; it is followed once."""
    least, most, part = argument
    open_starts, results = _follow(part, starts)
    if most > 1:
        open_starts, results = set(), results | open_starts
    return (open_starts | starts if least == 0 else open_starts), results


def _with_letters(letters: set[str], starts: _Beginnings) -> tuple[_Beginnings, _Beginnings]:
    """Return beginnings with one more letter; a space ends a word."""
    longer = {
        Beginning(b.letters + letter, b.begins_word) for b in starts for letter in letters - {" "}
    }
    whole_words = {b._replace(ends_word=True) for b in starts} if " " in letters else set()
    long_enough = {b for b in longer if len(b.letters) >= MOST_LETTERS}
    return longer - long_enough, long_enough | whole_words


def least_digits(pattern: str) -> int:
    """Return the number of digits that every match of a pattern has at least."""
    return 0 if _parse is None else _digits_in(_parse(pattern, re.ASCII))


def _digits_in(items: Any) -> int:  # noqa: ANN401 - a parsed pattern
    return sum(_digits_of(str(operation), argument) for operation, argument in items)


def _digits_of(operation: str, argument: Any) -> int:  # noqa: ANN401 - a part of a parsed pattern
    digits = 0
    match operation:
        case "LITERAL":
            digits = int(chr(argument).isdigit())
        case "IN":
            digits = int(all(_is_digits(str(kind), members) for kind, members in argument))
        case "SUBPATTERN":
            digits = _digits_in(argument[-1])
        case "BRANCH":
            digits = min(_digits_in(branch) for branch in argument[1])
        case "MAX_REPEAT" | "MIN_REPEAT":
            digits = argument[0] * _digits_in(argument[2])
    return digits


def _is_digits(kind: str, members: Any) -> bool:  # noqa: ANN401 - a member of a parsed set
    """Tell if a member of a set is made of digits alone."""
    match kind:
        case "LITERAL":
            return chr(members).isdigit()
        case "RANGE":
            return chr(members[0]).isdigit() and chr(members[1]).isdigit()
        case _:
            return str(members) == "CATEGORY_DIGIT"
