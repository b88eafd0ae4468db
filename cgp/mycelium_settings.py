"""Settings of Mycelium: the node in use, and the server of the knowledge graph."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import CliSuppress

from cgp.settings_section import Section


class MyceliumSettings(Section):
    """A node that learns together with others (docs/mycelium.md)."""

    node: Path | None = Field(
        None, description="folder of a node whose head of the tag model the annotator uses"
    )


class FusekiSettings(Section):
    """SPARQL server that keeps Mycelium's knowledge graph, in place of the embedded one."""

    server_url: str = Field(
        "", description="address of a SPARQL 1.1 server (default: the embedded graph)"
    )
    database_name: str = Field(
        "",
        description="database of a Fuseki server; empty for a server without databases (oxigraph)",
    )
    user: str = Field("", description="user of the server, if it asks for one")
    password: CliSuppress[SecretStr | None] = Field(None, description="the user's password")
