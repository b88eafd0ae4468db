"""Languages other than English in which claims are read."""

from collections.abc import Mapping

from cgp.annotators.embedded.claims.languages.chinese import CHINESE
from cgp.annotators.embedded.claims.languages.forms import Form, Language
from cgp.annotators.embedded.claims.languages.french import FRENCH
from cgp.annotators.embedded.claims.languages.german import GERMAN
from cgp.annotators.embedded.claims.languages.hindi import HINDI
from cgp.annotators.embedded.claims.languages.italian import ITALIAN
from cgp.annotators.embedded.claims.languages.japanese import JAPANESE
from cgp.annotators.embedded.claims.languages.portuguese import PORTUGUESE
from cgp.annotators.embedded.claims.languages.spanish import SPANISH

__all__ = ["LANGUAGES", "Form", "Language"]

LANGUAGES: Mapping[str, Language] = {
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "pt": PORTUGUESE,
    "it": ITALIAN,
    "ja": JAPANESE,
    "zh": CHINESE,
    "hi": HINDI,
}
"""The reading of each language by its ISO 639-1 code."""
