"""``cgp mcp``: the genome as tools of a language model's client."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from cgp.cli.console import fail
from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.privacy import policy_of
from cgp.search import IndexReader
from cgp.store import Store
from cgp.telemetry import configure_logging


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP at /mcp, not standard input.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to bind with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port with --http.")] = 8094,
    gateway: Annotated[
        str | None,
        typer.Option(
            help="Address of a chat gateway: adds the tool `ask`. Its key is WORKER_API_KEY.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the genome to a client of the Model Context Protocol, to read only.

    Tools: search, get_conversation, get_turns, similar, explain_score, stats; with --gateway also
    ask. There is no login: with --http keep to the loopback address unless a proxy in front checks
    its callers.
    """
    from cgp.mcp.server import make_server
    from cgp.reads import Genome

    settings = Settings()
    configure_logging(settings.log)
    try:
        private_folder(settings.data_dir)
        embedder = make_embedder(settings)
        with (
            contextlib.closing(Store(settings.store_url)) as store,
            contextlib.closing(IndexReader(settings.index_dir, embedder)) as index,
            # Ctrl-C is how a person ends the server, and no fault.
            contextlib.suppress(KeyboardInterrupt),
        ):
            server = make_server(Genome(store, index, policy_of(settings)))
            if gateway is not None:
                from cgp.chat.mcp_tool import add_ask_tool

                secret = settings.worker.api_key
                add_ask_tool(server, gateway, None if secret is None else secret.get_secret_value())
            if http:
                server.run("streamable-http", host=host, port=port)
            else:
                server.run("stdio")
    except ValueError as error:
        # Other errors have their remedies in `cgp.cli.errors`: a port in use, a store that is
        # locked.
        fail(str(error), status=1)
