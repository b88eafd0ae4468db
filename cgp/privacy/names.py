"""Names of people in free text, found by Presidio (the extra ``privacy``).

Presidio needs a spaCy model for each language. Models are not on the Python package index and are
never downloaded from here: install one beforehand with ``python -m spacy download en_core_web_sm``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from cgp.errors import CgpError
from cgp.extras import how_to_install

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

MAX_PART_CHARACTERS = 20_000
"""Most text given to the analyzer at once: its memory grows with the length."""

MODELS = {
    "en": "en_core_web_sm",
    "de": "de_core_news_sm",
    "es": "es_core_news_sm",
    "fr": "fr_core_news_sm",
    "it": "it_core_news_sm",
    "nl": "nl_core_news_sm",
    "pt": "pt_core_news_sm",
}
_PART = re.compile(
    rf".{{1,{MAX_PART_CHARACTERS}}}(?:\x1e|\Z)|.{{1,{MAX_PART_CHARACTERS}}}", re.DOTALL
)


class PrivacyExtraError(
    CgpError,
    RuntimeError,
    code="privacy.extra_missing",
    remedy="install the extra privacy and a spaCy model (docs/privacy.md)",
):
    """Presidio or a spaCy model is missing; the message names the package to install."""


class NameFinder(Protocol):
    """Finds names of people in text."""

    @property
    def name(self) -> str:
        """Name and version of the finder: finders of one name find the same."""
        ...

    def find_names(self, text: str, language: str | None) -> Iterator[tuple[int, int]]:
        """Yield ``(start, stop)`` of each name; ``language`` is an IETF tag, where known."""
        ...


class PresidioNames:
    """Names of people by Presidio's analyzer.

    A conversation in a language that the analyzer does not support is searched in ``default``.
    """

    def __init__(
        self, analyzer: AnalyzerEngine, *, default: str = "en", threshold: float = 0.5
    ) -> None:
        self._analyzer = analyzer
        self._default = default
        self._threshold = threshold

    @property
    def name(self) -> str:
        """Presidio's version, the languages' models with theirs, and how sure a find must be."""
        models = sorted(
            f"{code} {model.meta['name']} {model.meta['version']}"
            for code, model in (getattr(self._analyzer.nlp_engine, "nlp", None) or {}).items()
        )
        return f"presidio {version('presidio-analyzer')} {models} {self._default} {self._threshold}"

    def find_names(self, text: str, language: str | None) -> Iterator[tuple[int, int]]:
        """Yield ``(start, stop)`` of each name of a person."""
        code = (language or self._default).replace("_", "-").partition("-")[0].lower()
        if code not in self._analyzer.supported_languages:
            code = self._default
        for part in _PART.finditer(text):
            results = self._analyzer.analyze(
                text=part.group(),
                language=code,
                entities=["PERSON"],
                score_threshold=self._threshold,
            )
            for result in results:
                yield part.start() + result.start, part.start() + result.end


def presidio_names(models: Mapping[str, str] | None = None) -> PresidioNames:
    """Return a finder over installed spaCy models (language to model; by default those of
    ``MODELS`` that are installed).

    Raises:
        PrivacyExtraError: if Presidio, or every model, is not installed.
    """
    try:
        import spacy.util
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError as error:
        raise PrivacyExtraError(
            f"names in free text need Presidio: {how_to_install('privacy')}"
        ) from error
    model_names = MODELS if models is None else models
    installed_models = {
        code: name for code, name in model_names.items() if spacy.util.is_package(name)
    }
    if not installed_models or (models is not None and len(installed_models) < len(models)):
        missing = sorted(set(model_names.values()) - set(installed_models.values()))
        raise PrivacyExtraError(
            f"no spaCy model for names in free text: python -m spacy download {missing[0]}"
        )
    configuration = {
        "nlp_engine_name": "spacy",
        "models": [
            {"lang_code": code, "model_name": name} for code, name in installed_models.items()
        ],
    }
    engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    languages = list(installed_models)
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=languages)
    return PresidioNames(analyzer, default="en" if "en" in installed_models else languages[0])
