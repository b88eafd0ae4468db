"""A dataset as a tree of a Firebase Realtime Database, cut into writes that it takes.

``conversations`` and ``quality`` hold an object by conversation. ``windows``, ``tags``,
``profiles`` and ``scores`` hold a list by conversation, ``embeddings`` an object by the hash of
the tag. Firebase stores neither nulls nor empty lists: an absent value is null or empty. Keys are
escaped (see ``key_of``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from cgp.dataset.columns import TABLES
from cgp.dataset.errors import DatasetError
from cgp.dataset.manifest import Manifest
from cgp.dataset.reading import read_table
from cgp.vector_text import vector_to_text

# The database's limit; longer keys are replaced by their hash.
MAX_KEY_BYTES = 768
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f.$#\[\]/~]")
_SINGLE = ("conversations", "quality")

Write = tuple[str, Any]
"""A path from the dataset's root and its new value; None removes the value."""


def key_of(text: str) -> str:
    """Return a key for any text: a forbidden character becomes ``~`` and two hexadecimal digits.

    A number would make Firebase return lists, so its first digit is escaped. A text whose key would
    be too long has a key that ends in its SHA-256 instead. Different texts have different keys.
    """
    key = _FORBIDDEN.sub(lambda match: f"~{ord(match.group()):02X}", text)
    if key.isascii() and key.isdigit():
        key = f"~{ord(key[0]):02X}{key[1:]}"
    if len(key.encode()) > MAX_KEY_BYTES or not key:
        return f"~~{hashlib.sha256(text.encode()).hexdigest()}"
    return key


def value_of(value: object) -> Any:  # noqa: ANN401 - JSON values
    """Return a JSON value without nulls and empty objects and lists, None where nothing is left."""
    if isinstance(value, dict):
        inner = {key_of(key): value_of(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in map(value_of, value) if item is not None] or None
    return value


def writes(folder: Path, manifest: Manifest) -> Iterator[Write]:
    """Yield the writes of a dataset, always in the same order; one path for a conversation."""
    for table in TABLES:
        rows = read_table(folder, manifest, table)
        if table == "embeddings":
            yield from (_embedding(row) for row in rows)
        else:
            for conversation_id, group in groupby(
                rows, key=lambda row: str(row["conversation_id"])
            ):
                values = [value_of(row) for row in group]
                yield (
                    f"{table}/{key_of(conversation_id)}",
                    values[0] if table in _SINGLE else values,
                )


def _embedding(row: dict[str, Any]) -> Write:
    """Return the write of a term and its vector."""
    # A term may hold characters that a key may not; its hash never does.
    digest = hashlib.sha256(row["normal_form"].encode()).hexdigest()[:32]
    value = value_of(row | {"vector": vector_to_text(row["vector"])})
    return f"embeddings/t{digest}", value


def bodies(updates: Iterator[Write], limit: int) -> Iterator[bytes]:
    """Yield the bodies of multi-path updates, each of at most ``limit`` bytes.

    A larger value is removed and then written piece by piece. A body never has both a path and a
    path below it, because Firebase refuses that.

    Raises:
        DatasetError: if a single text is larger.
    """
    body: dict[str, bytes] = {}
    size = 2
    for path, value in updates:
        for piece, text in _pieces(path, value, limit):
            cost = len(_quote(piece)) + len(text) + 2
            if body and (size + cost > limit or not body.keys().isdisjoint(_above(piece))):
                yield _join(body)
                body, size = {}, 2
            body[piece] = text
            size += cost
    if body:
        yield _join(body)


def _pieces(
    path: str, value: object, limit: int, *, clear: bool = True
) -> Iterator[tuple[str, bytes]]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(text) + len(_quote(path)) + 4 <= limit:
        yield path, text
        return
    if not isinstance(value, dict | list):
        raise DatasetError(
            f"{path} holds {len(text):,} bytes, more than a request may have: {limit:,}"
        )
    if clear:
        yield path, b"null"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield from _pieces(f"{path}/{key}", inner, limit, clear=False)


def _above(path: str) -> Iterator[str]:
    """Yield a path and all paths above it."""
    parts = path.split("/")
    return ("/".join(parts[:stop]) for stop in range(1, len(parts)))


def _quote(path: str) -> bytes:
    return json.dumps(path, ensure_ascii=False).encode()


def _join(body: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(_quote(path) + b":" + text for path, text in body.items()) + b"}"
