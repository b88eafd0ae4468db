"""The base of every error that this project raises on purpose.

An error has a message (this one case), a stable code for programs, and a remedy for people. Codes
are ``room.fault``; they never change when a class is renamed. ``docs/architecture.md`` draws the
tree.
"""

from __future__ import annotations

from typing import ClassVar


class CgpError(Exception):
    """Base of the project's errors.

    A subclass states its ``code`` and ``remedy`` as class arguments and inherits the remedy of its
    base where it has none.
    """

    code: ClassVar[str] = "cgp"
    remedy: ClassVar[str] = ""

    def __init_subclass__(cls, *, code: str, remedy: str = "", **arguments: object) -> None:
        """Keep the code and the remedy of a subclass."""
        super().__init_subclass__(**arguments)
        cls.code = code
        if remedy:
            cls.remedy = remedy
