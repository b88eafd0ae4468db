"""Names of languages, for a request that says in which one to answer."""

from __future__ import annotations

ENGLISH = "English"

_NAMES = {
    "en": ENGLISH,
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "da": "Danish",
    "no": "Norwegian",
    "fi": "Finnish",
    "pl": "Polish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "cs": "Czech",
    "ro": "Romanian",
    "hu": "Hungarian",
    "tr": "Turkish",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "ar": "Arabic",
    "fa": "Persian",
    "he": "Hebrew",
    "el": "Greek",
    "hi": "Hindi",
    "bn": "Bengali",
    "sw": "Swahili",
    "tl": "Tagalog",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "th": "Thai",
    "ta": "Tamil",
    "gu": "Gujarati",
    "gl": "Galician",
    "ca": "Catalan",
}


def language_name(code: str) -> str:
    """Return the English name of a language (ISO 639-1); of an unknown one a paraphrase."""
    return _NAMES.get(code.split("-", maxsplit=1)[0].casefold(), "the language of the conversation")
