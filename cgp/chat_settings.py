"""Settings of chat: its NATS server, its gateway, its workers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import CliSuppress

from cgp.settings_section import Section
from cgp.web_address import web_address


class NatsSettings(Section):
    """NATS server that carries chat jobs. Without ``url`` the gateway runs one of its own."""

    url: str = Field(
        "",
        description="addresses of a NATS cluster, with commas (default: the gateway's own server)",
    )
    host: str = Field("127.0.0.1", description="address that the own server binds")
    port: int = Field(4222, ge=0, le=65535, description="port of the own server (0: any free port)")
    certificate: Path | None = Field(
        None, description="certificate of the own server; needed unless on loopback"
    )
    key_file: Path | None = Field(None, description="private key of that certificate")


class GatewaySettings(Section):
    """Service of the chat gateway (``cgp gateway``)."""

    host: str = Field("127.0.0.1", description="address to bind")
    port: int = Field(8095, ge=0, le=65535, description="port to bind (0: any free port)")
    certificate: Path | None = Field(
        None, description="certificate of HTTPS; needed unless on loopback"
    )
    key_file: Path | None = Field(None, description="private key of that certificate")
    hotkeys: str = Field("", description="hotkeys that may enrol workers, with commas")
    queue: int = Field(256, ge=1, description="maximum requests that wait for a worker")
    queue_per_key: int = Field(64, ge=1, description="maximum waiting requests of one API key")
    queue_seconds: float = Field(60.0, gt=0, description="maximum seconds that a request waits")
    job_seconds: float = Field(600.0, gt=0, description="maximum seconds for one answer")
    max_tokens: int = Field(4096, ge=1, description="maximum tokens of one answer")
    spot_share: float = Field(
        0.02,
        ge=0,
        le=1,
        description="share of shared workers' jobs that is asked twice, to compare",
    )
    keep_chats: bool = Field(
        False,
        description="store chats as conversations at a gateway without keys (with keys: the scope "
        "keep)",
    )
    daily_tokens: int = Field(
        0, ge=0, description="maximum tokens of one API key in a UTC day (0: no limit)"
    )


class WorkerSettings(Section):
    """A chat worker (``cgp worker``)."""

    name: str = Field(
        "worker",
        pattern=r"^[^/]+$",
        description="name that people see; it names the worker's key too",
    )
    gateway: Annotated[str, AfterValidator(web_address)] = Field(
        "http://127.0.0.1:8095", description="address of the gateway"
    )
    api_key: CliSuppress[SecretStr | None] = Field(
        None, description="API key with the scope worker (default: the hotkey signs)"
    )
    backend: Literal["extractive", "openai", "llama_cpp", "retrieve"] = Field(
        "extractive",
        description="extractive (no model: cited sentences), openai (a server), llama_cpp (a model in this "
        "process), or retrieve (passages for the gateway's memory, no answers)",
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        "http://127.0.0.1:8080/v1", description="address of the OpenAI-compatible server"
    )
    model: str = Field(
        "", description="model of llama_cpp: a name of cgp models list, or a GGUF file"
    )
    context: int = Field(
        4096, ge=256, description="tokens of a prompt and its answer, of each slot of llama_cpp"
    )
    threads: int = Field(0, ge=0, description="threads of llama_cpp (0: half of the processors)")
    backend_key: CliSuppress[SecretStr | None] = Field(None, description="key of that server")
    models: str = Field("", description="models to offer, with commas (default: the server's list)")
    slots: int = Field(1, ge=1, le=1024, description="jobs at once")
    audience: Literal["own", "shared"] = Field(
        "own", description="whose jobs it takes: its owner's alone, or everybody's"
    )
