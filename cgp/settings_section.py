"""Base of the groups of settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings. Unknown names in the environment are not ours, and are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)
