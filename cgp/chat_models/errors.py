"""The error of a model file."""

from __future__ import annotations

from cgp.errors import CgpError


class ModelFileError(
    CgpError, code="models.file", remedy="see what the message says; cgp models list shows names"
):
    """A model cannot be had, is not the file that was asked for, or cannot be served."""
