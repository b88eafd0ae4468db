"""The key behind pseudonyms: made once, kept in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cgp.durable_files import PRIVATE_FOLDER_MODE
from cgp.privacy.pseudonyms import KEY_BYTES, MIN_KEY_BYTES


def pseudonym_key(path: Path) -> bytes:
    """Return the key in ``path``, made on the first call (32 random bytes, mode 600).

    Two processes that make it at once end up with the same key.

    Raises:
        ValueError: if the file holds no key.
    """
    path.parent.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    key = path.read_bytes()
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"{path}: not a pseudonym key ({len(key)} bytes)")
    return key


def _create(path: Path) -> None:
    """Write a whole key beside ``path`` and link it there, unless another process was first."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            # A key that is lost after its first use would give people new pseudonyms.
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
