"""The embedded annotator: real tags and profiles with no key, no network and no language model."""

from cgp.annotators.embedded.annotator import EmbeddedAnnotator, annotate

__all__ = ["EmbeddedAnnotator", "annotate"]
