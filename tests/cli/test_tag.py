"""``cgp tag``: JSON in, JSON out, bad records named and good ones kept."""

import json

from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json

runner = CliRunner()


def write(path, conversations):
    lines = [json.dumps(conversation_to_json(c), ensure_ascii=False) for c in conversations]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_file_of_one_conversation_gives_one_object(tmp_path):
    conversation = samples.load()[0]
    result = runner.invoke(app, ["tag", write(tmp_path / "one.json", [conversation])])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["id"] == conversation.id
    assert 1 <= len(document["tags"]) <= 12
    names = {participant.name for participant in conversation.participants}
    assert {profile["name"] for profile in document["profiles"]} <= names
    for profile in document["profiles"]:
        for claim in profile["claims"]:
            assert all(0 <= turn < len(conversation.turns) for turn in claim["turns"])


def test_lines_in_give_lines_out_and_bad_ones_are_named(tmp_path):
    conversations = samples.load()[:2]
    path = tmp_path / "some.jsonl"
    write(path, conversations)
    path.write_text(path.read_text(encoding="utf-8") + '{"turns": 3}\n', encoding="utf-8")
    result = runner.invoke(app, ["tag", str(path), "--max-tags", "3"])
    assert result.exit_code == 1
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [document["id"] for document in documents] == [c.id for c in conversations]
    assert all(len(document["tags"]) <= 3 for document in documents)
    assert "record 3" in " ".join(result.stderr.split())


def test_a_missing_file_is_a_usage_error():
    result = runner.invoke(app, ["tag", "nowhere.json"])
    assert result.exit_code == 2
    assert "nowhere.json" in result.stderr


def test_an_annotator_that_cannot_be_made_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "")
    file = write(tmp_path / "one.json", samples.load()[:1])
    for spec, message in (("gpt", "there is no annotator 'gpt'"), ("openai", "no key: set OPENAI")):
        result = runner.invoke(app, ["tag", file, "--annotator", spec])
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())


def test_what_fell_back_is_said_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    file = write(tmp_path / "one.json", samples.load()[:1])
    spec = "ollama@http://127.0.0.1:9/v1,retries=0,fallback=embedded"
    result = runner.invoke(app, ["tag", file, "--annotator", spec])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["tags"]
    assert "of 1 annotations 0 failed and 1 fell back" in " ".join(result.stderr.split())
