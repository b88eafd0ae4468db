"""The settings, described: one source for ``cgp config``, ``example.env`` and the
README's table.
"""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from cgp.config import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its flag and variable, its default, its meaning."""

    section: str
    flag: str
    variable: str
    default: str
    meaning: str
    secret: bool


def settings_reference() -> Iterator[Setting]:
    """Yield every setting in the order of ``Settings``."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            for inner, inner_field in type(field.default).model_fields.items():
                yield _setting(name, f"{name}.{inner}", inner_field)
        else:
            yield _setting("", name, field)


def example_env() -> str:
    """Return the text of ``example.env``: every variable, commented out, with its default."""
    lines = [
        "# Settings of miners, validators and the cgp command. Copy to .env and uncomment what you change.",
        "# Flags beat the environment, which beats this file. `cgp config` shows what is in force.",
    ]
    section = None
    for setting in settings_reference():
        if setting.section != section:
            section = setting.section
            lines.append("")
        flag = "a secret: never a flag" if setting.secret else setting.flag
        lines.append(f"# {setting.meaning} ({flag})")
        lines.append(f"#{setting.variable}={setting.default}")
    return "\n".join(lines) + "\n"


def markdown_table() -> str:
    """Return the README's table of settings."""
    rows = ["| variable | flag | default | meaning |", "|---|---|---|---|"]
    for setting in settings_reference():
        default = f"`{setting.default}`" if setting.default else ""
        flag = "" if setting.secret else f"`{setting.flag}`"
        meaning = setting.meaning.replace("|", "\\|")
        rows.append(f"| `{setting.variable}` | {flag} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def current_values(settings: Settings) -> dict[str, str]:
    """Return the value in force of each flag; secrets are only said to be set or not."""
    values: dict[str, str] = {}
    for setting in settings_reference():
        value: Any = settings
        for part in setting.flag.removeprefix("--").split("."):
            value = getattr(value, part)
        values[setting.flag] = _text_of(value)
    return values


# Names that other programs read from the same file.
_FOREIGN_PREFIXES = ("WANDB_", "CGP_", "PYTHON", "OTEL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def env_file() -> Path:
    """Return the ``.env`` that settings are read from: that of the working directory."""
    return Path(".env").absolute()


def unknown_names(file: Path) -> dict[str, str]:
    """Return the names in a ``.env`` that are not a setting, each with the most similar setting.

    The suggestion is empty where none is near. A file that is not there has no names.
    """
    variables = [setting.variable for setting in settings_reference()]
    if not file.is_file():
        return {}
    foreign = [
        name
        for name in dotenv_values(file)
        if name.upper() not in variables and not name.upper().startswith(_FOREIGN_PREFIXES)
    ]
    return {
        name: next(iter(difflib.get_close_matches(name, variables, 1, 0.75)), "")
        for name in foreign
    }


def say_env_file(logger: logging.Logger) -> None:
    """Log which ``.env`` was read, and each name in it that is not a setting."""
    file = env_file()
    if not os.access(file, os.R_OK):
        logger.info("No .env at %s: settings come from flags and the environment", file)
        return
    logger.info("Settings come from flags, the environment and %s", file)
    for name, suggestion in unknown_names(file).items():
        hint = f"did you mean {suggestion}?" if suggestion else "cgp config lists what there is"
        logger.warning("%s in %s is not a setting, and ignored: %s", name, file, hint)


def _setting(section: str, path: str, field: FieldInfo) -> Setting:
    default = field.default
    return Setting(
        section=section,
        flag=f"--{path}",
        variable=path.upper().replace(".", "_"),
        default=_text_of(default),
        meaning=field.description or "",
        secret="SecretStr" in str(field.annotation),
    )


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
