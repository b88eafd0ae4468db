"""``cgp export``: the finished conversations of the store as an open dataset."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from cgp.cli.console import fail, messages, output, write_json
from cgp.cli.errors import fail_by
from cgp.config import Settings
from cgp.counts import counted
from cgp.dataset import (
    DatasetError,
    Format,
    Manifest,
    Options,
    ShardLimits,
    read_manifest,
    read_provenance,
)
from cgp.dataset import (
    export as export_dataset,
)
from cgp.dataset.export import Progress as Report
from cgp.dataset.firebase import Target, send
from cgp.dataset.hub import Hub
from cgp.dataset.options import BATCH
from cgp.dataset.replaced import fewer_in_words
from cgp.dataset.shards import DEFAULT_ROWS
from cgp.durable_files import private_folder
from cgp.embedders import default_embedder
from cgp.privacy import PrivacyExtraError, policy_of
from cgp.sources.near_duplicates import NearDuplicates
from cgp.store import Store


def export(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the dataset.")],
    format_name: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            help="hf is parquet with a dataset card; messages is chat form, in JSON Lines.",
        ),
    ] = "hf",
    min_quality: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Leave out conversations of a lower or unknown quality (default: MIN_QUALITY).",
        ),
    ] = None,
    provenance: Annotated[
        Path | None,
        typer.Option(help="JSON file: licence, attribution and url of each source."),
    ] = None,
    push: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME", help="Send it to the Hugging Face Hub (hf or messages)."
        ),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Make the repository on the Hub a private one.")
    ] = False,
    firebase: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send it to a Firebase Realtime Database."),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, max=100_000, help="Conversations that are kept at once.")
    ] = BATCH,
    shard_rows: Annotated[int, typer.Option(min=1, help="Maximum rows in a file.")] = DEFAULT_ROWS,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace an earlier dataset in OUT also where the store lacks conversations of it.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Export the store's finished conversations, redacted, with all that was found out about them.

    An interrupted export, push or transfer goes on where it was when the same command is given
    again. The same store gives the same bytes. The Hub's token is that of HF_TOKEN or of `hf auth
    login`; Firebase's comes from FIREBASE_TOKEN (an access token) or FIREBASE_AUTH (a secret or
    ID token). Exit status: 1 if the store, the Hub or Firebase fails, 2 if the command is wrong.
    """
    settings = Settings()
    # A folder on this machine may hold personal data, if its owner says so; what was sent cannot be
    # taken back.
    if (push or firebase) and not settings.privacy.redact:
        fail(
            "with PRIVACY_REDACT=false personal data stays in: that is not sent anywhere",
            hint="leave PRIVACY_REDACT on, or export without --push and --firebase",
        )
    # Firebase's paths are made of the tables' keys, which messages lack.
    if firebase and format_name == "messages":
        fail("--firebase takes the tables, not --format messages", hint="export without --firebase")
    if private and push is None:
        fail("--private is about --push OWNER/NAME, which is not given")
    try:
        # Before the export, which may take hours: a missing token or package is found at once.
        hub = Hub.open(push, private=private, format_name=format_name) if push else None
        target = Target.of(firebase) if firebase else None
        options = Options(
            format=format_name,
            min_quality=_minimum_quality(min_quality, settings),
            sources=read_provenance(provenance) if provenance else {},
            find_near_duplicate=NearDuplicates().find,
            limits=ShardLimits(rows=shard_rows),
            batch=batch,
        )
        private_folder(settings.data_dir)
        with contextlib.closing(Store(settings.store_url)) as store:
            manifest = export_store(store, folder, options, settings, overwrite=overwrite)
        push_result = _push(hub, folder, manifest) if hub else None
        send_result = _send(target, folder, manifest) if target else None
    except (DatasetError, PrivacyExtraError, ValueError) as error:
        # A server that is away is nobody's wrong command: a script may try again on status 1.
        fail_by(error, status=1 if getattr(error, "remote", False) else 2)
    except KeyboardInterrupt:
        fail("interrupted", hint="the same command goes on where this one was", status=130)
    if as_json:
        document: dict[str, Any] = {
            "folder": str(folder),
            "pushed": push_result,
            "firebase": send_result,
        }
        write_json(document | {"manifest": manifest.document})
    else:
        show_manifest(folder, manifest)


def export_store(
    store: Store, folder: Path, options: Options, settings: Settings, *, overwrite: bool = False
) -> Manifest:
    """Export a store's finished conversations into a folder, showing how far it is; say it where
    the dataset has fewer than an earlier one there.

    Raises:
        DatasetError: if the folder or the store is not fit for it.
    """
    earlier = read_manifest(folder)
    with _progress() as show:
        manifest = export_dataset(
            store,
            folder,
            options,
            policy=policy_of(settings),
            embedder=default_embedder(),
            progress=show,
            overwrite=overwrite,
        )
    if fewer := fewer_in_words(earlier, manifest):
        messages.print(
            f"[yellow]{escape(str(folder))}:[/] {fewer}", highlight=False, soft_wrap=True
        )
    return manifest


def _minimum_quality(option: float | None, settings: Settings) -> float | None:
    """Return the least quality that is asked for; None where none is, which takes
    the unmeasured.
    """
    minimum = settings.min_quality if option is None else option
    # 0 asks for nothing, and a store's unmeasured conversations are then welcome.
    return minimum or None


def _push(hub: Hub, folder: Path, manifest: Manifest) -> dict[str, Any]:
    with _progress() as show:
        url = hub.push(folder, manifest, progress=show)
    messages.print(f"on the Hub: {url}", highlight=False, markup=False)
    return {"url": url}


def _send(target: Target, folder: Path, manifest: Manifest) -> dict[str, Any]:
    with _progress() as show:
        result = asyncio.run(send(folder, manifest, target, progress=show))
    messages.print(
        f"in Firebase: {result} writes to {target.address}", highlight=False, markup=False
    )
    return {"url": target.address, "writes": result}


def show_manifest(folder: Path, manifest: Manifest) -> None:
    """Print the tables of a dataset with their rows."""
    size = sum(file.bytes for file in manifest.files)
    output.print(
        f"{counted(manifest.conversations, 'conversation')} in {folder} "
        f"({counted(len(manifest.files), 'file')}, {size / 1e6:,.1f} MB)",
        highlight=False,
        markup=False,
    )
    for table in manifest.document["tables"]:
        output.print(f"  {table:14}{manifest.rows(table):>12,} rows", highlight=False)
    left_out = manifest.document["left_out"]
    if any(left_out.values()):
        output.print(
            f"left out: {left_out['below_quality']:,} below the quality asked for, "
            f"{left_out['unmeasured']:,} without a measured quality, "
            f"{left_out['one_speaker']:,} of one speaker alone",
            highlight=False,
        )
    repeats = manifest.document["statistics"]["duplicates"]
    output.print(
        f"duplicates: {repeats['exact']:,} with the words of an earlier one, {repeats['near']:,} that "
        f"nearly repeat one ({repeats['near_across_splits']:,} of them in another split)",
        highlight=False,
    )


@contextlib.contextmanager
def _progress() -> Iterator[Report]:
    """Yield a function that reports progress: on a terminal a bar shows it, in a log nothing."""
    if not messages.is_terminal:
        yield lambda _stage, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True) as bar:
        task = bar.add_task("")

        def show(stage: str, count: int, total: int) -> None:
            # Without a known total, a line for each conversation would only flicker.
            if total or count % 100 == 0:
                of = f" of {total:,}" if total else ""
                bar.update(task, description=f"{stage}: {count:,}{of}")

        yield show
