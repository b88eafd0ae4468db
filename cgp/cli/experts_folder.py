"""The ledger and the hotkey that the commands of ``cgp experts`` work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cgp.cli.console import fail
from cgp.config import Settings

if TYPE_CHECKING:
    from cgp.experts.ledger import Ledger

Folder = Annotated[
    Path | None,
    typer.Option(
        "--ledger", help="Folder of the ledger (default: EXPERTS_LEDGER, else DATA_DIR/experts)."
    ),
]


def ledger_folder(settings: Settings, folder: Path | None) -> Path:
    """Return the folder of the ledger that a command works with."""
    return folder or settings.experts.ledger or settings.data_dir / "experts"


@contextmanager
def opened_ledger(folder: Path | None) -> Iterator[Ledger]:
    """Open that ledger while the context lasts."""
    from cgp.experts.ledger import Ledger

    with Ledger.open(ledger_folder(Settings(), folder)) as ledger:
        yield ledger


def own_hotkey(settings: Settings) -> Any:  # noqa: ANN401 - the SDK's keypair
    """Return the wallet's hotkey."""
    from cgp.chain import open_wallet

    return open_wallet(settings.wallet).hotkey


def registered_hotkeys(settings: Settings) -> Callable[[str], bool]:
    """Return a function that knows the hotkeys of the subnet, at most a minute old.

    A command without a subnet ends here, and is told of the option that asks for none.
    """
    from cgp.chain import ChainSetupError, open_chain, open_wallet
    from cgp.experts.registration import RegisteredHotkeys

    async def read() -> frozenset[str]:
        async with open_chain(settings, open_wallet(settings.wallet)) as chain:
            return frozenset((await chain.metagraph()).by_hotkey)

    try:
        return RegisteredHotkeys(lambda: asyncio.run(read()))
    except ChainSetupError as error:
        fail(
            str(error),
            hint="to try things without a subnet, repeat the command with --any-signer",
            status=1,
        )
