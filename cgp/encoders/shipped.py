"""The encoder of the tag model that ships with the package."""

from __future__ import annotations

from cgp.encoders.encoder import Encoder
from cgp.loaded_once import loaded_once


@loaded_once
def default_encoder() -> Encoder:
    """Return the encoder of the shipped tag model, loaded once per process.

    Raises:
        EncoderError: if its package is missing or damaged.
    """
    from cgp.encoders.minilm import MiniLmEncoder

    return MiniLmEncoder()
