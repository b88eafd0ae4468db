"""Tags that were made elsewhere, read for a comparison: one window a line, by its id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cgp.gold.gold_file import GoldError
from cgp.metadata import Metadata


def read_tags(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Read ``{"id", "tags": [text or {"text"}]}`` lines; return the tags by the window's id.

    Raises:
        GoldError: naming the line that is not as expected.
        FileNotFoundError: if there is no such file.
    """
    by_window: dict[str, tuple[str, ...]] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8 at byte {error.start}") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
            metadata = Metadata.from_json(document)
            by_window[str(document["id"])] = tuple(tag.text for tag in metadata.tags)
        except (ValueError, KeyError, RecursionError) as error:
            raise GoldError(
                f"{path}: line {number}: expected {{id, tags}}, tags as texts or {{text}}: {error}"
            ) from error
    return by_window
