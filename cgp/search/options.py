"""Options of a search, declared once for HTTP, the Model Context Protocol and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MAX_FILTER_CHARACTERS: Final = 200
"""Length of a source, a participant's name or a tag in a filter."""
DEFAULT_KIND: Final = "windows"
DEFAULT_COUNT: Final = 10

OPTION_HELP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "query": "Words to search for",
        "kind": "Kind of result: windows, whole conversations or tags",
        "source": "Only conversations from this source",
        "participant": "Only conversations with this participant",
        "tag": "Only conversations with this tag",
        "after": "Only conversations from this time on (ISO 8601, such as 2026-05-01; UTC without a zone)",
        "before": "Only conversations before this time (ISO 8601, such as 2026-05-01; UTC without a zone)",
        "language": "Only conversations in this language (a code such as pt): the one that the source names, else the one recognised",
        "count": "Most results",
        "weak": "Also results of little relevance, which are left out else",
    }
)
"""Meaning of each option by its name."""
