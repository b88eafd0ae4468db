"""The end of a command in which something went wrong: a sentence with cause and remedy."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NoReturn

from pydantic import ValidationError

from cgp.cli.console import USAGE_ERROR, fail
from cgp.config import Settings, explain
from cgp.errors import CgpError
from cgp.extras import causes_of, how_to_install, missing_extra

TRACEBACK_VARIABLE = "CGP_TRACEBACK"
"""Set to 1, this variable of the environment shows where in the code an error came up."""

_ROOM = "make room on the disk, or point DATA_DIR at another one"
_RIGHTS = "give this user the right to read and write there, or point DATA_DIR elsewhere"
_FOLDER = "a folder belongs there: move that file away, or name another folder (DATA_DIR)"
_MENDING = "cgp restore BACKUP puts a copy in its place; cgp doctor says what else is wrong"

_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: _ROOM,
        errno.EDQUOT: _ROOM,
        errno.EFBIG: _ROOM,
        errno.EACCES: _RIGHTS,
        errno.EPERM: _RIGHTS,
        errno.EROFS: _RIGHTS,
        errno.ENOTDIR: _FOLDER,
        errno.EEXIST: _FOLDER,
        errno.EADDRINUSE: "stop the program that has the port, or choose another port",
        errno.EADDRNOTAVAIL: "as a host name an address of this machine: 127.0.0.1 for its own programs",
        errno.EMFILE: "raise the limit on open files (ulimit -n 4096)",
        errno.ELOOP: "a link is in the place of a file of ours: remove it, or point DATA_DIR elsewhere",
    }
)

# Words in a database's message, and the remedy for the fault that they tell of.
_OF_A_DATABASE = (
    ("full", _ROOM),
    ("disk i/o", _ROOM),
    ("readonly", _RIGHTS),
    ("unable to open", _RIGHTS),
    ("malformed", _MENDING),
    ("not a database", _MENDING),
    ("locked", "another program writes there: try again when it is done"),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ends: the cause in one sentence, the remedy, and the exit status."""

    message: str
    hint: str
    status: int = 1


def ending_of(error: BaseException) -> Ending:
    """Return the ending of a command that let an error through."""
    cause = _first(error)
    return _of_a_missing_extra(cause) or _by_its_kind(cause)


def fail_by(error: Exception, *, hint: str = "", status: int = USAGE_ERROR) -> NoReturn:
    """End the command by an error of what it was told, with the caller's hint and status.

    A missing extra is no fault of the command: it has one status and its own remedy everywhere.
    """
    ending = _of_a_missing_extra(error) or Ending(str(error), hint, status)
    fail(ending.message, hint=ending.hint, status=ending.status)


def _by_its_kind(cause: BaseException) -> Ending:
    if isinstance(cause, ValidationError):
        # Only settings are validated by pydantic outside of handled places.
        name_of = _variable if cause.title == Settings.__name__ else _option
        hint = "cgp config --help says what each setting is"
        return Ending(explain(cause, name_of), hint, USAGE_ERROR)
    if isinstance(cause, CgpError):
        return Ending(_sentence(cause), cause.remedy)
    if isinstance(cause, ImportError):
        return _missing(cause)
    if _is_of_a_database(cause):
        return _database(cause)
    if isinstance(cause, OSError):
        return _system(cause)
    hint = f"this is a fault of the program: run it with {TRACEBACK_VARIABLE}=1 and report it"
    return Ending(f"{type(cause).__name__}: {_sentence(cause)}", hint)


def _variable(place: Sequence[int | str]) -> str:
    """Return the variable that sets what is at a place of the settings: no command has its flag."""
    return "_".join(str(part) for part in place).upper()


def _option(place: Sequence[int | str]) -> str:
    """Return the option that sets what is at a place of one section."""
    return "--" + "-".join(str(part) for part in place).replace("_", "-")


def _of_a_missing_extra(error: BaseException) -> Ending | None:
    """Return the ending for want of an extra, whatever error a room makes of it; else None."""
    for cause in causes_of(error):
        # A program or a model may be what is missing, which no import looks for.
        if isinstance(cause, CgpError) and cause.code.endswith(".extra_missing"):
            return Ending(_sentence(error), cause.remedy)
    extra = missing_extra(error)
    if extra is None:
        return None
    message = _sentence(error)
    if isinstance(error, ImportError):
        message = f"this needs {(error.name or '').partition('.')[0]}, of the extra {extra}"
    line = how_to_install(extra)
    return Ending(message, "" if line in message else line)


def _first(error: BaseException) -> BaseException:
    """Return an error itself, or the first one of a group of tasks."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _missing(error: ImportError) -> Ending:
    package = (error.name or "").partition(".")[0] or "that this needs"
    return Ending(
        f"the package {package} cannot be imported: {_sentence(error)}",
        "run ./setup.sh in the clone, or install the package conversation-genome anew",
    )


def _is_of_a_database(error: BaseException) -> bool:
    # By its module: the libraries are imported only by commands that open a database.
    return type(error).__module__.partition(".")[0] in {"sqlalchemy", "sqlite3", "psycopg"}


def _database(error: BaseException) -> Ending:
    """Return the ending for a database's own error, without the statement that it came up in."""
    message = _sentence(getattr(error, "orig", None) or error)
    lower_case = message.lower()
    remedy = next((hint for words, hint in _OF_A_DATABASE if words in lower_case), "")
    return Ending(f"the store or the index cannot be used: {message}", remedy or _MENDING)


def _system(error: OSError) -> Ending:
    message = error.strerror or _sentence(error)
    if error.filename is not None:
        message = f"{os.fsdecode(error.filename)}: {message}"
    hint = _REMEDIES.get(error.errno or 0, "cgp doctor says what is missing on this machine")
    return Ending(message, hint)
