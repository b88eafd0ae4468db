"""Sources of settings that may not name code, so that a file of settings runs nothing."""

from __future__ import annotations

import re
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from cgp.errors import CgpError

# The form of an annotator that is a class in a file; see cgp.annotators.spec.
_CODE = re.compile(r"\.py\s*:")


class CodeInSettingsError(
    CgpError,
    ValueError,
    code="settings.code",
    remedy="name a class of your own where it is typed each time: cgp tag --annotator FILE.py:CLASS, "
    "cgp localnet --miner and --truth, or --annotator of a miner and a validator",
):
    """A setting outside the command line names a file of code."""


class SettingsWithoutCode(PydanticBaseSettingsSource):
    """The settings of another source, checked; ``place`` names it in messages.

    A command line is typed by the person who runs it. A ``.env`` comes with a folder, and a
    variable from a parent process: a class in a file that they name would run with this user's
    keys.
    """

    def __init__(self, source: PydanticBaseSettingsSource, place: str) -> None:
        super().__init__(source.settings_cls)
        self._source = source
        self._place = place

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return a field's value as the other source has it."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return the values.

        Raises:
            CodeInSettingsError: if an annotator among them is a class in a file.
        """
        values = self._source()
        self._refuse_code("ANNOTATOR", values.get("annotator"))
        validator = values.get("validator")
        if isinstance(validator, dict):
            self._refuse_code("VALIDATOR_TRUTH_ANNOTATORS", validator.get("truth_annotators"))
        return values

    def _refuse_code(self, name: str, value: object) -> None:
        if isinstance(value, str) and _CODE.search(value):
            raise CodeInSettingsError(
                f"{name} in {self._place} names code to run, which only flags may"
            )
