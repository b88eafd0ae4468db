"""Query parameters as the forms of the pages send them."""

from __future__ import annotations

from pydantic import BeforeValidator


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


EMPTY_IS_NONE = BeforeValidator(_none_if_empty)
"""Part of a parameter's type: a browser sends the fields that its reader left empty, too."""
