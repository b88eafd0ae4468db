"""A term that is added to the head's log odds, and a model that may change while a program runs.

Rooms on top of the core bring such terms by an entry point. The core knows this much of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cgp.arrays import Floats
from cgp.installed_parts import installed_part
from cgp.tagmodel.errors import TagModelError

if TYPE_CHECKING:
    from cgp.tagmodel.model import TagModel

ENTRY_POINTS = "cgp.tag_models"
"""The group of entry points by which a package brings tag models: each names a function that makes
a ``ModelSource`` of a folder."""


class Addition(Protocol):
    """A function of a window's candidates whose values are added to the head's log odds."""

    @property
    def id(self) -> str:
        """A short name that changes whenever the values may."""
        ...

    def log_odds(self, inputs: Floats, language: str) -> Floats:
        """Return a finite value for each candidate, shape ``(rows,)``.

        ``inputs`` are the head's, shape ``(rows, INPUTS)``, of all candidates of one window.
        ``language`` is the window's.
        """
        ...


class ModelSource(Protocol):
    """Gives the tag model that is in use now."""

    def current(self) -> TagModel:
        """Return the model; cheap enough to be called for every window."""
        ...


def model_source(name: str, folder: Path) -> ModelSource:
    """Return the source of models ``name`` that an installed package brings, over ``folder``.

    Raises:
        TagModelError: if no installed package brings one of that name.
    """
    part = installed_part(ENTRY_POINTS, name)
    if part is None:
        raise TagModelError(f"no installed package brings the tag models {name!r}")
    make: Callable[[Path], ModelSource] = part
    return make(folder)
