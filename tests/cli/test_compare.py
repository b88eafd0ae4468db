"""``cgp compare``: annotators measured, ranked, and never by their own tags."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cgp.cli.app import app
from cgp.gold import FIGURE_NAMES, bundled_gold

ROOT = Path(__file__).resolve().parents[2]

FEW = bundled_gold()[:8]
runner = CliRunner()


def compared(*arguments):
    result = runner.invoke(app, ["compare", "--json", *arguments])
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.peers
def test_without_a_file_the_bundled_windows_rank_the_default_above_what_counts_words():
    assert (
        "windows of the bundled samples" in runner.invoke(app, ["compare", "--no-baselines"]).stdout
    )
    document = compared()

    rows = {row["name"]: row for row in document["annotators"]}
    f = {name: row["strict"]["f"] for name, row in rows.items()}
    assert document["windows"] == len(bundled_gold())
    assert next(iter(rows)) == "embedded"
    # Whole intervals, not only means; between the first two window by window as well (below).
    assert f["embedded"]["low"] > f["frequent-words"]["high"]
    assert f["frequent-words"]["low"] > f["random-phrases"]["high"]
    for name, row in rows.items():
        assert set(row["strict"]) == set(FIGURE_NAMES)
        assert name == "embedded" or row["ahead"]["high"] < 0


@pytest.fixture
def few(tmp_path):
    """A file of the first bundled windows: the peers' tests measure all of them."""
    return gold_file(tmp_path / "few.jsonl", FEW)


def gold_file(path, windows):
    lines = [json.dumps(gold.to_json()) for gold in windows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_the_table_says_what_was_measured_and_how_far_the_others_are_behind(few):
    result = runner.invoke(app, ["compare", "--gold", few])

    assert "8 windows of few.jsonl" in result.stdout
    assert "random-phrases: f" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_gold_file_of_ones_own(tmp_path):
    path = gold_file(tmp_path / "gold.jsonl", bundled_gold()[:1])

    document = compared("embedded,max_tags=3", "--gold", path, "--no-baselines")

    (row,) = document["annotators"]
    assert (row["name"], row["tags"]) == ("embedded,max_tags=3", 3.0)
    assert row["strict"]["f"]["low"] is None


def test_another_annotators_tags_can_stand_for_the_readers(few):
    document = compared(
        *(
            "embedded",
            "random-phrases",
            "--truth",
            "frequent-words",
            "--gold",
            few,
            "--no-baselines",
        )
    )

    assert document["truth"] == "frequent-words"
    embedded, drawn = document["annotators"]
    assert embedded["strict"]["f"]["mean"] > drawn["strict"]["f"]["mean"]


def test_tags_that_were_made_elsewhere_stand_beside_annotators(few, tmp_path):
    lines = [
        {"id": gold.id, "tags": [{"text": tag.wordings[-1]} for tag in gold.tags]} for gold in FEW
    ]
    path = tmp_path / "second.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines[:-1]), encoding="utf-8")

    document = compared(
        *("embedded", "--gold", few, "--answers", f"second reading={path}", "--no-baselines")
    )

    second = document["annotators"][0]
    assert second["name"] == "second reading"
    assert 0.8 < second["strict"]["f"]["mean"] < 1
    assert second["ahead"]["low"] > 0


@pytest.mark.parametrize(
    ("content", "message"), [("{}", "line 1: expected"), ("nonsense", "line 1: expected")]
)
def test_a_file_of_tags_that_is_none_is_named(tmp_path, content, message):
    path = tmp_path / "tags.jsonl"
    path.write_text(content, encoding="utf-8")

    result = runner.invoke(app, ["compare", "--answers", f"mine={path}"])

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--truth", "embedded"], "would be measured by its own tags"),
        (["nonesuch"], "there is no annotator 'nonesuch'"),
        (["--gold", "missing.jsonl"], "missing.jsonl: no such file"),
        (["--answers", "missing.jsonl"], "write it NAME=FILE"),
        (["--answers", "mine=missing.jsonl"], "missing.jsonl: no such file"),
    ],
)
def test_what_cannot_be_measured_is_said(arguments, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(app, ["compare", *arguments])

    assert result.exit_code in {1, 2}
    assert message in " ".join(result.stderr.split())


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text('{"turns": [["A", "hello"]], "tags": [{"text": "x", "weight": 9}]}')

    result = runner.invoke(app, ["compare", "--gold", str(path)])

    assert result.exit_code == 2
    assert "line 1: tag 0: weight must be 3" in " ".join(result.stderr.split())


@pytest.mark.parametrize("damage", [None, b"no weights"], ids=["missing", "damaged"])
def test_missing_weights_are_an_error_with_a_remedy(tmp_path, damage):
    # Prepare: an installation whose tag model is gone or broken.
    shutil.copytree(ROOT / "cgp", tmp_path / "cgp", ignore=shutil.ignore_patterns("__pycache__"))
    weights = tmp_path / "cgp" / "tagmodel" / "released" / "weights.safetensors"
    weights.unlink()
    if damage is not None:
        weights.write_bytes(damage)
    # Execute
    done = subprocess.run(
        [sys.executable, "-c", "from cgp.cli import main; main()", "compare", "--no-baselines"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    # Assert
    assert done.returncode == 1, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert "weights.safetensors" in done.stderr
    assert "hint: install the project again" in done.stderr
