"""Errors of a tag model's files."""

from __future__ import annotations

from cgp.errors import CgpError


class TagModelError(
    CgpError, ValueError, code="tagmodel.unreadable", remedy="install the project again"
):
    """A file of the tag model is missing, damaged, or of another schema."""
