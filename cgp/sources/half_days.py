"""Clocks of twelve hours: the words for the halves of a day in the languages of exports."""

from __future__ import annotations

_AFTERNOON = frozenset(
    [
        "pm",
        "p",
        "م",
        "下午",
        "午後",
        "오후",
        "晚上",
        "傍晚",
        "μμ",
        "masa",
        "ms",
        "nm",
        "du",
        "em",
        "บ่าย",
        "ب.ظ",
    ]
)
_MORNING = frozenset(
    [
        "am",
        "a",
        "ص",
        "上午",
        "午前",
        "오전",
        "凌晨",
        "清晨",
        "早上",
        "早晨",
        "半夜",
        "πμ",
        "dop",
        "fm",
        "de",
        "ق.ظ",
    ]
)
_NOON = "中午"

HALF_DAY = (
    r"(?:[AaPp]\.?\s?[Mm]\.?|[AaPp]|[صم]|[قب]\.ظ\.?|上午|下午|午前|午後|오전|오후|凌晨|清晨|早上|早晨|半夜|"
    r"中午|傍晚|晚上|[πμ]\.?μ\.?)"
)
"""A regular expression of one of them, without a group."""


def hour_of_day(hour: int, half: str | None) -> int:
    """Return the hour from 0 to 23 of an hour as written with the half of the day, if one is."""
    word = "".join(c for c in (half or "") if not c.isspace()).casefold().rstrip(".")
    word = word if word.replace(".", "") in {"قظ", "بظ"} else word.replace(".", "")
    if word == _NOON:
        return hour + 12 if hour < 10 else hour  # 中午 is from eleven to one
    if word in _AFTERNOON and hour < 12:
        return hour + 12
    if (word in _MORNING and hour == 12) or (word == "晚上" and hour == 12):
        return 0
    return hour
