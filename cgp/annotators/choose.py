"""The annotator that a spec or the settings ask for: the one place where annotators are made."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr, ValidationError

from cgp.annotators.annotator import AnnotationError, Annotator
from cgp.annotators.baselines import BASELINES, Baseline
from cgp.annotators.presets import PRESETS
from cgp.annotators.report import ReportingAnnotator, Tally
from cgp.annotators.spec import EMBEDDED, AnnotatorSpec, AnnotatorSpecError
from cgp.config import Settings, explain
from cgp.errors import CgpError
from cgp.model_settings import LlmSettings
from cgp.privacy import PrivacyExtraError, RedactionPolicy, policy_of

MAX_TAGS = 64
"""The most that the option ``max_tags`` of a spec may be: the most that a task may ask for."""

# What a spec says before its options, and the key, which no spec may hold.
_NO_OPTIONS = frozenset({"type", "model", "base_url", "api_key"})
# What belongs to the server that LLM_TYPE names, and to no other.
_OF_THE_SERVER = _NO_OPTIONS | {"structured"}
# What belongs to the model that LLM_MODEL names.
_OF_THE_MODEL = frozenset({"price_input", "price_output"})


@asynccontextmanager
async def open_annotator(settings: Settings, spec: str | None = None) -> AsyncIterator[Annotator]:
    """Open the annotator of ``spec`` (default: of the settings) for the length of a block."""
    annotator = make_annotator(settings) if spec is None else annotator_of(spec, settings)
    try:
        yield annotator
    finally:
        await annotator.close()


def make_annotator(settings: Settings) -> Annotator:
    """Return the annotator of ``settings.annotator``, or else of ``settings.llm``.

    Without either it is the embedded one. Opens no connection: that happens with the first
    annotation. Close it when done.

    Raises:
        AnnotationError: if the settings name an unknown backend, or lack a key, a model, a price or
            the ``llm`` extra that they need.
    """
    if settings.annotator is not None:
        return annotator_of(settings.annotator, settings)
    return _embedded_annotator(settings) if settings.llm.type == EMBEDDED else _model(settings)


def annotator_of(
    spec: str | AnnotatorSpec,
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
) -> Annotator:
    """Return the annotator of a spec (see ``cgp.annotators.spec``).

    Options that the spec leaves open are as in ``settings.llm``, except if they belong to another
    server or model than the spec's: its name, address, key and price. ``environment`` holds the
    variable that the option ``key`` names.

    Raises:
        AnnotationError: as ``make_annotator``; ``AnnotatorSpecError`` if the spec is wrong.
    """
    read = AnnotatorSpec.parse(spec) if isinstance(spec, str) else spec
    options = dict(read.options)
    limit = _max_tags(read, options.pop("max_tags", None))
    if read.type == EMBEDDED or read.type in BASELINES:
        if read.model or read.base_url or options:
            raise AnnotatorSpecError(
                f"the annotator {str(read)!r}: {read.type} has no model, no address"
                " and no option but max_tags"
            )
        annotator = _embedded_annotator(settings) if read.type == EMBEDDED else _baseline(read.type)
    elif read.type in PRESETS:
        annotator = _model(_settings_for(read, options, settings, environment))
    else:
        annotator = _annotator_of_author(read, options)
    if limit is None:
        return annotator
    from cgp.annotators.limited import LimitedAnnotator

    return LimitedAnnotator(annotator, limit)


def _settings_for(
    spec: AnnotatorSpec,
    options: dict[str, str],
    settings: Settings,
    environment: Mapping[str, str],
) -> Settings:
    """Return the settings with ``llm`` as a spec asks for."""
    from_spec: dict[str, Any] = {"type": spec.type, "model": spec.model, "base_url": spec.base_url}
    if (variable := options.pop("key", None)) is not None:
        if variable not in environment:
            raise AnnotatorSpecError(
                f"the annotator {str(spec)!r}: there is no environment variable {variable}"
            )
        from_spec["api_key"] = SecretStr(environment[variable])
    options_of_models = set(LlmSettings.model_fields) - _NO_OPTIONS
    if strangers := sorted(set(options) - options_of_models):
        raise AnnotatorSpecError(
            f"the annotator {str(spec)!r} has an unknown option {strangers[0]!r}:"
            f" choose from {', '.join(sorted(options_of_models | {'key', 'max_tags'}))}"
        )
    values = {name: value for name, value in (from_spec | options).items() if value is not None}
    try:
        llm = LlmSettings.model_validate(_common_settings(spec, settings.llm) | values)
    except ValidationError as error:
        # An option of a spec is written by its bare name: no command has a flag for it.
        faults = explain(error, lambda place: str(place[-1]))
        raise AnnotatorSpecError(f"the annotator {str(spec)!r}: {faults}") from error
    return settings.model_copy(update={"llm": llm})


def _common_settings(spec: AnnotatorSpec, llm: LlmSettings) -> dict[str, Any]:
    """Return the part of the settings that applies to the model of a spec too."""
    same_server = spec.type == llm.type and spec.base_url in {None, llm.base_url}
    same_model = same_server and spec.model in {None, llm.model}
    foreign: frozenset[str] = frozenset({"type"})
    if not same_server:
        foreign |= _OF_THE_SERVER
    if not same_model:
        foreign |= _OF_THE_MODEL
    return {name: getattr(llm, name) for name in llm.model_fields_set - foreign}


def _max_tags(spec: AnnotatorSpec, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= MAX_TAGS:
        raise AnnotatorSpecError(
            f"the annotator {str(spec)!r}: max_tags must be 1 to {MAX_TAGS}, not {text!r}"
        )
    return int(text)


def _model(settings: Settings) -> Annotator:
    from cgp.annotators.llm import make_llm_annotator
    from cgp.annotators.redacting import RedactingAnnotator

    tally = Tally()
    model = RedactingAnnotator(make_llm_annotator(settings, tally), _policy(settings))
    if settings.llm.fallback == "none":
        return ReportingAnnotator(model, tally)
    from cgp.annotators.fallback import FallbackAnnotator

    return ReportingAnnotator(FallbackAnnotator(model, _embedded(settings), tally), tally)


def _policy(settings: Settings) -> RedactionPolicy:
    try:
        return policy_of(settings)
    except (PrivacyExtraError, ValueError, OSError) as error:
        raise AnnotationError(f"personal data cannot be redacted: {error}") from error


def _embedded_annotator(settings: Settings) -> Annotator:
    return ReportingAnnotator(_embedded(settings), Tally())


def _embedded(settings: Settings) -> Annotator:
    """Return the embedded annotator, over the model of a ledger or a node where one is set."""
    from cgp.annotators.embedded import EmbeddedAnnotator

    sources = {"experts": settings.experts.ledger, "mycelium": settings.mycelium.node}
    chosen = [(name, folder) for name, folder in sources.items() if folder is not None]
    if not chosen:
        return EmbeddedAnnotator()
    if len(chosen) > 1:
        # Each was measured over the released head, not over the other.
        raise AnnotationError("EXPERTS_LEDGER and MYCELIUM_NODE change one model: set one of them")
    from cgp.tagmodel import model_source

    try:
        return EmbeddedAnnotator(source=model_source(*chosen[0]))
    except CgpError as error:
        variable = "EXPERTS_LEDGER" if chosen[0][0] == "experts" else "MYCELIUM_NODE"
        raise AnnotationError(f"the model of {variable}: {error}") from error


def _annotator_of_author(spec: AnnotatorSpec, options: Mapping[str, str]) -> Annotator:
    from cgp.annotators.own import installed_annotators, own_annotator

    annotator = own_annotator(spec, options)
    if annotator is None:
        names = ", ".join(installed_annotators())
        raise AnnotatorSpecError(
            f"there is no annotator {spec.type!r}: choose embedded, one of {', '.join(PRESETS)},"
            f" a baseline ({', '.join(BASELINES)}), a class of your own (FILE.py:CLASS)"
            + (f", or an installed one ({names})" if names else "")
        )
    return ReportingAnnotator(annotator, Tally())


def _baseline(name: str) -> Annotator:
    return ReportingAnnotator(Baseline(name, BASELINES[name]), Tally())
