"""A dataset's JSON files, and the right to write in its folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cgp.dataset.errors import DatasetError
from cgp.durable_files import open_private, write_whole


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON, whole or not at all."""
    write_whole(
        path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode(), public=True
    )


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file; None where there is no such file or it is not an object."""
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write in a folder.

    Raises:
        DatasetError: if another process holds it.
    """
    descriptor = open_private(folder / "lock", os.O_RDWR)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetError(
                f"another process exports to {folder.parent}: wait for it, or choose another folder"
            ) from None
        yield
    finally:
        os.close(descriptor)
