"""Settings of models: the language model that annotates, and the embedder of the index."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import CliSuppress

from cgp.settings_section import Section


class LlmSettings(Section):
    """Model that annotates, with its limits of time and money.

    The names that ``type`` and ``fallback`` allow are in ``cgp.annotators.presets``.
    """

    type: str = Field(
        "embedded",
        description="embedded, openai, anthropic, llama.cpp, ollama, vllm, lmstudio, groq, openrouter or chutes",
    )
    model: str | None = Field(None, description="model name (default: the preset's)")
    base_url: str | None = Field(None, description="address of the server (default: the preset's)")
    api_key: CliSuppress[SecretStr | None] = Field(
        None, description="key of the server (default: OPENAI_API_KEY and the like, by preset)"
    )
    structured: Literal["json_schema", "json_object", "text"] | None = Field(
        None, description="way to ask for JSON (default: the preset's)"
    )
    prompt: Literal["full", "small"] | None = Field(
        None,
        description="full, or small: tags only, for a small model (default: by the size in its name)",
    )
    temperature: float = Field(0.0, ge=0, le=2, description="sampling temperature, where offered")
    seed: int = Field(0, ge=0, description="sampling seed, where offered")
    max_output_tokens: int = Field(4096, ge=64, description="maximum tokens in an answer")
    window_characters: int = Field(
        24_000, ge=500, description="maximum text in a request; more is cut into windows and merged"
    )
    timeout_seconds: float = Field(
        60.0, gt=0, description="maximum seconds for one answer, retries and repair included"
    )
    attempt_seconds: float = Field(
        30.0,
        gt=0,
        description="maximum seconds for one request"
        " (unless set: all of the time with llama.cpp, Ollama and LM Studio)",
    )
    retries: int = Field(3, ge=0, le=10, description="requests repeated after a passing failure")
    backoff_seconds: float = Field(
        0.5, gt=0, description="longest wait before the first repeat (it doubles, with jitter)"
    )
    concurrency: int = Field(
        4,
        ge=1,
        description="requests to the server at once"
        " (unless set: one with llama.cpp, Ollama and LM Studio)",
    )
    breaker_failures: int = Field(5, ge=1, description="failures in a row before a pause")
    breaker_seconds: float = Field(30.0, gt=0, description="length of the first pause (it doubles)")
    price_input: float | None = Field(
        None, ge=0, description="USD per million input tokens (default: the preset's, where known)"
    )
    price_output: float | None = Field(None, ge=0, description="USD per million output tokens")
    daily_budget: float | None = Field(None, ge=0, description="maximum cost in USD per UTC day")
    run_budget: float | None = Field(
        None, ge=0, description="maximum cost in USD per run of the program"
    )
    cache_megabytes: float = Field(
        256.0, ge=0, description="maximum size of the cache of answers, in MB"
    )
    fallback: Literal["none", "embedded"] = Field(
        "none", description="annotator when the budget is spent or the server cannot answer"
    )


class EmbedderSettings(Section):
    """Embedder of the index. Tags on the wire are always embedded by the subnet's own."""

    type: str = Field(
        "wordllama", description="wordllama, or openai (any OpenAI-compatible server)"
    )
    model: str | None = Field(None, description="model name (needed unless wordllama)")
    base_url: str | None = Field(None, description="address of the server (default: the preset's)")
    api_key: CliSuppress[SecretStr | None] = Field(None, description="key of the server")
    dimension: int | None = Field(None, ge=2, le=16384, description="components of a vector")
    timeout_seconds: float = Field(60.0, gt=0, description="maximum seconds for one batch")
