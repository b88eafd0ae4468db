"""Activities as the bytes that are delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as JSON in UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
