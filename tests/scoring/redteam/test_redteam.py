"""The red team's report: every bound on a small scale, and that a hole would show."""

import io
import json
import math
from dataclasses import replace

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.cli.redteam import redteam, table_of
from cgp.conversation_json import conversation_to_json
from cgp.embedders import default_embedder
from cgp.samples import load
from cgp.scoring.redteam import history, not_reading, vectors
from cgp.scoring.redteam.honest import FULL, full
from cgp.scoring.redteam.report import Report, Row, run_red_team
from cgp.scoring.redteam.strategy import Sense, Strategy

KEYS = {"name", "kind", "score", "reward", "ratio_to_honest", "bound", "passed"}
FEW = (
    *not_reading.STRATEGIES[:6],
    *vectors.STRATEGIES[:4],
    next(s for s in history.STRATEGIES if s.lifetime == 1),
)


class ReadingOnce(EmbeddedAnnotator):
    """The embedded annotator, which reads each text once for all reports: they share windows."""

    def __init__(self):
        super().__init__()
        self.answers = {}

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        question = (conversation, max_tags, purpose)
        if question not in self.answers:
            self.answers[question] = await super().annotate(
                conversation, max_tags=max_tags, purpose=purpose
            )
        return self.answers[question]


READER = ReadingOnce()


def attack(attacks, *, windows=15, seed=0):
    return run_red_team(
        load(), READER, default_embedder(), windows=windows, seed=seed, attacks=attacks
    )


@pytest.fixture(scope="module")
def small_report():
    return attack(FEW)


def test_answers_that_read_nothing_or_forge_vectors_are_paid_nothing(small_report):
    rows = {row.name: row for row in small_report.rows}
    for strategy in FEW:
        assert rows[strategy.name].passed, rows[strategy.name]
    assert rows[FULL.name].reward > 0
    assert rows[FULL.name].ratio_to_honest == pytest.approx(1)


def test_the_report_names_every_strategy_in_the_form_that_was_agreed(small_report):
    document = json.loads(json.dumps(small_report.to_json(), allow_nan=False))
    assert list(document) == ["strategies"]
    for row in document["strategies"]:
        assert row.keys() >= KEYS
        assert row["kind"] in {"honest", "attack"}
        assert isinstance(row["passed"], bool)
        assert all(
            math.isfinite(row[key]) for key in ("score", "reward", "ratio_to_honest", "bound")
        )
    assert {row["name"] for row in document["strategies"]} >= {s.name for s in FEW}


@pytest.mark.peers
def test_the_same_seed_gives_the_same_report_and_another_seed_another(small_report):
    assert attack(FEW) == small_report
    assert attack(FEW, seed=1) != small_report


def test_a_hole_in_the_scoring_would_show():
    paid_for_nothing = Strategy("a way to be paid", full, 0.03, "not reading")
    report = attack((paid_for_nothing,))
    row = next(row for row in report.rows if row.name == paid_for_nothing.name)
    assert not row.passed
    assert not report.passed
    assert row.ratio_to_honest == pytest.approx(1, abs=0.5)


def test_a_bound_can_be_a_floor():
    row = Row("x", "honest", "honest", 0.5, 0.1, 1.0, "", 0.95, Sense.AT_LEAST, 0.9)
    assert row.passed
    assert not replace(row, measured=0.8).passed
    assert not Report((row, replace(row, sense=Sense.AT_MOST))).passed


@pytest.mark.parametrize(("windows", "count"), [(2, 3), (9, 1)])
def test_too_little_to_go_on_is_an_error(windows, count):
    with pytest.raises(ValueError, match="at least"):
        run_red_team(
            load()[:count], EmbeddedAnnotator(), default_embedder(), windows=windows, attacks=FEW
        )


def test_the_command_prints_json_and_fails_when_a_bound_does(tmp_path):
    """Three windows are too few for the checks on honest miners, so the status is 1."""
    app = typer.Typer()
    app.command()(redteam)
    path = tmp_path / "conversations.jsonl"
    path.write_text("\n".join(json.dumps(conversation_to_json(c)) for c in load()[:3]))
    arguments = ["--json", "--windows", "3", "--seed", "5", "--conversations", str(path)]
    done = CliRunner().invoke(app, arguments)
    document = json.loads(done.stdout)
    assert len([row for row in document["strategies"] if row["kind"] == "attack"]) >= 32
    held = all(row["passed"] or row["known_limit"] for row in document["strategies"])
    assert done.exit_code == (0 if held else 1)


def test_the_table_shows_every_row(small_report):
    console = Console(record=True, width=160, file=io.StringIO())
    console.print(table_of(small_report))
    text = console.export_text()
    assert all(row.name in text for row in small_report.rows)
    assert text.count("pass") + text.count("FAIL") == len(small_report.rows)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    app = typer.Typer()
    app.command()(redteam)
    done = CliRunner().invoke(app, ["--conversations", str(tmp_path / "none.jsonl")])
    assert done.exit_code == 2
    assert "no such file" in " ".join(done.stderr.split())
