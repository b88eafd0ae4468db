"""Names of miners for people, kept in a file beside the store: hotkeys are hard to tell apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cgp.durable_files import write_whole

NAMES_FILE = "miner-names.json"
"""The file's name within ``DATA_DIR``: an object of hotkeys and their names."""

# Anybody with access to the folder writes the file: its size and its names are bounded.
_MOST_BYTES = 1 << 20
_MOST_LETTERS = 40


def add_miner_names(folder: Path, names: Mapping[str, str]) -> None:
    """Add names by hotkey to those in a data folder; a miner that stopped keeps its name.

    Raises:
        OSError: if the disk refuses.
    """
    file = folder / NAMES_FILE
    try:
        earlier_names = _names_in(file)
    except (OSError, ValueError, RecursionError):
        earlier_names = {}
    text = json.dumps(earlier_names | dict(names), ensure_ascii=False, indent=1)
    write_whole(file, text.encode())


class MinerNames:
    """The names in one data folder, read again when the file changes.

    Without a file, or with one that cannot be read, miners have no names.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAMES_FILE
        self._read: tuple[int, Mapping[str, str]] = (0, {})

    def of(self, hotkey: str) -> str:
        """Return a hotkey's name, an empty text where it has none."""
        return self._names().get(hotkey, "")

    def shown(self, hotkey: str) -> str:
        """Return a hotkey's name, or the beginning of the hotkey."""
        return self.of(hotkey) or (f"{hotkey[:8]}…" if len(hotkey) > 9 else hotkey)

    def _names(self) -> Mapping[str, str]:
        try:
            modified_ns = self._file.stat().st_mtime_ns
            if modified_ns != self._read[0]:
                self._read = (modified_ns, _names_in(self._file))
        except (OSError, ValueError, RecursionError):
            # Names are for convenience: a wrong file must not take a page away.
            return {}
        return self._read[1]


def _names_in(file: Path) -> dict[str, str]:
    with file.open(encoding="utf-8") as stream:
        document = json.loads(stream.read(_MOST_BYTES))
    if not isinstance(document, dict):
        return {}
    return {key: str(name)[:_MOST_LETTERS] for key, name in document.items()}
