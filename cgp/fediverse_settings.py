"""Settings of the fediverse: the bot's account on an instance, and the actor of one's own."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import CliSuppress

from cgp.settings_section import Section


class MastodonSettings(Section):
    """Account of the bot (``cgp mycelium bot``) on somebody's instance."""

    instance_url: str = Field(
        "", description="address of the bot's instance, e.g. https://botsin.example"
    )
    api_key: CliSuppress[SecretStr | None] = Field(
        None, description="access token of the bot's account there"
    )
    poll_seconds: float = Field(15.0, ge=1, description="wait between two looks at the instance")


class FediverseSettings(Section):
    """Actor of one's own (``cgp mycelium actor``), and the answers of actor and bot."""

    base_url: str = Field(
        "", description="address that other servers reach the actor by: https://HOST, no path"
    )
    host: str = Field("127.0.0.1", description="address to bind")
    port: int = Field(8097, ge=0, le=65535, description="port to bind (0: any free port)")
    trusted_proxies: str = Field(
        "127.0.0.1", description="addresses whose X-Forwarded-For is believed, with commas"
    )
    peers: str = Field("", description="addresses of actors to follow, with commas")
    catalogue: Path | None = Field(
        None, description="CSV file with a column title that `like:` recommends from"
    )
    allow_loopback: bool = Field(
        False, description="let actors on this machine talk to each other; for tests only"
    )
