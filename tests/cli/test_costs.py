import json

import pytest
import typer
from typer.testing import CliRunner

from cgp.annotators.costs import CostLedger, Usage, costs_file
from cgp.cli.console import output
from cgp.cli.costs import costs


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(output, "width", 200)
    app = typer.Typer()
    app.command()(costs)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
async def spent(tmp_path):
    ledger = CostLedger(costs_file(tmp_path))
    for purpose, usage in [
        ("window", Usage(1000, 50, 0.5)),
        ("window", Usage(2000, 70, 0.25)),
        ("window", Usage(usd=0.125, failed=True, presumed=True)),
        ("ground_truth", Usage(10, 20, None)),
    ]:
        reservation = ledger.reservation("groq/[m]", purpose, 1.0)
        await ledger.reserve(reservation)
        ledger.settle(reservation, usage)
    await ledger.count_cached("groq/[m]", "window")
    await ledger.close()


def test_no_calls_are_no_costs(run):
    result = run()
    assert result.exit_code == 0
    assert "no model was asked in the last 30 days" in result.output
    assert json.loads(run("--json").stdout) == []


@pytest.mark.usefixtures("spent")
def test_the_sums_are_by_day_model_and_purpose(run):
    rows = json.loads(run("--json").stdout)
    window = next(row for row in rows if row["purpose"] == "window")
    assert [window[name] for name in ("calls", "failed", "cached")] == [3, 1, 1]
    assert (window["input_tokens"], window["output_tokens"]) == (3000, 120)
    assert (window["usd"], window["presumed_usd"]) == (0.875, 0.125)
    assert len(rows) == 2


@pytest.mark.usefixtures("spent")
def test_the_table_says_what_is_unknown_or_presumed(run):
    result = run("--days", "1")
    assert "groq/[m]" in result.output
    assert "3,000" in result.output
    assert "0.8750 + ?" in result.output
    assert "no known price for 1 call (+ ?)" in result.output
    assert "$0.1250 of it is the most" in result.output


def test_a_broken_file_is_a_clear_error(run, tmp_path):
    costs_file(tmp_path).write_text("not a database, but a text that is long enough " * 99)
    result = run()
    assert result.exit_code == 1
    assert "error:" in result.output
