"""Files read up to a limit: a path that a person gives may lead to a device without an end."""

from __future__ import annotations

import errno
from pathlib import Path

from cgp.errors import CgpError

_CHUNK_BYTES = 1 << 20


class FileTooLargeError(
    CgpError,
    OSError,
    code="file.too_large",
    remedy="give the file that the command's help names",
):
    """A file has more bytes than its kind can have."""


def file_within(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a file, or of a pipe.

    It is read in parts: to ask for the most bytes at once would take the memory for them.

    Raises:
        FileTooLargeError: if it has more than ``most_bytes``.
        OSError: if it cannot be read.
    """
    data = bytearray()
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            data += part
            if len(data) > most_bytes:
                raise FileTooLargeError(errno.EFBIG, f"more than {most_bytes:,} bytes", str(path))
    return bytes(data)
