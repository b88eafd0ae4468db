"""Next commands for a person: lines that work as they stand when pasted in a new shell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def from_here(path: Path) -> Path:
    """Return a path as a person in this folder would type it."""
    whole, here = path.resolve(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else whole


def shell_line(data_dir: Path) -> str:
    """Return the line that lets a new shell in this folder find ``cgp`` and a data folder."""
    programs = Path(sys.executable).parent
    is_own = programs == Path.cwd() / ".venv" / "bin"
    path = '"$PWD/.venv/bin:$PATH"' if is_own else f'{shlex.quote(str(programs))}:"$PATH"'
    return f"export DATA_DIR={shlex.quote(str(from_here(data_dir)))} PATH={path}"


def program() -> str:
    """Return ``cgp`` as a new shell in this folder finds it."""
    return shlex.quote(str(from_here(Path(sys.executable).parent / "cgp")))


def typeable(tags: Iterable[str]) -> Iterator[str]:
    """Yield the tags that can be typed as a query: printed whole, and not taken for an option."""
    return (tag for tag in tags if tag.isprintable() and not tag.startswith("-"))


def search_command(tag: str) -> str:
    """Return the command that searches for a tag; nothing in the tag has a meaning for a shell."""
    return f"cgp search {shlex.quote(tag)}"
