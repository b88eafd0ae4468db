"""The one way to write an annotator down: on a command line, in a setting, in a leaderboard.

::

    TYPE[:MODEL][@ADDRESS][,NAME=VALUE]...

    embedded
    embedded,max_tags=5
    openai:gpt-5.4-mini
    ollama:llama3.2:1b,timeout_seconds=10
    llama.cpp@http://127.0.0.1:8080/v1,prompt=small,fallback=embedded
    frequent-words
    mine/tagger.py:Tagger,depth=3

``TYPE`` is ``embedded``, a preset (``cgp.annotators.presets``) or a baseline
(``cgp.annotators.baselines``), the name of an annotator that an installed package brings, or a file
with a class of one's own (``cgp.annotators.own``). The options are the settings of a model
(``LLM_TIMEOUT_SECONDS``
is ``timeout_seconds``), and two more: ``max_tags``, the most tags that it gives, and ``key``, the
name of the environment variable with the server's key. A key itself is never part of a spec,
since command lines and logs show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from cgp.annotators.annotator import AnnotationError

EMBEDDED = "embedded"
"""The type of the annotator that needs no model."""

FORM = "TYPE[:MODEL][@ADDRESS][,NAME=VALUE]..."
"""The form of a spec, for messages and help."""

# What continues a spec in a list of them: an option, and no spec begins like that.
_OPTION = re.compile(r"\s*[\w.-]+\s*=")

_SPEC = re.compile(
    r"(?P<type>[\w.-]+|[^,:@=]+\.py)(?::(?P<model>[^,]+?))?(?:@(?P<base_url>https?://[^,]*))?(?P<options>(?:,.*)?)"
)


class AnnotatorSpecError(
    AnnotationError, code="annotator.spec", remedy="write the annotator as docs/annotators.md says"
):
    """A spec names no annotator; the message gives the fault and the allowed forms."""


@dataclass(frozen=True, slots=True)
class AnnotatorSpec:
    """One annotator as written down; ``options`` hold their values as text."""

    type: str
    model: str | None = None
    base_url: str | None = None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, text: str) -> AnnotatorSpec:
        """Read a spec. The names of type and options are checked where the annotator is made.

        Raises:
            AnnotatorSpecError: if ``text`` has another form.
        """
        match = _SPEC.fullmatch(text.strip())
        if match is None:
            raise AnnotatorSpecError(
                f"the annotator {text!r} does not have the form {FORM},"
                " for example embedded, or ollama:llama3.2,timeout_seconds=10"
            )
        address = match["base_url"]
        if address is not None and "@" in urlsplit(address).netloc:
            raise AnnotatorSpecError(
                "the address of an annotator holds a name or a password, which logs would show:"
                " leave it out, and name the variable with the key (,key=VARIABLE)"
            )
        return cls(match["type"], match["model"], address, _options(text, match["options"]))

    @property
    def is_file(self) -> bool:
        """Whether it names a class in a file: code that runs with the rights of its reader."""
        return self.type.endswith(".py")

    def __str__(self) -> str:
        """Return the spec as ``parse`` reads it."""
        model = f":{self.model}" if self.model else ""
        address = f"@{self.base_url}" if self.base_url else ""
        options = "".join(f",{name}={value}" for name, value in self.options.items())
        return f"{self.type}{model}{address}{options}"


def split_specs(text: str) -> tuple[str, ...]:
    """Return the specs of a list with commas between them, such as
    ``embedded,openai:gpt-5.4-mini``.

    Options stay with their spec: ``embedded,max_tags=5,ollama:llama3.2`` are two.
    """
    specs: list[str] = []
    for part in text.split(","):
        if specs and _OPTION.match(part):
            specs[-1] += f",{part}"
        elif part.strip():
            specs.append(part.strip())
    return tuple(specs)


def _options(spec: str, text: str) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for part in text.split(",")[1:]:
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not value:
            raise AnnotatorSpecError(
                f"the annotator {spec!r} has the option {part!r}: write it NAME=VALUE"
            )
        if name in options:
            raise AnnotatorSpecError(f"the annotator {spec!r} gives the option {name} twice")
        options[name] = value
    return MappingProxyType(options)
