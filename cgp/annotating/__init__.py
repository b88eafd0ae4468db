"""Annotating without a chain: stored conversations made into finished ones by one annotator."""

from cgp.annotating.run import AnnotateReport, annotate_store
from cgp.annotating.tree import annotated_windows

__all__ = ["AnnotateReport", "annotate_store", "annotated_windows"]
