"""Regular expressions that are compiled when they are first needed: there are many,
and long ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class LatePattern:
    """A regular expression with the methods of a compiled one that the rules use."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source = source
        self._flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def match(self, text: str, start: int = 0, stop: int | None = None) -> re.Match[str] | None:
        """Match at ``start``; see ``re.Pattern.match``."""
        return self._compiled.match(text, start, len(text) if stop is None else stop)

    def fullmatch(self, text: str, start: int = 0, stop: int | None = None) -> re.Match[str] | None:
        """Match all of ``text[start:stop]``; see ``re.Pattern.fullmatch``."""
        return self._compiled.fullmatch(text, start, len(text) if stop is None else stop)

    def search(self, text: str, start: int = 0, stop: int | None = None) -> re.Match[str] | None:
        """Return the first match; see ``re.Pattern.search``."""
        return self._compiled.search(text, start, len(text) if stop is None else stop)

    def finditer(
        self, text: str, start: int = 0, stop: int | None = None
    ) -> Iterator[re.Match[str]]:
        """Yield every match; see ``re.Pattern.finditer``."""
        return self._compiled.finditer(text, start, len(text) if stop is None else stop)
