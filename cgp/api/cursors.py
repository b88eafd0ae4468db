"""Cursors of lists: opaque to the caller, the key of the last item to us."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Final

from cgp.signing import Refusal

MAX_CURSOR_CHARACTERS: Final = 1000
LAST_NUMBER: Final = 2**63 - 1


def encode_cursor(*key: int | str) -> str:
    """Return the cursor of the item with this key."""
    text = json.dumps(key, separators=(",", ":"))
    # The padding is left out: "=" would have to be escaped in a URL.
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def number_of(cursor: str | None, start: int) -> int:
    """Return the number in a cursor; ``start`` where there is no cursor.

    Raises:
        Refusal: 422, if it is not a cursor of such a list.
    """
    if cursor is None:
        return start
    key = _decode(cursor)
    if len(key) != 1 or type(key[0]) is not int or not -1 <= key[0] <= LAST_NUMBER:
        raise _malformed_cursor()
    return key[0]


def texts_of(cursor: str | None, count: int) -> tuple[str, ...]:
    """Return the ``count`` texts in a cursor (empty ones where there is no cursor).

    Raises:
        Refusal: 422, if it is not a cursor of such a list.
    """
    if cursor is None:
        return ("",) * count
    key = _decode(cursor)
    texts = tuple(part for part in key if isinstance(part, str) and "\0" not in part)
    if len(texts) != count or len(key) != count:
        raise _malformed_cursor()
    return texts


def _decode(cursor: str) -> Sequence[object]:
    complete = cursor + "=" * (-len(cursor) % 4)
    try:
        # Strict: a cursor comes from a caller, and may be anything.
        text = base64.b64decode(complete.encode("ascii"), altchars=b"-_", validate=True).decode()
        key = json.loads(text)
        text.encode()
        # A lone surrogate inside would fail later, in the database's driver.
        json.dumps(key, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _malformed_cursor() from None
    if not isinstance(key, list):
        raise _malformed_cursor()
    return key


def _malformed_cursor() -> Refusal:
    return Refusal(422, "Malformed", "cursor: take it from the 'next' of the page before")
