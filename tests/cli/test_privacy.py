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
    shown = " ".join(done.stdout.split())
    # In words, since colours do not go through a pipe.
    assert "[email “ana@example.com”]" in shown
    assert "[secret “hunter2horse”, suspected “1234567890”]" in shown
    assert "harvest" not in shown
    assert shown.endswith("Would be redacted: 1 email, 1 secret; only suspected, and stays: 1")


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
    assert "Would be redacted" not in done.stdout
    missing = CliRunner().invoke(app, ["privacy", str(tmp_path / "none.json")])
    assert missing.exit_code == 2


def test_names_and_ids_of_participants_are_shown_as_they_are_redacted(tmp_path):
    # Prepare
    path = tmp_path / "talk.json"
    people = [{"name": "ana@example.com", "id": "4155550123456789"}, "Ben"]
    turns = [{"speaker": 0, "text": "good morning"}, {"speaker": 1, "text": "good morning, Ana"}]
    path.write_text(json.dumps({"id": "talk", "participants": people, "turns": turns}))

    # Execute
    done = CliRunner().invoke(app, ["privacy", "--json", str(path)])

    # Assert
    email = {"place": "name of participant 0", "start": 0, "stop": 15, "rule": "email"}
    assert json.loads(done.stdout)["finds"] == [email]


def test_a_name_that_gets_a_pseudonym_is_shown(chat, monkeypatch, tmp_path):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PRIVACY_PSEUDONYMISE", "true")
    chat.write_text("Anastasia: hello\nBenedict: hello Anastasia\nAnastasia: bye\n", "utf-8")
    done = CliRunner().invoke(app, ["privacy", "--json", str(chat)])
    assert json.loads(done.stdout)["finds"] == [
        {"place": "1 Benedict", "start": 6, "stop": 15, "rule": "name"}
    ]
    # People count turns from 1, programs from 0.
    assert "2 Benedict:  hello Anastasia" in CliRunner().invoke(app, ["privacy", str(chat)]).stdout
