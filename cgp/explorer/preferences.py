"""A reader's language and theme, kept in cookies so that they work without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

YEAR_SECONDS = 365 * 24 * 3600


class Language(StrEnum):
    """The languages of the pages."""

    ENGLISH = "en"
    PERSIAN = "fa"

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return "rtl" if self is Language.PERSIAN else "ltr"


class Theme(StrEnum):
    """The colours of the pages; ``auto`` follows the reader's system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The language and theme of one reader."""

    language: Language = Language.ENGLISH
    theme: Theme = Theme.AUTO


def preferences_of(request: Request) -> Preferences:
    """Return the preferences of a request: its cookies, else the browser's language."""
    cookies = request.cookies
    language = cookies.get("language", "")
    if language not in set(Language):
        browser_languages = request.headers.get("accept-language", "")[:35].lower()
        language = Language.PERSIAN if browser_languages.startswith("fa") else Language.ENGLISH
    theme = cookies.get("theme", "")
    return Preferences(Language(language), Theme(theme) if theme in set(Theme) else Theme.AUTO)


def remember(preferences: Preferences, back: str) -> Response:
    """Return a redirect to the path ``back`` that sets the cookies.

    A ``back`` that is not a path of this site leads to the first page: a link that a stranger
    made must not lead elsewhere.
    """
    # Controls go first: without the tab in it, "/<tab>/evil.example" is the address of another
    # host.
    path = "".join(character for character in back if character.isprintable())
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        path = "/"
    response = RedirectResponse(path, status_code=303)
    for name, value in (("language", preferences.language), ("theme", preferences.theme)):
        response.set_cookie(name, value, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response
