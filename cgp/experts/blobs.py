"""Blobs of an OCI image-layout folder: files named by the SHA-256 of their bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cgp.durable_files import private_folder, sha256_of, write_whole
from cgp.experts.block import EMPTY_BLOB, digest_of
from cgp.experts.errors import DamagedLedgerError

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


class Blobs:
    """A folder ``blobs/sha256`` with the two files that make it an OCI image layout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = folder / "blobs" / "sha256"

    def prepare(self) -> None:
        """Make the folder and its fixed files, where they are missing."""
        private_folder(self._files)
        if not (self._folder / "oci-layout").exists():
            write_whole(self._folder / "oci-layout", _LAYOUT)
        self.add(EMPTY_BLOB)

    def add(self, data: bytes) -> str:
        """Store bytes and return their digest; a file that is there is not written again."""
        digest = digest_of(data)
        path = self.path(digest)
        # A file of another size was damaged; it gets its bytes back.
        if not path.exists() or path.stat().st_size != len(data):
            write_whole(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest.

        Raises:
            DamagedLedgerError: if they are missing or others.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise DamagedLedgerError(f"the blob {digest} is missing") from error
        # A folder in its place, or a disk that fails.
        except OSError as error:
            raise DamagedLedgerError(f"{self.path(digest)}: {error.strerror}") from error
        if digest_of(data) != digest:
            raise DamagedLedgerError(f"{self.path(digest)} is not what its name says")
        return data

    def is_whole(self, digest: str) -> bool:
        """Tell whether the file of a digest is there and has the bytes of its name."""
        path = self.path(digest)
        try:
            return path.is_file() and f"sha256:{sha256_of(path)}" == digest
        except OSError:
            return False

    def path(self, digest: str) -> Path:
        """Return the file of a digest.

        Raises:
            DamagedLedgerError: if it is not a digest (and so might name another folder).
        """
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise DamagedLedgerError(f"{digest[:80]!r} is not a digest")
        return self._files / match.group(1)

    def digests(self) -> Iterator[str]:
        """Yield the digests of all files; unfinished writes have none."""
        for path in self._files.iterdir():
            if not path.name.startswith("."):
                yield f"sha256:{path.name}"

    def write_index(self, heads: Mapping[str, Mapping[str, Any]]) -> None:
        """Write ``index.json``: the descriptor of each head under its name."""
        manifests = [
            {**descriptor, "annotations": {"org.opencontainers.image.ref.name": name}}
            for name, descriptor in sorted(heads.items())
        ]
        document = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": manifests,
        }
        write_whole(self._folder / "index.json", json.dumps(document, indent=1).encode())
