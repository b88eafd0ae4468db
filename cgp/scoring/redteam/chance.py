"""Chance as strategies get it: named streams of numbers, the same on every machine."""

from __future__ import annotations

import zlib
from functools import cached_property

import numpy as np


class Chance:
    """A seat's three streams for one task; each is made when it is first asked for.

    ``work`` decides an honest answer. ``team`` is, for all accomplices, the ``work`` of the
    first of them. ``rest`` is for everything else. ``source`` names the task, ``name`` the
    strategy; ``honest`` names the stream of the first seat's honest work, so that an attack can
    be compared with the honest work of the very same miner.
    """

    def __init__(self, source: tuple[int, int], name: str, seat: int, honest: str) -> None:
        self._source = source
        self._name = name
        self._seat = seat
        self._honest = honest

    @cached_property
    def work(self) -> np.random.Generator:
        """Generator that decides this seat's honest answer."""
        return self._stream(self._name if self._seat else self._honest, self._seat)

    @cached_property
    def team(self) -> np.random.Generator:
        """Generator that the first accomplice has as ``work``."""
        return self._stream(self._honest, 0)

    @cached_property
    def rest(self) -> np.random.Generator:
        """All other chance of this seat."""
        return self._stream(f"{self._name}, other", self._seat)

    def _stream(self, name: str, seat: int) -> np.random.Generator:
        # crc32 and not hash(): the streams are the same on every machine and in every run.
        return np.random.default_rng([*self._source, zlib.crc32(name.encode()), seat])
