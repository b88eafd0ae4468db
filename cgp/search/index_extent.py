"""The index that a question was put to, so that an answer can name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class IndexExtent:
    """One index: its folder, the number of its conversations, the time of its last change (UTC).

    ``of_samples`` tells that it holds the bundled samples, in place of an index of one's own.
    """

    folder: Path
    conversations: int
    changed_at: datetime
    of_samples: bool = False

    @property
    def in_words(self) -> str:
        """The index in a few words, its time in the zone of this machine."""
        many = f"{self.conversations:,} conversation{'s' if self.conversations != 1 else ''}"
        time = f"{self.changed_at.astimezone():%Y-%m-%d %H:%M}"
        if self.of_samples:
            return (
                f"the bundled samples ({many}), since there is no index yet (cgp index makes one)"
            )
        return f"{self.folder} ({many}, as of {time})"

    def to_json(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "folder": str(self.folder),
            "conversations": self.conversations,
            "changed_at": self.changed_at.isoformat(timespec="seconds"),
            "of_samples": self.of_samples,
        }


def last_change(folder: Path, kinds: tuple[str, ...]) -> datetime:
    """Return the time of an index's last change: that of the newest snapshot of its vectors.

    An index without any has that of its catalogue.
    """
    files = [folder / kind / "manifest.json" for kind in kinds]
    times = [file.stat().st_mtime for file in files if file.exists()]
    newest = max(times, default=0.0) or (folder / "catalogue.sqlite").stat().st_mtime
    return datetime.fromtimestamp(newest, UTC)
