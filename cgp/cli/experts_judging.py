"""``cgp experts seal``, ``publish``, ``judge`` and ``settle``: hold-outs, verdicts and rewards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cgp.cli.console import fail, output
from cgp.cli.experts_folder import Folder, opened_ledger, own_hotkey
from cgp.cli.experts_tables import AsJson, TableFile, print_rows, read_table
from cgp.config import Settings


def seal(table_file: TableFile, folder: Folder = None) -> None:
    """Announce a hold-out by its digest, for this epoch; keep the file to yourself."""
    from cgp.experts import judging

    key = own_hotkey(Settings())
    with opened_ledger(folder) as ledger:
        record = judging.seal(ledger, read_table(table_file), key)
    output.print(record.digest, highlight=False, soft_wrap=True)


def publish(table_file: TableFile, folder: Folder = None) -> None:
    """Publish a table for everybody to train on, such as the hold-out of an epoch that is over."""
    from cgp.experts import judging

    key = own_hotkey(Settings())
    with opened_ledger(folder) as ledger:
        record = judging.publish(ledger, read_table(table_file), key)
    output.print(record.digest, highlight=False, soft_wrap=True)


def judge(
    hold_out: Annotated[Path, typer.Argument(help="A sealed hold-out.")],
    digests: Annotated[
        list[str] | None, typer.Argument(help="Submissions (default: all that wait).")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Measure submissions on a hold-out and sign verdicts; accepted ones become heads."""
    from cgp.experts.judging import Judge
    from cgp.experts.ledger import State
    from cgp.experts.standing import Networks
    from cgp.tagmodel import shipped_model

    key = own_hotkey(Settings())
    rows: list[dict[str, Any]] = []
    with opened_ledger(folder) as ledger:
        bench = Judge(shipped_model().head, read_table(hold_out), key, Networks(ledger))
        for digest in digests or [r.digest for r in ledger.records(state=State.PENDING)]:
            outcome = bench.decide(ledger, digest)
            measurement = outcome.measurement
            rows.append(
                {
                    "name": outcome.record.name,
                    "digest": digest,
                    "state": str(outcome.record.state),
                    "reason": str(measurement.reason),
                    # Relative to the loss before: nats a candidate say little to a person.
                    # The gain is the lesser of plain and fitted, so it may lie below one bound.
                    "gain_percent": round(100 * measurement.gain / measurement.loss_before, 3),
                    "lower_percent": round(100 * measurement.lower / measurement.loss_before, 3),
                    "fitted_lower_percent": round(
                        100 * measurement.fitted_lower / measurement.loss_before, 3
                    ),
                    "routed": round(measurement.routed_share, 3),
                }
            )
    print_rows(rows, as_json)


def settle(
    epoch: Annotated[
        int | None, typer.Argument(help="An epoch that is over (default: the last one).")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Share an epoch's pool by the gains that stand; a second call changes nothing."""
    from cgp.experts import rewards

    with opened_ledger(folder) as ledger:
        try:
            settlement = rewards.settle(ledger, ledger.epoch() - 1 if epoch is None else epoch)
        except ValueError as error:
            fail(str(error))
        balances = rewards.balances(ledger)
    rows = [
        {
            "epoch": settlement.epoch,
            "hotkey": hotkey,
            "share": amount / rewards.POOL,
            "balance": balances[hotkey] / rewards.POOL,
            "paid_now": settlement.is_new,
        }
        for hotkey, amount in settlement.amounts.items()
    ]
    print_rows(rows, as_json)
