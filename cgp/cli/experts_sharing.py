"""``cgp experts``, the commands between machines: registries, the chain, archives."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cgp.cli.console import messages, output
from cgp.cli.experts_folder import (
    Folder,
    ledger_folder,
    opened_ledger,
    own_hotkey,
)
from cgp.config import Settings
from cgp.counts import counted

if TYPE_CHECKING:
    from cgp.experts.ledger import Ledger

PlainHttp = Annotated[
    bool, typer.Option("--plain-http", help="Without TLS; only for a network of your own.")
]
Address = Annotated[
    str,
    typer.Argument(
        help="HOST[:PORT]/NAME of a repository of any registry, such as"
        " registry.example.org/team/experts; a folder is copied instead (docs/experts.md)."
    ),
]


def archive(
    model_file: Annotated[Path, typer.Argument(help="A safetensors file of a MoE checkpoint.")],
    folder: Folder = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is in it, and store nothing.")
    ] = False,
) -> None:
    """Cut the experts out of a language model's checkpoint and keep them; they are never routed.

    Families: Mixtral, Qwen-MoE, OLMoE, DeepSeek, Switch, and fused tensors. What is there already
    is not stored again.
    """
    from cgp.experts import archive as archiving
    from cgp.experts.extraction import examine_file

    if dry_run:
        parts = examine_file(model_file)
        output.print(
            f"{parts.family}: {len(parts.experts)} experts, {len(parts.routers)} routers,"
            f" {len(parts.others)} other tensors; nothing was stored",
            highlight=False,
        )
        return
    key = own_hotkey(Settings())
    with opened_ledger(folder) as ledger:
        result = archiving.archive(ledger, model_file, key)
    parts = result.checkpoint
    output.print(
        f"{parts.family}: {len(parts.experts)} experts and {len(parts.routers)} routers,"
        f" {result.new} blocks are new; archived, unmeasured, never routed",
        highlight=False,
    )


def push(
    address: Address,
    folder: Folder = None,
    plain_http: PlainHttp = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Put it in the place of blocks there that it lacks."),
    ] = False,
) -> None:
    """Send the ledger to an OCI registry; what is there already is not sent again."""
    from cgp.experts import exchange
    from cgp.experts.registry import Repository

    with opened_ledger(folder) as ledger:
        repository = Repository(address, plain_http=plain_http)
        result = exchange.push(ledger, repository, replaces=replace)
    output.print(
        f"{result.digest}: {counted(result.blocks, 'block')}, {counted(result.blobs_sent, 'blob')} sent",
        highlight=False,
        soft_wrap=True,
    )


def pull(
    address: Address,
    folder: Folder = None,
    genesis: Annotated[
        str | None, typer.Option(help="Digest of the first block, which names the judges.")
    ] = None,
    plain_http: PlainHttp = False,
) -> None:
    """Bring a ledger from an OCI registry: digests, signatures and verdicts are checked here."""
    from cgp.experts import exchange
    from cgp.experts.registry import Repository

    settings = Settings()
    repository = Repository(address, plain_http=plain_http)
    result = exchange.pull(ledger_folder(settings, folder), repository, genesis)
    for reason in result.refusals:
        messages.print(f"[yellow]refused:[/] {escape(reason)}", highlight=False, soft_wrap=True)
    output.print(
        f"{counted(result.blocks, 'block')}, {result.new} of them new, {len(result.refusals)} refused",
        highlight=False,
    )


def commit(folder: Folder = None) -> None:
    """Publish the digest of the heads on chain, as your hotkey's commitment."""
    from cgp.chain import open_chain, open_wallet
    from cgp.experts import anchor

    settings = Settings()

    async def publish_state(ledger: Ledger) -> str:
        async with open_chain(settings, open_wallet(settings.wallet)) as chain:
            return await anchor.commit(ledger, chain)

    with opened_ledger(folder) as ledger:
        output.print(asyncio.run(publish_state(ledger)), highlight=False)


def committed(
    hotkey: Annotated[
        str | None, typer.Argument(help="Hotkey that published it (default: your own).")
    ] = None,
    folder: Folder = None,
) -> None:
    """Compare the ledger with the state that a hotkey published; the status is 1 if they differ."""
    from cgp.chain import open_chain, open_wallet
    from cgp.experts import anchor
    from cgp.foreign_text import shown

    settings = Settings()

    async def read(ledger: Ledger) -> anchor.Comparison:
        async with open_chain(settings, open_wallet(settings.wallet)) as chain:
            return await anchor.compare(ledger, chain, hotkey or chain.hotkey)

    with opened_ledger(folder) as ledger:
        result = asyncio.run(read(ledger))
    on_chain = f", on chain {shown(result.on_chain)}" if result.on_chain else ""
    output.print(
        f"{result.agreement}: here {result.here}{on_chain} (block {result.block})",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if result.agreement is not anchor.Agreement.SAME:
        raise typer.Exit(1)
