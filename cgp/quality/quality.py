"""The quality of a conversation: five parts and their summary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

QUALITY_VERSION = "1"
PARTS = ("relevance", "engagement", "novelty", "coherence", "fluency")
# Smallest value of a part in the summary, so that one part at zero does not hide the others.
_FLOOR = 0.02


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of one conversation, each part from 0 to 1.

    - ``relevance``: the turns bear on the conversation's subject.
    - ``engagement``: participants share the floor, alternate and answer.
    - ``novelty``: phrases and turns are new.
    - ``coherence``: a turn takes up the turns just before it.
    - ``fluency``: the words are in an order that a language would give them.

    Raises:
        ValueError: if a part is not a number from 0 to 1.
    """

    relevance: float
    engagement: float
    novelty: float
    coherence: float
    fluency: float

    def __post_init__(self) -> None:
        for name in PARTS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} must be a number, got {value!r}")
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must be from 0 to 1, got {value!r}")

    @property
    def summary(self) -> float:
        """The geometric mean of the five, each taken as at least 0.02; from 0 to 1.

        A geometric mean because no part makes up for another: eloquent repetition is boring, and so
        is a fresh salad of words. Where all five are 0, the summary is 0.
        """
        values = [float(getattr(self, name)) for name in PARTS]
        if not any(values):
            return 0.0
        product = math.prod(max(value, _FLOOR) for value in values)
        return min(1.0, round(math.pow(product, 1 / len(PARTS)), 6))

    def to_json(self) -> dict[str, Any]:
        """Return ``{"version", "summary"}`` and the five parts."""
        parts = {name: float(getattr(self, name)) for name in PARTS}
        return {"version": QUALITY_VERSION, "summary": self.summary, **parts}

    @classmethod
    def from_json(cls, value: object) -> Quality:
        """Read the result of ``to_json``; the summary is computed again.

        Raises:
            ValueError: if a part is missing or wrong, or if the version is another.
        """
        if not isinstance(value, Mapping):
            raise ValueError("a quality is a JSON object")
        if value.get("version") != QUALITY_VERSION:
            raise ValueError(
                f"a quality of version {QUALITY_VERSION!r} is needed, got {value.get('version')!r}"
            )
        if missing := [name for name in PARTS if name not in value]:
            raise ValueError(f"a quality without {', '.join(missing)}")
        return cls(**{name: value[name] for name in PARTS})
