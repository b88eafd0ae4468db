"""The gold file that ships with the package: windows of the bundled sample conversations."""

from __future__ import annotations

from functools import cache
from importlib import resources

from cgp.gold.gold_file import GoldWindow, gold_from_lines

_FILE = "samples.jsonl"


@cache
def bundled_gold() -> tuple[GoldWindow, ...]:
    """Return the annotated windows of the bundled sample conversations."""
    file = resources.files(__package__) / _FILE
    return gold_from_lines(file.read_text(encoding="utf-8"), _FILE)
