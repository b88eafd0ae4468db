"""``cgp experts``: a ledger of measured improvements of the tag model."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cgp.cli import experts_judging, experts_serving, experts_sharing
from cgp.cli.console import fail, input_errors, messages, output, require_folder_of
from cgp.cli.experts_folder import (
    Folder,
    ledger_folder,
    opened_ledger,
    own_hotkey,
    registered_hotkeys,
)
from cgp.cli.experts_tables import AsJson, TableFile, print_rows, read_table
from cgp.config import Settings
from cgp.counts import counted

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Improve one part of the tag model, have it measured, and use what was accepted"
    " (docs/experts.md).",
)


@app.command()
def init(
    folder: Folder = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="NAME:K, a layer and how many of its experts speak up for a window."),
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="Hotkey of a judge (default: your own).")
    ] = None,
    least_windows: Annotated[
        int, typer.Option(min=1, help="Minimum windows of a hold-out; few decide badly.")
    ] = 300,
    epoch_seconds: Annotated[int, typer.Option(min=1, help="Length of an epoch.")] = 86_400,
) -> None:
    """Begin a ledger over the tag model of this release; the same options again change nothing."""
    # Imported here, as in every command below: `cgp experts --help` then loads no model and no
    # database.
    from bittensor.sp_core import ss58_decode

    from cgp.experts.ledger import Ledger, NoLedgerError
    from cgp.experts.specification import Specification, released_base

    settings = Settings()
    key = own_hotkey(settings)
    layers = dict(
        _layer(text) for text in layer or ["source:1", "language:1", "domain:2", "length:1"]
    )
    for address in judge or ():
        try:
            ss58_decode(address)
        except ValueError as error:
            fail(f"--judge {address} is not a hotkey's address (SS58): {error}")
    try:
        specification = Specification(
            layers,
            tuple(judge or [key.ss58_address]),
            base=released_base(),
            least_windows=least_windows,
            epoch_seconds=epoch_seconds,
        )
    except ValueError as error:
        fail(str(error))
    where = ledger_folder(settings, folder)
    with contextlib.suppress(NoLedgerError), Ledger.open(where) as standing:
        usual = specification
        specification = usual.with_rule_of(standing.specification)
        if differences := specification.differences(usual):
            messages.print(
                f"this ledger keeps the rule that it was made with: {differences}",
                highlight=False,
                soft_wrap=True,
            )
    with Ledger.create(where, specification, key) as ledger:
        output.print(ledger.genesis.digest, highlight=False, soft_wrap=True)


@app.command()
def table(
    gold: Annotated[list[Path], typer.Argument(help="Gold files (docs/gold.md).")],
    out: Annotated[Path, typer.Option(help="File for the table.")],
    hold_out: Annotated[
        bool, typer.Option("--hold-out", help="Salt it, so that it can be sealed.")
    ] = False,
) -> None:
    """Turn annotated windows into numbers to train or to judge on; the text is left out."""
    from cgp.durable_files import write_whole
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.experts.examples import table_of
    from cgp.gold import read_gold
    from cgp.tagmodel import shipped_model

    require_folder_of("--out", out)
    with input_errors():
        windows = [window for path in gold for window in read_gold(path)]
    try:
        window_table = table_of(
            windows, shipped_model(), default_embedder(), default_encoder(), with_salt=hold_out
        )
    except ValueError as error:
        fail(str(error), status=1)
    write_whole(out, window_table.to_bytes())
    output.print(
        f"{out}: {counted(len(window_table), 'window')}, {counted(len(window_table.inputs), 'candidate')}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def train(
    table_file: TableFile,
    name: Annotated[str, typer.Option(help="LAYER.EXPERT, the part to train; the rest is frozen.")],
    out: Annotated[Path, typer.Option(help="File for the expert.")],
    folder: Folder = None,
    architecture: Annotated[str, typer.Option(help="linear, mlp or fractal.")] = "linear",
    rate: Annotated[float, typer.Option(min=0.0, help="Learning rate.")] = 0.01,
    pull: Annotated[float, typer.Option(min=0.0, help="Pull of each weight towards 0.")] = 1e-3,
    steps: Annotated[int, typer.Option(min=1, help="Maximum steps.")] = 300,
    held_out: Annotated[
        float,
        typer.Option(
            min=0.0, max=0.9, help="Share held out to say when to stop; 0 takes all steps."
        ),
    ] = 0.2,
    languages: Annotated[
        str | None,
        typer.Option(help="Speak up for windows in these languages only, such as de,fr."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the start and of what is held out.")] = 0,
    growth_file: Annotated[
        Path | None,
        typer.Option("--growth", help="File for the steps of growth, for `cgp fractal plot`."),
    ] = None,
) -> None:
    """Train one expert over the model as it stands, with everything else frozen."""
    from cgp.durable_files import write_whole
    from cgp.experts.block import Kind, require_name
    from cgp.experts.expert_file import expert_to_bytes
    from cgp.experts.gate import language_gate
    from cgp.experts.standing import Networks, standing_mixture
    from cgp.experts.training import TrainingPlan
    from cgp.experts.upgrade import grow_expert, train_expert
    from cgp.fractal.growth_file import growth_to_bytes
    from cgp.tagmodel import shipped_model

    require_folder_of("--out", out)
    require_name(Kind.EXPERT, name)
    if growth_file is not None and architecture != "fractal":
        fail(f"--growth is for a fractal expert, which grows; --architecture is {architecture}")
    plan = TrainingPlan(
        steps=steps, rate=rate, pull=pull, gate_pull=pull, learns_gate=languages is None,
        held_out=held_out, seed=seed,
    )  # fmt: skip
    gate = None
    if languages is not None:
        try:
            gate = language_gate(languages.split(",")).weights.astype(float)
        except ValueError as error:
            fail(f"--languages {languages}: {error}")
    with opened_ledger(folder) as ledger:
        windows = read_table(table_file)
        layers = standing_mixture(ledger, Networks(ledger)).layers
        head = shipped_model().head
        try:
            # A fractal grows where the judge's own test says that it pays; the others have their
            # full size from the start.
            if architecture == "fractal":
                pupil, growth = grow_expert(head, layers, name, table=windows, plan=plan, gate=gate)
                story = f"{sum(step.is_kept for step in growth)} of {len(growth)} growths kept"
                if growth_file is not None:
                    write_whole(growth_file, growth_to_bytes(growth))
            else:
                result = train_expert(
                    head, layers, name, architecture, table=windows, plan=plan, gate=gate
                )
                pupil = result.pupils[-1]
                story = (
                    f"loss on {f'{held_out:.0%} held out' if held_out else 'what it saw'} {result.loss_before:.4f} ->"
                    f" {result.loss_after:.4f} nats a candidate, {result.steps} steps"
                )
        except ValueError as error:
            fail(str(error), status=1)
    write_whole(out, expert_to_bytes(pupil.network, pupil.frozen_gate()))
    output.print(f"{out}: {story}", highlight=False, soft_wrap=True)


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="An expert of `cgp experts train`.")],
    name: Annotated[str, typer.Option(help="LAYER.EXPERT that it is or replaces.")],
    folder: Folder = None,
    claim: Annotated[
        str, typer.Option("--candidate-loss", help="A loss that you claim: kept, never believed.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and store nothing.")] = False,
    meta_hash: Annotated[
        str, typer.Option("--meta-hash", help="Digest of the first block that it is made for.")
    ] = "",
    any_signer: Annotated[
        bool,
        typer.Option("--any-signer", help="Do not look for the hotkey in the subnet: for trying."),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            help="Address of a `cgp experts serve` to hand it in at (key: WORKER_API_KEY)."
        ),
    ] = None,
) -> None:
    """Sign an expert with your hotkey and hand it in; it waits for the judges.

    With --to it is handed in at another machine's ledger, of which yours is a pulled copy.
    """
    from cgp.experts.expert_file import expert_from_file
    from cgp.experts.submission import check_content, expert_submission
    from cgp.experts.submission import submit as hand_in
    from cgp.experts.upload import send_upload

    settings = Settings()
    key = own_hotkey(settings)
    with input_errors():
        network, gate = expert_from_file(file)
    with opened_ledger(folder) as ledger:
        # It names the model and its judges: an expert for another ledger helps nobody here.
        if meta_hash and meta_hash != ledger.genesis.digest:
            fail(f"--meta-hash {meta_hash}: this ledger's first block is {ledger.genesis.digest}")
        submission = expert_submission(ledger, name, network, gate, key, claim=claim)
        # To look a file over before it is handed in; that needs no registration.
        if dry_run:
            check_content(ledger, submission)
            output.print(
                f"{submission.block.digest} would be checked further",
                highlight=False,
                soft_wrap=True,
            )
            return
        if to is not None:
            api_key = settings.worker.api_key
            secret = "" if api_key is None else api_key.get_secret_value()
            state = asyncio.run(send_upload(to, submission, secret))
            output.print(f"{submission.block.digest} {state}", highlight=False, soft_wrap=True)
            return
        # Not every machine that tries the ledger out is a neuron of a subnet.
        registered = (lambda _: True) if any_signer else registered_hotkeys(settings)
        record = hand_in(ledger, submission, registered)
    output.print(f"{record.digest} {record.state}", highlight=False, soft_wrap=True)


@app.command("list")
def list_blocks(
    folder: Folder = None,
    heads: Annotated[bool, typer.Option("--heads", help="Only what stands.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the ledger's blocks in the order in which they came."""
    with opened_ledger(folder) as ledger:
        # A block that was replaced stays accepted, so its state does not say whether it stands.
        standing = set(ledger.heads().values())
        rows = [
            {
                "kind": str(record.kind),
                "name": record.name,
                "state": str(record.state),
                "head": record.digest in standing,
                "epoch": record.epoch,
                "signer": record.signer,
                "digest": record.digest,
            }
            for record in ledger.records()
            if record.digest in standing or not heads
        ]
    # Without --heads there is the first block at least.
    print_rows(rows, as_json, "no expert stands; cgp experts list shows what waits or was refused")


@app.command()
def fsck(folder: Folder = None) -> None:
    """Check every file against its digest and every row against its block.

    `index.json`, which names the heads for other OCI tools, is written anew where all is well.
    """
    from cgp.experts.ledger_check import check

    with opened_ledger(folder) as ledger:
        report = check(ledger)
        # A kill between a head's move and this file leaves an older one; it only copies the heads.
        if not report.faults:
            ledger.write_index()
    for fault in report.faults:
        messages.print(f"[red]fault:[/] {escape(fault)}", highlight=False, soft_wrap=True)
    output.print(
        f"{counted(report.blocks, 'block')}, {counted(len(report.faults), 'fault')},"
        f" {counted(report.unnamed_blobs, 'blob')} that"
        " nothing names",
        highlight=False,
        soft_wrap=True,
    )
    # For cron: a damaged ledger must be noticed by a program too.
    if report.faults:
        raise typer.Exit(1)


@app.command()
def evaluate(
    gold: Annotated[list[Path], typer.Argument(help="Gold files (docs/gold.md).")],
    folder: Folder = None,
    tags: Annotated[int, typer.Option(min=1, max=64, help="Tags of an answer that count.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Print f of the released model and of the model with the heads, and the difference."""
    from cgp.annotators.embedded import annotate
    from cgp.embedders import default_embedder
    from cgp.encoders import default_encoder
    from cgp.experts.standing import Networks, standing_mixture
    from cgp.gold import EncoderJudge, compare, read_gold
    from cgp.tagmodel import shipped_model

    with input_errors():
        files = [(path, read_gold(path)) for path in gold]
    rows: list[dict[str, Any]] = []
    with opened_ledger(folder) as ledger:
        mixture = standing_mixture(ledger, Networks(ledger))
        models = {"released": shipped_model(), "experts": shipped_model().with_addition(mixture)}
        for path, windows in files:
            answers = {
                name: [
                    [tag.text for tag in annotate(w.window, default_embedder(), tags, model).tags]
                    for w in windows
                ]
                for name, model in models.items()
            }
            released, experts = compare(windows, answers, EncoderJudge(default_encoder()))
            # With a judge, and a first model to compare with, all of these are there.
            assert released.judged is not None
            assert experts.judged is not None
            assert experts.ahead is not None
            rows.append(
                {
                    "file": path.stem,
                    "windows": len(windows),
                    "released_f": round(released.judged["f"].mean, 4),
                    "experts_f": round(experts.judged["f"].mean, 4),
                    "ahead": round(experts.ahead.mean, 4),
                    "from": round(experts.ahead.low, 4),
                    "to": round(experts.ahead.high, 4),
                }
            )
    print_rows(rows, as_json)


def _layer(text: str) -> tuple[str, int]:
    name, _, count = text.partition(":")
    if not count.isdecimal():
        fail(f"--layer {text}: write NAME:K, such as language:1")
    return name, int(count)


# After the commands above, so that `cgp experts --help` lists them in the order of their use.
for _command in (
    experts_judging.seal,
    experts_judging.publish,
    experts_judging.judge,
    experts_judging.settle,
    experts_sharing.archive,
    experts_sharing.push,
    experts_sharing.pull,
    experts_sharing.commit,
    experts_sharing.committed,
    experts_serving.serve,
    experts_serving.node,
    experts_serving.trial,
):
    app.command()(_command)
