"""The encoder protocol, and the encoder that the tag model was trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import Vectors
from cgp.errors import CgpError

Span = tuple[int, int]
"""Characters of a text: the first, and one behind the last."""


class EncoderError(
    CgpError, RuntimeError, code="encoder.missing", remedy="install the package again"
):
    """An encoder's package or one of its files is missing or not as expected."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenStates:
    """A text's tokens as the encoder reads them among each other.

    ``states`` holds float32 rows, shape ``(tokens, dimension)``; ``spans`` the characters that each
    token stands for, shape ``(tokens, 2)``: first, and one behind the last. They are equal for
    tokens that the encoder adds. ``whole`` says that no token of the text is left out.
    """

    spans: NDArray[np.int64]
    states: NDArray[np.float32]
    whole: bool = True


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

    def read(
        self, texts: Sequence[str], parts: Sequence[Sequence[Span] | None] | None = None
    ) -> list[TokenStates]:
        """Return the tokens of each text with their inner states.

        These are the states of a layer in the middle: they tell the part of a word in its sentence,
        where ``encode`` tells the subject of a text. ``parts`` says for each text which characters
        matter, None for all: tokens of no such character are read with the others, but left out of
        the result, and the last layer is spared them.
        """
        ...

    def finish(self, tokens: Sequence[TokenStates]) -> Vectors:
        """Return the unit rows of texts whose tokens ``read`` gave, as ``encode`` would.

        Only the layers above the middle are left to compute.

        Raises:
            ValueError: if tokens of a text are left out.
        """
        ...
