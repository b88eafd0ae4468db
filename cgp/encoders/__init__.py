"""Contextual encoders: they rank phrases for the tag model, and never travel on the wire."""

from cgp.encoders.encoder import Encoder, EncoderError, Span, TokenStates
from cgp.encoders.shipped import default_encoder

__all__ = ["Encoder", "EncoderError", "Span", "TokenStates", "default_encoder"]
