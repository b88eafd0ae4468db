"""Findings of the doctor, and the subject of an examination."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from cgp.config import Settings


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Role(StrEnum):
    """Program that the machine is to run."""

    MINER = "miner"
    VALIDATOR = "validator"


@dataclass(frozen=True, slots=True)
class Finding:
    """One object of the examination: its state, and the remedy unless it is well."""

    name: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Examination:
    """Subject of an examination, and the instruments: each can be replaced by another.

    ``now`` gives seconds since the epoch, ``free_bytes`` the room on the disk of a folder.
    """

    settings: Settings
    role: Role
    env_file: Path
    now: Callable[[], float] = time.time
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    python: tuple[int, int] = sys.version_info[:2]
    sdk: str = version("bittensor")
    seconds: float = 10.0
    """Most time for anything that goes over a network."""


def well(name: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(name, Level.OK, text)


def warning(name: str, text: str, remedy: str) -> Finding:
    """Return a finding that may matter."""
    return Finding(name, Level.WARNING, text, remedy)


def error(name: str, text: str, remedy: str) -> Finding:
    """Return a finding that keeps a neuron from working."""
    return Finding(name, Level.ERROR, text, remedy)
