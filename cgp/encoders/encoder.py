"""The encoder protocol, and the encoder that the tag model was trained with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cgp.embedders import Vectors
from cgp.errors import CgpError


class EncoderError(
    CgpError, RuntimeError, code="encoder.missing", remedy="install the package again"
):
    """An encoder's package or one of its files is missing or not as expected."""


class Encoder(Protocol):
    """Turns short texts into vectors of unit length that know more of meaning than static ones.

    An encoder is not a part of the subnet's protocol: its last bits may differ between processors.
    """

    @property
    def id(self) -> str:
        """Name and hash of the weights; a tag model says which encoder it was trained with."""
        ...

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 unit rows, shape ``(len(texts), dimension)``.

        On one machine the same texts in the same order get the same bits in each run.
        """
        ...
