"""Annotators: a window or a conversation in, tags and participant profiles out."""

from cgp.annotators.annotator import AnnotationError, Annotator

__all__ = ["AnnotationError", "Annotator"]
