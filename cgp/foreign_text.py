"""Text of others where it is shown: on a terminal, in Markdown, in HTML, in JSON on a terminal.

A title, a name or a file's name may hold characters that move a cursor, change a window's title,
reverse the direction of a line, or make a link. Text goes through one of these functions before
it is shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TypeVar, cast

T = TypeVar("T")

_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NOT_SHOWN = re.compile(
    rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_DIRECTIONS}\u2028\u2029\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
"""Control characters but tab and line feed, direction marks, separators, tags, lone surrogates."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|!#~&@:$^{}])|\bwww(?=\.)")


def shown(text: str) -> str:
    """Return a text that is safe on a terminal: characters without a glyph are dropped."""
    # Nearly every text is plain, and this look is far quicker than the pattern.
    return text if text.isascii() and text.isprintable() else _NOT_SHOWN.sub("", text)


def shown_document(document: T) -> T:
    """Return JSON values of which every text may be printed on a terminal; see ``shown``."""
    return cast("T", _shown_document(document))


def _shown_document(value: object) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {key: _shown_document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown_document(item) for item in value]
    return value


def markdown(text: str) -> str:
    """Return a text as Markdown shows it: on one line, no markup, no link, no end of a cell."""
    line = " ".join(shown(text).split())
    return _MARKUP.sub(lambda match: f"\\{match[1]}" if match[1] else "www\\", line)


def html_text(text: str) -> str:
    """Return a text as HTML shows it, between tags and inside quoted attributes."""
    return html.escape(shown(text), quote=True)


def json_text(document: str) -> str:
    """Return a JSON document of the same value in which nothing acts on a terminal.

    Such characters stand in strings only, where an escape says the same.
    """
    return _NOT_SHOWN.sub(lambda match: _escape(match.group()), document)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    # JSON's escapes have 16 bits: a character beyond them is written as two surrogates.
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
