"""The frame around every page: its rooms, phrases and templates, one frame for each application."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from starlette.requests import Request

from cgp.errors import CgpError
from cgp.explorer.preferences import Language

PACKAGE = "cgp.explorer"
"""The package whose templates and phrases every application has."""


class PhraseError(
    CgpError,
    LookupError,
    code="explorer.phrase",
    remedy="add the phrase to the phrases.json of the page's package",
):
    """A phrase that no catalogue holds."""


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the navigation: the key of its phrase, and its path."""

    phrase: str
    path: str


EXPLORER_ROOMS = (
    Room("live", "/"),
    Room("conversations", "/conversations"),
    Room("map", "/map"),
    Room("search", "/search"),
    Room("tags", "/tags"),
    Room("participants", "/participants"),
    Room("sources", "/sources"),
    Room("incentive", "/incentive"),
)
"""The explorer's own rooms, in the order of the navigation."""


def _unchanged(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of one application's pages.

    ``packages`` are packages with templates and a ``phrases.json`` beside the explorer's own: a
    system with pages of its own (chat, say) names its package here and its rooms in ``rooms``.
    ``name_of`` shows a miner's name for a hotkey. ``has_search`` puts the search box into the head.
    """

    rooms: tuple[Room, ...] = EXPLORER_ROOMS
    packages: tuple[str, ...] = ()
    name_of: Callable[[str], str] = field(default=_unchanged)
    has_search: bool = True


def shell_of(request: Request) -> Shell:
    """Return the frame of the application that got a request."""
    shell = request.app.state.shell
    assert isinstance(shell, Shell)
    return shell


@cache
def phrases(language: Language, packages: tuple[str, ...] = ()) -> Mapping[str, str]:
    """Return all phrases in one language, by key: the explorer's, and those of ``packages``."""
    place = list(Language).index(language)
    catalogue: dict[str, str] = {}
    for package in (PACKAGE, *packages):
        text = files(package).joinpath("phrases.json").read_text(encoding="utf-8")
        catalogue |= {key: texts[place] for key, texts in json.loads(text).items()}
    return catalogue


def phrase_in(language: Language, packages: tuple[str, ...] = ()) -> Callable[[str], str]:
    """Return the function that finds a phrase in one language by its key."""
    catalogue = phrases(language, packages)

    def phrase(key: str) -> str:
        if key not in catalogue:
            raise PhraseError(f"no phrase {key!r} in phrases.json")
        return catalogue[key]

    return phrase


def word_in(language: Language) -> Callable[..., str]:
    """Return the function that names a verdict or a kind of claim in one language.

    The ``prefix`` ``part`` names a part of a score. Peers may send kinds of their own: those are
    shown as they are.
    """
    catalogue = phrases(language)

    def word(name: str, prefix: str = "word") -> str:
        return catalogue.get(f"{prefix}_{name}") or name.replace("_", " ")

    return word
