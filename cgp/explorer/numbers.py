"""Numbers, shares and times for people, in the digits and units of a page's language.

``static/numbers.js`` writes them alike where a script shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cgp.explorer.preferences import Language
from cgp.explorer.shell import phrases

_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_PERSIAN_MARKS = str.maketrans(",.%", "٬٫٪")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one language, each method a filter of the templates."""

    language: Language

    def number(self, value: float, digits: int = 2) -> str:
        """Return a number with separators; a fraction has ``digits`` decimals."""
        return self._with_marks(f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}")

    def numeral(self, value: object) -> str:
        """Return a number, a date or a version in the language's digits."""
        text = str(value)
        return text.translate(_PERSIAN_DIGITS) if self.language is Language.PERSIAN else text

    def share(self, value: float) -> str:
        """Return a share between 0 and 1 as a percentage."""
        return self._with_marks(f"{100 * value:.0f}%")

    def moment(self, seconds: float | None) -> str:
        """Return the UTC date and time of ``seconds`` since the epoch, an empty text for None."""
        if seconds is None:
            return ""
        clock = self.numeral(f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}")
        return f"{clock} {phrases(self.language)['utc']}"

    def duration(self, seconds: float) -> str:
        """Return a time span: ``0.42 s``, ``3 min``, ``2 h``."""
        second, minute, hour = phrases(self.language)["units"].split()
        if seconds < 60:
            return f"{self.number(float(seconds), 2 if 0 < seconds < 10 else 0)} {second}"
        if seconds < 5400:
            return f"{self.number(seconds / 60, 0)} {minute}"
        return f"{self.number(seconds / 3600, 1)} {hour}"

    def _with_marks(self, text: str) -> str:
        text = self.numeral(text)
        return text.translate(_PERSIAN_MARKS) if self.language is Language.PERSIAN else text
