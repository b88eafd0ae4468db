"""The embedded annotator: real tags and profiles with no key, no network and no language model."""

from cgp.annotators.embedded.annotator import EmbeddedAnnotator, annotate, likely_metadata

__all__ = ["EmbeddedAnnotator", "annotate", "likely_metadata"]
