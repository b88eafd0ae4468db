"""Title and language of a caption file, from its name."""

from __future__ import annotations

import re
from pathlib import Path

_LANGUAGE = re.compile(r"^(.+)\.([a-z]{2}(?:-[A-Za-z0-9]{2,8})*)$")


def caption_title(path: Path) -> tuple[str, str | None]:
    """Return title and language of ``Title.en.vtt`` (as download tools name captions)."""
    if match := _LANGUAGE.match(path.stem):
        return match[1], match[2]
    return path.stem, None
