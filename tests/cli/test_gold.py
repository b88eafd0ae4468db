"""``cgp gold``: an operator's hidden windows, added, listed, removed, and shown to nobody else."""

import json

import pytest
from typer.testing import CliRunner

from cgp.cli.app import app
from cgp.gold import bundled_gold

runner = CliRunner()
FIRST, SECOND = bundled_gold()[:2]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def written(folder, *windows):
    path = folder / "gold.jsonl"
    lines = [json.dumps(w if isinstance(w, dict) else w.to_json()) for w in windows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def listed():
    result = runner.invoke(app, ["gold", "list", "--json"])
    assert result.exit_code == 0, result.stderr
    return {row.pop("id"): row for row in json.loads(result.stdout)}


def test_windows_are_added_listed_and_removed(data):
    result = runner.invoke(app, ["gold", "add", written(data, FIRST, SECOND), "--uses", "5"])
    assert result.exit_code == 0, result.stderr
    assert "2 gold windows added" in result.stderr
    assert listed()[FIRST.id] == {
        "language": "en",
        "tags": len(FIRST.tags),
        "uses": 0,
        "most_uses": 5,
        "answers": 0,
        "mean_score": None,
        "removed": False,
    }

    assert runner.invoke(app, ["gold", "remove", FIRST.id]).exit_code == 0

    assert {identifier: row["removed"] for identifier, row in listed().items()} == {
        FIRST.id: True,
        SECOND.id: False,
    }
    assert FIRST.id in runner.invoke(app, ["gold", "list"]).stdout.replace("\n", "")


def test_a_window_that_miners_would_know_by_its_size_is_left_out(data):
    turns = [{"speaker": "A", "text": "word " * 100}] * 5
    large = FIRST.to_json() | {"id": "large", "turns": turns, "profiles": []}
    empty = SECOND.to_json() | {"tags": []}

    result = runner.invoke(app, ["gold", "add", written(data, FIRST, large, empty)])

    said = " ".join(result.stderr.split())
    assert result.exit_code == 0
    assert "left out large: 2500 characters in 5 turns" in said
    assert "has no tags" in said
    assert list(listed()) == [FIRST.id]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["remove", "nonesuch"], "no gold window in use has the id 'nonesuch'"),
        (["replay", "nonesuch", "hotkey"], "hotkey has given no answer to 'nonesuch'"),
        (["add", "missing.jsonl"], "missing.jsonl: no such file"),
    ],
)
def test_what_is_not_there_is_said(data, arguments, message):
    result = runner.invoke(app, ["gold", *arguments])

    assert result.exit_code in {1, 2}
    assert message in " ".join(result.stderr.split())
