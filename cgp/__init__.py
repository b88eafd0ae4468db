"""Conversation Genome: conversations in, an open, searchable, trustworthy dataset out.

In Python: ``read``, ``tag``, ``profile``, ``windows``, ``score`` and ``search`` are functions,
``Store`` and ``Settings`` are classes; see ``cgp.python_api`` and docs/python.ipynb. Each is
imported when it is first used, so that ``import cgp`` itself loads nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

# For type checkers; when the program runs, the names are imported as they are used.
if TYPE_CHECKING:
    from cgp.config import Settings  # noqa: TC004
    from cgp.python_api import profile, read, score, search, tag, windows  # noqa: TC004
    from cgp.store import Store  # noqa: TC004

__version__ = "0.1.0"
__all__ = ["Settings", "Store", "profile", "read", "score", "search", "tag", "windows"]

_MODULE_OF = {
    "Settings": "cgp.config",
    "Store": "cgp.store",
    **dict.fromkeys(("profile", "read", "score", "search", "tag", "windows"), "cgp.python_api"),
}


class _Package(ModuleType):
    """This package, in which ``cgp.search`` and ``cgp.windows`` are the functions of these names.

    There are modules of the same names. The import system binds each module to its package's
    attribute; these two are imported by their full names (``from cgp.search import Hit``) alone.
    """

    def __getattr__(self, name: str) -> object:
        """Import a public name when it is first used."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(importlib.import_module(_MODULE_OF[name]), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, but leave a function where a module of its name is imported."""
        if not (name in _MODULE_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """Return all names, those that are not imported yet too."""
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
