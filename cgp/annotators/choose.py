"""The annotator that the settings ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cgp.annotators.annotator import AnnotationError, Annotator
from cgp.config import Settings
from cgp.privacy import PrivacyExtraError, RedactionPolicy, policy_of


@asynccontextmanager
async def open_annotator(settings: Settings) -> AsyncIterator[Annotator]:
    """Open the annotator of ``make_annotator`` for the length of a block."""
    annotator = make_annotator(settings)
    try:
        yield annotator
    finally:
        await annotator.close()


def make_annotator(settings: Settings) -> Annotator:
    """Return the annotator of ``settings.llm``: ``embedded`` (the default) or a model's.

    Opens no connection: that happens with the first annotation. Close it when done.

    Raises:
        AnnotationError: if the settings name an unknown backend, or lack a key, a model, a price or
            the ``llm`` extra that they need.
    """
    if settings.llm.type == "embedded":
        return _embedded()
    from cgp.annotators.llm import make_llm_annotator
    from cgp.annotators.redacting import RedactingAnnotator

    annotator = RedactingAnnotator(make_llm_annotator(settings), _policy(settings))
    if settings.llm.fallback == "none":
        return annotator
    from cgp.annotators.fallback import FallbackAnnotator

    return FallbackAnnotator(annotator, _embedded())


def _policy(settings: Settings) -> RedactionPolicy:
    try:
        return policy_of(settings)
    except (PrivacyExtraError, ValueError, OSError) as error:
        raise AnnotationError(f"personal data cannot be redacted: {error}") from error


def _embedded() -> Annotator:
    from cgp.annotators.embedded import EmbeddedAnnotator

    return EmbeddedAnnotator()
