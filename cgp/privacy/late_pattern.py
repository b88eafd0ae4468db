"""Regular expressions that are compiled when they are first needed: there are many,
and long ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

_Try = Callable[..., re.Match[str] | None]


class LatePattern:
    """A regular expression with the methods of a compiled one that the rules use.

    Each method is the compiled expression's own from its first use on, without a call of ours.
    """

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    @cached_property
    def match(self) -> _Try:
        """Match at a place; see ``re.Pattern.match``."""
        return self._compiled.match

    @cached_property
    def fullmatch(self) -> _Try:
        """Match all of a text; see ``re.Pattern.fullmatch``."""
        return self._compiled.fullmatch

    @cached_property
    def search(self) -> _Try:
        """Return the first match; see ``re.Pattern.search``."""
        return self._compiled.search

    @cached_property
    def finditer(self) -> Callable[..., Iterator[re.Match[str]]]:
        """Yield every match; see ``re.Pattern.finditer``."""
        return self._compiled.finditer
