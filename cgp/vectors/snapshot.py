"""Snapshots of an index on disk: a data file and a manifest, of which one pair is always whole.

A snapshot is written beside the present one and becomes the present one when the manifest that
names it is renamed into place (``rename`` is atomic on POSIX file systems). A process killed at
any instant leaves the snapshot from before or the one after, and perhaps an unnamed file that the
next writer removes.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cgp.durable_files import open_private, sha256_of, sync, write_whole
from cgp.errors import CgpError

FORMAT = 1
_MANIFEST = "manifest.json"
_LOCK = "writer.lock"
_DATA = "vectors-*"


class VectorIndexError(
    CgpError, code="vectors.index", remedy="run cgp index to make the index again"
):
    """An index that cannot be opened or changed; the message says which and why."""


class SnapshotManifest(BaseModel):
    """Description of the present snapshot: its data file, with the size and hash to verify it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    generation: int = Field(ge=1)
    file: str = Field(pattern=r"^vectors-\d+\.faiss$")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    count: int = Field(ge=0)
    trained_on: int = Field(ge=0)
    dimension: int = Field(ge=1)
    model: str


def read_manifest(folder: Path) -> SnapshotManifest | None:
    """Return the manifest of a folder, None where nothing was saved yet.

    Raises:
        VectorIndexError: if there is a manifest that cannot be read or is of another format.
    """
    path = folder / _MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        manifest = SnapshotManifest.model_validate_json(text)
    except ValidationError as error:
        raise VectorIndexError(f"{path} is damaged: {error.errors()[0]['msg']}") from error
    if manifest.format != FORMAT:
        raise VectorIndexError(f"{path} has format {manifest.format}; this version reads {FORMAT}")
    return manifest


def check_file(folder: Path, manifest: SnapshotManifest, *, contents: bool) -> Path:
    """Return the snapshot's file after checking its size, and its SHA-256 if ``contents``.

    Raises:
        VectorIndexError: if the file differs from the manifest.
        FileNotFoundError: if it is gone (a writer may just have replaced it).
    """
    path = folder / manifest.file
    size = path.stat().st_size
    if size != manifest.bytes:
        raise VectorIndexError(f"{path} is damaged: {size} bytes, {manifest.bytes} were saved")
    if contents and sha256_of(path) != manifest.sha256:
        raise VectorIndexError(f"{path} is damaged: its SHA-256 is not that of what was saved")
    return path


def write_snapshot(
    folder: Path,
    write: Callable[[Path], None],
    *,
    generation: int,
    count: int,
    trained_on: int,
    dimension: int,
    model: str,
) -> SnapshotManifest:
    """Write a snapshot with ``write(path)`` and make it the present one; return its manifest."""
    # The order matters: data on disk first, then the manifest that names it, then old data away.
    path = folder / f"vectors-{generation:06d}.faiss"
    write(path)
    sync(path)
    manifest = SnapshotManifest(
        generation=generation,
        file=path.name,
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        count=count,
        trained_on=trained_on,
        dimension=dimension,
        model=model,
    )
    text = json.dumps(manifest.model_dump(), indent=1) + "\n"
    write_whole(folder / _MANIFEST, text.encode())
    remove_strays(folder, manifest)
    return manifest


def remove_strays(folder: Path, present: SnapshotManifest | None) -> None:
    """Remove data files that the present manifest does not name.

    A reader that has an old one mapped keeps it: its pages live until it unmaps them.
    """
    for path in folder.glob(_DATA):
        if present is None or path.name != present.file:
            path.unlink(missing_ok=True)


def lock_for_writing(folder: Path) -> int:
    """Return an open descriptor that holds the folder's write lock until it is closed.

    Raises:
        VectorIndexError: if another process or object is writing.
    """
    descriptor = open_private(folder / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise VectorIndexError(
            f"{folder} is being written by another process: wait for it"
        ) from None
    return descriptor
