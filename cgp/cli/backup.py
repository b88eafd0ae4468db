"""``cgp backup`` and ``cgp restore``: the store as one file, while programs use it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from cgp.cli.console import fail, output
from cgp.config import Settings
from cgp.store import Store, StoreError
from cgp.store.maintenance import restore as put_back


def backup(file: Annotated[Path, typer.Argument(help="The new file to write.")]) -> None:
    """Copy the store to a file, as it is at one moment. Validators and the API go on meanwhile."""
    try:
        with contextlib.closing(Store(Settings().store_url)) as store:
            store.backup(file)
    except (StoreError, sqlite3.Error, OSError) as error:
        fail(str(error), status=1)
    output.print(f"{file}: {file.stat().st_size / 2**20:.1f} MiB", markup=False, highlight=False)


def restore(file: Annotated[Path, typer.Argument(help="A file that cgp backup wrote.")]) -> None:
    """Put a backup in the place of the store. Restart the programs that run on the store
    afterwards.
    """
    try:
        former_file = put_back(file, Settings().store_url)
    except (StoreError, sqlite3.Error, OSError) as error:
        fail(str(error), status=1)
    note = f"; the former store is {former_file}" if former_file else ""
    output.print(f"Restored from {file}{note}", markup=False, highlight=False)
