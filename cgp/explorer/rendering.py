"""Pages from templates: escaping, phrases and numbers in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

import cgp
from cgp.explorer.numbers import Numbers
from cgp.explorer.preferences import Language, Preferences, Theme, preferences_of
from cgp.explorer.shell import PACKAGE, phrase_in, shell_of, word_in
from cgp.foreign_text import shown

_ONLY_DOTS = re.compile(r"\.{1,2}/*")


@cache
def environment(language: Language, packages: tuple[str, ...]) -> Environment:
    """Return the environment of the explorer's templates and those of ``packages``.

    Everything is escaped, and a missing value is an error. Filters write numbers as ``language``
    does.
    """
    # ``finalize`` sees each value before it is escaped: text of others loses the characters that
    # change the direction of a line or show nothing.
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (PACKAGE, *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_controls,
    )
    numbers = Numbers(language)
    templates.filters |= {
        "number": numbers.number,
        "numeral": numbers.numeral,
        "share": numbers.share,
        "moment": numbers.moment,
        "path": path_part,
        "query": query_string,
        "seconds": numbers.duration,
    }
    return templates


def load_templates() -> None:
    """Read and compile all templates: the first reader of each page does not wait for it."""
    for language in Language:
        templates = environment(language, ())
        for name in templates.list_templates():
            templates.get_template(name)


def page(
    request: Request, template: str, values: Mapping[str, Any], *, room: str, status: int = 200
) -> HTMLResponse:
    """Return a page of one room in the reader's language and theme."""
    preferences = preferences_of(request)
    templates = environment(preferences.language, shell_of(request).packages)
    frame = frame_values(preferences, request, room)
    text = templates.get_template(template).render(**frame, **values)
    return HTMLResponse(text, status_code=status)


def frame_values(preferences: Preferences, request: Request, room: str) -> dict[str, Any]:
    """Return the values that each page needs besides its own."""
    query = request.url.query
    shell = shell_of(request)
    return {
        "t": phrase_in(preferences.language, shell.packages),
        "word": word_in(preferences.language),
        "language": preferences.language,
        "languages": list(Language),
        "theme": preferences.theme,
        "themes": list(Theme),
        "rooms": shell.rooms,
        "has_search": shell.has_search,
        "room": room,
        "here": request.url.path + (f"?{query}" if query else ""),
        "version": cgp.__version__,
        "name_of": shell.name_of,
    }


def path_part(text: str) -> str:
    """Return a text as it stands in a path; slashes stay, since ids may hold them.

    They do not stay beside a part ``.`` or ``..``, which browsers would resolve. A text that is
    nothing else would be resolved however it is written: it gets a slash, see ``text_of_path``.
    """
    if _ONLY_DOTS.fullmatch(text):
        text += "/"
    safe = "" if {".", ".."} & set(text.split("/")) else "/"
    return quote(text.encode("utf-8", "replace").decode(), safe=safe)


def text_of_path(part: str) -> str:
    """Return the text that ``path_part`` made a path of, after the server has unquoted it."""
    return part[:-1] if part.endswith("/") and _ONLY_DOTS.fullmatch(part) else part


def query_string(values: Mapping[str, Any]) -> str:
    """Return ``?name=value&…`` of the values that are set, an empty text without any."""
    # An empty filter is left out, so that a page has one address.
    parameters = {name: value for name, value in values.items() if value not in {None, ""}}
    return f"?{urlencode(parameters)}" if parameters else ""


def _without_controls(value: object) -> object:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
