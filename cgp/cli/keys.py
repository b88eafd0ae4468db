"""``cgp keys``: the API keys of importers and readers."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cgp.api.keys import SCOPES, ApiKey, ApiKeys
from cgp.cli.console import fail, messages, output, write_json
from cgp.config import Settings
from cgp.store import StoreError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Make, list and revoke API keys of the CGP API.",
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, to know it by later.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it allows: `import` conversations, `read` at a rate of its own, `chat` with the "
            "gateway, enrol a `worker`, `keep` its chats as conversations. May be repeated.",
        ),
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.001, help="Days until it expires (default: never).")
    ] = None,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    with _open_keys() as keys:
        seconds = None if days is None else days * 86_400
        try:
            key, text = keys.create_key(name, scope or [SCOPES[0]], seconds=seconds)
        except ValueError as error:
            fail(str(error))
    # The sentence on standard error, the key alone on standard output: `KEY=$(cgp keys create
    # NAME)` works.
    messages.print(
        f"Key {key.id} ({', '.join(key.scopes)}) for {escape(key.name)}; it is not shown again:",
        highlight=False,
    )
    sys.stdout.write(text + "\n")


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List all keys, without their secrets."""
    with _open_keys() as keys:
        records = keys.keys()
    now = time.time()
    if as_json:
        write_json([asdict(key) | {"state": key.state(now)} for key in records])
    elif records:
        output.print(_table(records, now))
    else:
        messages.print("there are no keys; make one: cgp keys create NAME", highlight=False)


@app.command()
def revoke(identifier: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")]) -> None:
    """Make a key useless from now on."""
    with _open_keys() as keys:
        revocation = keys.revoke_key(identifier)
    if not revocation:
        fail(f"there is no active key {identifier!r}", hint="cgp keys list", status=1)
    messages.print(f"Key {escape(identifier)} is revoked", highlight=False)


@contextmanager
def _open_keys() -> Iterator[ApiKeys]:
    try:
        store = ApiKeys(Settings().store_url)
    except StoreError as error:
        fail(str(error), status=1)
    with closing(store):
        # A store that never had keys has no table for them.
        store.create_key_table()
        yield store


def _table(keys: list[ApiKey], now: float) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    for heading in ("name", "scopes", "state", "made", "expires"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        expires = "never" if key.expires_at is None else _day(key.expires_at)
        scopes = ", ".join(key.scopes)
        table.add_row(
            key.id, escape(key.name), scopes, key.state(now), _day(key.created_at), expires
        )
    return table


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
