"""``cgp privacy``: what redaction would take out, and what it only suspects."""

import json

import pytest
from typer.testing import CliRunner

from cgp.cli.app import app


@pytest.fixture
def chat(tmp_path):
    path = tmp_path / "chat.txt"
    path.write_text(
        "Ana: write to ana@example.com\n"
        "Ben: my wifi password is hunter2horse, the form says 1234567890\n"
        "Ana: the harvest is good\n",
        encoding="utf-8",
    )
    return path


def test_each_text_with_a_find_is_shown_with_its_rules(chat):
    done = CliRunner().invoke(app, ["privacy", str(chat)])
    assert done.exit_code == 0
    assert "ana@example.com" in done.stdout
    assert "[email]" in done.stdout
    assert "[secret, suspected]" in " ".join(done.stdout.split())
    assert "harvest" not in done.stdout
    assert done.stdout.endswith("Would be redacted: 1 email, 1 secret\n")


def test_json_tells_where_each_find_stands(chat):
    done = CliRunner().invoke(app, ["privacy", "--json", str(chat)])
    texts = [line.partition(": ")[2] for line in chat.read_text(encoding="utf-8").splitlines()]
    finds = json.loads(done.stdout)["finds"]
    told = [(f["rule"], texts[int(f["place"].split()[0])][f["start"] : f["stop"]]) for f in finds]
    assert told == [
        ("email", "ana@example.com"),
        ("secret", "hunter2horse"),
        ("suspected", "1234567890"),
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "x.json").write_text("{")
    done = CliRunner().invoke(app, ["privacy", str(tmp_path / "x.json")])
    assert done.exit_code == 1
    missing = CliRunner().invoke(app, ["privacy", str(tmp_path / "none.json")])
    assert missing.exit_code == 2
