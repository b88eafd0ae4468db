"""Novelty against a corpus, which a room on top of the core may bring by an entry point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cgp.conversation import Conversation
from cgp.errors import CgpError
from cgp.installed_parts import installed_part

ENTRY_POINTS = "cgp.novelties"
"""The group of entry points by which a package brings novelty against a corpus: each names a
function that makes a ``CorpusNovelty`` of a file."""


class UnknownNoveltyError(
    CgpError, LookupError, code="quality.unknown_novelty", remedy="install the package again"
):
    """No installed package brings a novelty of that name."""


class CorpusNovelty(Protocol):
    """Measure of how new a conversation is beside a corpus."""

    @property
    def id(self) -> str:
        """A short name that changes whenever the values may."""
        ...

    def novelty(self, conversation: Conversation) -> float | None:
        """Return a number from 0 (said before) to 1 (new); None where it cannot tell."""
        ...


def corpus_novelty(name: str, file: Path) -> CorpusNovelty:
    """Return the novelty ``name`` that an installed package brings, over a file of a corpus.

    Raises:
        UnknownNoveltyError: if no installed package brings one of that name.
    """
    part = installed_part(ENTRY_POINTS, name)
    if part is None:
        raise UnknownNoveltyError(f"no installed package brings the novelty {name!r}")
    make: Callable[[Path], CorpusNovelty] = part
    return make(file)
