"""Servers that can be chosen by name, and their effect on the settings.

Prices are only known where they cannot change: a server of one's own costs nothing per token. For
hosted models they come from the settings or, where the server tells (OpenRouter), from the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from cgp.annotators.annotator import AnnotationError
from cgp.annotators.prompt import PromptProfile
from cgp.config import Settings
from cgp.model_settings import LlmSettings

Structured = Literal["json_schema", "json_object", "text"]
Wire = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """Return the price in USD of so many tokens."""
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


FREE = Price(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Preset:
    """Particulars of one server.

    ``key`` names the setting (and, in capitals, the environment variable) with the key; ``seed``
    and ``temperature`` say whether the server takes them; ``output_limit`` is the name of the
    parameter that limits the answer's tokens; ``bounds`` says whether its schema dialect knows
    bounds on counts and lengths. A feature that a model turns down is left out of later
    requests, so a flag here saves one request and is not a promise. ``personal`` is a program for
    one person's machine: see ``pace``.
    """

    wire: Wire
    base_url: str
    model: str | None = None
    key: str | None = None
    structured: Structured = "json_schema"
    bounds: bool = True
    seed: bool = True
    temperature: bool = True
    output_limit: str = "max_tokens"
    price: Price | None = None
    personal: bool = False


PRESETS: dict[str, Preset] = {
    "openai": Preset(
        "openai",
        "https://api.openai.com/v1",
        "gpt-5.4-mini",
        "openai_api_key",
        bounds=False,
        output_limit="max_completion_tokens",
    ),
    "anthropic": Preset(
        "anthropic",
        "https://api.anthropic.com",
        "claude-haiku-4-5",
        "anthropic_api_key",
        bounds=False,
        seed=False,
        temperature=False,
    ),
    "llama.cpp": Preset("openai", "http://127.0.0.1:8080/v1", "default", price=FREE, personal=True),
    "ollama": Preset("openai", "http://127.0.0.1:11434/v1", "llama3.2", price=FREE, personal=True),
    "vllm": Preset("openai", "http://127.0.0.1:8000/v1", price=FREE),
    "lmstudio": Preset("openai", "http://127.0.0.1:1234/v1", price=FREE, personal=True),
    "groq": Preset(
        "openai",
        "https://api.groq.com/openai/v1",
        "openai/gpt-oss-20b",
        "groq_api_key",
        bounds=False,
    ),
    "openrouter": Preset(
        "openai",
        "https://openrouter.ai/api/v1",
        "openai/gpt-5.4-mini",
        "openrouter_api_key",
        bounds=False,
    ),
    "chutes": Preset(
        "openai",
        "https://llm.chutes.ai/v1",
        "deepseek-ai/DeepSeek-V3-0324",
        "chutes_api_key",
        structured="json_object",
    ),
}


@dataclass(frozen=True, slots=True)
class Backend:
    """One server and model, ready to be asked."""

    name: str
    preset: Preset
    base_url: str
    model: str
    key: SecretStr | None
    structured: Structured
    price: Price | None
    bounds: bool
    prompt: PromptProfile

    @property
    def id(self) -> str:
        """Preset and model, e.g. ``openai/gpt-5.4-mini``."""
        return f"{self.name}/{self.model}"


def resolve(settings: Settings) -> Backend:
    """Return the backend that ``settings.llm`` asks for.

    Raises:
        AnnotationError: if the preset is unknown, its model, key or price is missing, or the
            address or the key cannot be right.
    """
    llm = settings.llm
    preset = preset_named(llm.type, "LLM_TYPE")
    model = llm.model or preset.model
    if not model:
        raise AnnotationError(f"LLM_MODEL is not set: name the model that {llm.type} serves")
    price = _price(llm.price_input, llm.price_output, preset, llm.base_url)
    if price is None and _has_budget(settings):
        raise AnnotationError(
            f"a budget needs a price: set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT (USD per million"
            f" tokens) for {llm.type}/{model}"
        )
    base_url = llm.base_url or preset.base_url
    if not base_url.startswith(("http://", "https://")):
        raise AnnotationError(f"LLM_BASE_URL={base_url!r} must begin with http:// or https://")
    return Backend(
        name=llm.type,
        preset=preset,
        base_url=base_url,
        model=model,
        key=key_of(settings, preset, llm.api_key, llm.base_url, "LLM_API_KEY"),
        structured=llm.structured or preset.structured,
        price=price,
        # A server of one's own takes them, or says that it does not.
        bounds=preset.bounds or llm.base_url is not None,
        prompt=PromptProfile(llm.prompt) if llm.prompt else PromptProfile.for_model(model),
    )


def pace(preset: Preset, llm: LlmSettings) -> LlmSettings:
    """Return the settings with the pace that suits a server, where they name none.

    A program on one person's machine shares the machine among its requests, so requests at once
    only end later, and a request that is given up half-way is begun anew.
    """
    if not preset.personal:
        return llm
    values = {"concurrency": 1, "attempt_seconds": llm.timeout_seconds}
    return llm.model_copy(
        update={name: value for name, value in values.items() if name not in llm.model_fields_set}
    )


def preset_named(name: str, setting: str) -> Preset:
    """Return the preset called ``name``.

    Raises:
        AnnotationError: naming ``setting`` and the presets there are.
    """
    if name not in PRESETS:
        raise AnnotationError(
            f"{setting}={name!r} is unknown: choose embedded or one of {', '.join(PRESETS)}"
        )
    return PRESETS[name]


def key_of(
    settings: Settings,
    preset: Preset,
    explicit: SecretStr | None,
    base_url: str | None,
    setting: str,
) -> SecretStr | None:
    """Return the key for a preset; a server of one's own (by base URL) may need none.

    The key of a hosted service is never sent to another address: with a base URL only the explicit
    key is used.

    Raises:
        AnnotationError: if a hosted service's key is missing, or cannot be sent in a header.
    """
    # ``OPENAI_API_KEY=`` in .env is a line to be filled in, not a key.
    name, key = setting, explicit or None
    if key is None and preset.key is not None and base_url is None:
        name, key = preset.key.upper(), getattr(settings, preset.key) or None
        if key is None:
            raise AnnotationError(f"no key: set {name} (or {setting})")
    if key is not None:
        text = key.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise AnnotationError(f"{name} holds a space or a character that no key has")
    return key


def _price(
    price_input: float | None, price_output: float | None, preset: Preset, base_url: str | None
) -> Price | None:
    if price_input is None and price_output is None:
        return preset.price if base_url is None or preset.key is None else None
    return Price(price_input or 0.0, price_output or 0.0)


def _has_budget(settings: Settings) -> bool:
    return settings.llm.daily_budget is not None or settings.llm.run_budget is not None
