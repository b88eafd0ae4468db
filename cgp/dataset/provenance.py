"""Provenance of sources: licence, attribution and address, given by the exporter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cgp.dataset.errors import DatasetError

_FIELDS = ("licence", "attribution", "url")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Licence (an SPDX id), attribution and address of one source."""

    licence: str | None = None
    attribution: str | None = None
    url: str | None = None


NO_PROVENANCE = Provenance()


def read_provenance(path: Path) -> dict[str, Provenance]:
    """Read ``{source: {"licence", "attribution", "url"}}`` from a JSON file; each field is
    optional.

    Raises:
        DatasetError: if the file cannot be read or is of another shape; the message names the
            source.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise DatasetError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise DatasetError(f"{path}: an object of sources is needed, not {type(document).__name__}")
    return {
        source: _read(value, f"{path}: source {source!r}") for source, value in document.items()
    }


def _read(value: object, where: str) -> Provenance:
    if not isinstance(value, Mapping) or not set(value) <= set(_FIELDS):
        raise DatasetError(f"{where}: an object with {', '.join(_FIELDS)} is needed")
    for field, text in value.items():
        if not isinstance(text, str):
            raise DatasetError(f"{where}: {field} is a string, not {type(text).__name__}")
    return Provenance(**value)
