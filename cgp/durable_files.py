"""Files that exist whole or not at all, after any crash, and that other users cannot read."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
import threading
from pathlib import Path

PRIVATE_MODE = 0o600
PRIVATE_FOLDER_MODE = 0o700
_PUBLIC_MODE = 0o666  # less what the user's umask takes away
# O_EXCL and O_NOFOLLOW: the file is new, and a link planted in its place is refused.
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
_making_a_file = threading.Lock()


def write_whole(path: Path, data: bytes, *, public: bool = False) -> None:
    """Write a file under another name, sync it, and give it its name.

    The other name is random and new, so nothing planted there is followed or written into. The
    file is its owner's alone, unless it is ``public`` (an export).
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        descriptor = os.open(partial, _NEW, _PUBLIC_MODE if public else PRIVATE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            # On the disk before it has its name: after a crash the name never leads to half a file.
            os.fsync(file.fileno())
        rename(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def private_folder(path: Path) -> Path:
    """Make a folder, and the missing folders above it, that only its owner enters; return it.

    One that is there and is ours is closed to others, unless it is everybody's (like ``/tmp``).
    """
    # `parents=True` would make those above by the umask, open to others.
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in (*reversed(missing), path):
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    # The sticky bit marks a folder of everybody, like /tmp; the root of a disk is everybody's too.
    is_everybodys = path.resolve() == path.resolve().parent or path.stat().st_mode & stat.S_ISVTX
    if not is_everybodys:
        _close(path, PRIVATE_FOLDER_MODE)
    return path


def private_file(path: Path) -> Path:
    """Make an empty file that only its owner reads, unless it is there; then close it to others.

    SQLite gives its own side files the same mode. A file that is there is not opened: this process
    may have it open in SQLite, and closing any descriptor of a file gives up all locks that the
    process has on it. The next program to end would then take away the log that is written to.

    Raises:
        OSError: if a link or a folder is in its place, or it is not ours to read and write.
    """
    # SQLite opens the file after this returns, so no thread can have a new file open in it either.
    with _making_a_file:
        try:
            os.close(os.open(path, _NEW, PRIVATE_MODE))
        except FileExistsError:
            _require_a_file_of_ours(path)
    _close(path, PRIVATE_MODE)
    return path


def _require_a_file_of_ours(path: Path) -> None:
    mode = path.lstat().st_mode
    reason = None
    if stat.S_ISLNK(mode):
        reason = errno.ELOOP
    elif not stat.S_ISREG(mode):
        reason = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
    elif not os.access(path, os.R_OK | os.W_OK):
        reason = errno.EACCES
    if reason is not None:
        raise OSError(reason, os.strerror(reason), str(path))


def open_private(path: Path | str, flags: int) -> int:
    """Open a file of the owner's alone, made where it is missing, and return its descriptor.

    Raises:
        OSError: if a link is in its place.
    """
    return os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_MODE)


def _close(path: Path, mode: int) -> None:
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & ~mode:
        path.chmod(mode)


def rename(path: Path, target: Path) -> None:
    """Give a file or folder its name, in place of a file of that name, and sync the folder."""
    os.replace(path, target)  # noqa: PTH105 - the call that tests interrupt
    sync(target.parent)


def sync(path: Path) -> None:
    """Bring a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
