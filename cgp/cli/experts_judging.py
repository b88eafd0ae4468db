"""``cgp experts seal``, ``publish``, ``judge`` and ``settle``: hold-outs, verdicts and rewards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cgp.cli.console import fail, messages, output
from cgp.cli.experts_folder import Folder, opened_ledger, own_hotkey
from cgp.cli.experts_tables import AsJson, TableFile, print_rows, read_table
from cgp.config import Settings

if TYPE_CHECKING:
    from cgp.experts.ledger import Ledger
    from cgp.experts.rewards import Settlement, Version


def seal(table_file: TableFile, folder: Folder = None) -> None:
    """Announce a hold-out by its digest, for this epoch; keep the file to yourself.

    Take no windows that the released model was trained on: a gain on them says nothing about other
    talk. The release keeps no list of its windows, so nothing here finds that out.
    """
    from cgp.experts import judging

    key = own_hotkey(Settings())
    with opened_ledger(folder) as ledger:
        record = judging.seal(ledger, read_table(table_file), key)
        end = ledger.specification.epoch_start(record.epoch + 1)
    output.print(record.digest, highlight=False, soft_wrap=True)
    messages.print(
        f"sealed for epoch {record.epoch}, until {_utc(end)}. Whether the released model was trained on"
        " these windows is not checked: the release keeps no list of its windows",
        highlight=False,
        soft_wrap=True,
    )


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
    print_rows(rows, as_json, "no submission waits (cgp experts list shows the state of each)")


def settle(
    epoch: Annotated[
        int | None, typer.Argument(min=0, help="An epoch that is over (default: the last one).")
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
        why_unpaid = "" if settlement.amounts else reasons_of_no_pay(ledger, settlement)
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
    print_rows(rows, as_json, why_unpaid)


def reasons_of_no_pay(ledger: Ledger, settlement: Settlement) -> str:
    """Explain a settlement without amounts: the versions that it looked at, each with a reason."""
    from cgp.experts.rewards import versions

    epoch = settlement.epoch
    start, end = map(ledger.specification.epoch_start, (epoch, epoch + 1))
    before = "" if settlement.is_new else "; it was settled before, and is settled once"
    lines = [f"epoch {epoch}, {_utc(start)} to {_utc(end)}: nobody is paid{before}"]
    standing = versions(ledger)
    if not standing:
        lines.append("no expert stands, and only what judges accepted is paid (cgp experts list)")
    lines.extend(f"{v.name}: {_reason_of_no_pay(ledger, v, epoch)}" for v in standing)
    return "\n".join(lines)


def _reason_of_no_pay(ledger: Ledger, version: Version, epoch: int) -> str:
    if version.accepted_in is None:
        return "no verdict here accepts it"
    if not version.counts_in(epoch):
        ready = ledger.specification.epoch_start(version.accepted_in + 1)
        accepted = f"accepted later, in epoch {version.accepted_in}"
        return f"{accepted}, which can be settled from {_utc(ready)}"
    if version.weight:
        return "its verdict came after the epoch was settled"
    return "no window of the hold-out is routed to it"


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
