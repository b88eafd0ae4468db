"""Files that are not text: known by their first bytes, or by the many bytes that text has not."""

from __future__ import annotations

_BEGINNINGS = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or sound"),
    (b"OggS", "sound"),
    (b"ID3", "sound"),
    (b"\xff\xfb", "sound"),
    (b"fLaC", "sound"),
    (b"#!AMR", "sound"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a word processor's document"),
    (b"SQLite format 3\0", "a database"),
    (b"\x7fELF", "a program"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"PAR1", "a Parquet table"),
    (b"ARROW1", "an Arrow table"),
    (b"\xff\xff\xff\xff", "an Arrow table"),
    (b"Rar!", "an archive in a form that is not read"),
    (b"7z\xbc\xaf", "an archive in a form that is not read"),
)
MEDIA = frozenset({"a picture", "a picture or sound", "sound", "a video", "a font"})
"""File without words: nothing is lost with it."""
_LOOKED_AT = 8192
_MOST_CONTROL = 0.05
"""Share of control characters that no text has, and that a few flipped bytes do not reach."""
_CONTROL = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1b\x0b")


def binary_kind(head: bytes) -> str | None:
    """Return the kind of a file with these first bytes, None if it may be text."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head[4:8] == b"ftyp":
        return "a picture" if head[8:12] in {b"heic", b"avif", b"mif1"} else "a video"
    start = head[:_LOOKED_AT]
    if start.startswith(b"PK\x03\x04"):
        return "an office document"
    control = len(start) - len(start.translate(None, _CONTROL))
    return "no text" if control > max(2, _MOST_CONTROL * len(start)) else None
