"""An earlier dataset in an export's folder: what the new one would lose of it."""

from __future__ import annotations

from pathlib import Path

from cgp.dataset.errors import DatasetError
from cgp.dataset.manifest import Manifest, read_manifest
from cgp.store import Store


def require_no_loss(store: Store, folder: Path) -> None:
    """Check that a store still holds as much as the dataset in a folder was made of.

    A dataset follows what was forgotten. A store that lacks more was made anew, or some of it was
    deleted, and the dataset may be all that is left of that.

    Raises:
        DatasetError: if the store holds too few conversations, forgotten ones counted.
    """
    earlier = read_manifest(folder)
    if earlier is None:
        return
    held = sum(store.count_conversations().values())
    forgotten = max(0, store.count_forgotten() - int(earlier.document["forgotten"]))
    lost = earlier.conversations - held - forgotten
    if lost > 0:
        raise DatasetError(
            f"{folder} holds a dataset of {earlier.conversations:,} conversations, and the store "
            f"only {held:,}: this export would lose {lost:,} that were not forgotten. Name another "
            "folder, or say --overwrite to cgp export"
        )


def fewer_in_words(earlier: Manifest | None, manifest: Manifest) -> str:
    """Return a sentence where a dataset has fewer conversations than the one that it replaced."""
    if earlier is None or earlier.conversations <= manifest.conversations:
        return ""
    return (
        f"it replaces a dataset of {earlier.conversations:,}: "
        f"{earlier.conversations - manifest.conversations:,} fewer now"
    )
