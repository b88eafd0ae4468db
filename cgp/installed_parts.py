"""Parts that installed packages bring, by entry points: the core names them and imports none."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any


def installed_part(group: str, name: str) -> Any | None:  # noqa: ANN401 - another author's object
    """Return the object that an installed package offers as ``name`` in a group of entry points.

    None where no package does. The first call imports the package; its errors pass through.
    """
    entry = next(iter(entry_points(group=group, name=name)), None)
    return None if entry is None else entry.load()
