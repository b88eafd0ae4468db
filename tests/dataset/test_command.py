"""The command: what it prints, and what it refuses and why."""

import json
from contextlib import closing

import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.export import export
from cgp.dataset import read_manifest
from cgp.store import Store
from tests.dataset.filled import PERSONAL, conversations, fill


@pytest.fixture
def run(filled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for name in ("HF_TOKEN", "FIREBASE_TOKEN", "FIREBASE_AUTH"):
        monkeypatch.delenv(name, raising=False)
    # A link in DATA_DIR would be refused, so the store is named where it lies.
    monkeypatch.setenv("DATABASE_URL", filled[0])
    app = typer.Typer()
    app.command()(export)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def test_it_tells_what_was_exported(run, tmp_path):
    result = run(tmp_path / "out", "--format", "jsonl", "--min-quality", "0.4")
    assert result.exit_code == 0
    assert "conversations in" in result.stdout
    assert "left out: " in result.stdout
    assert read_manifest(tmp_path / "out").format == "jsonl"


def test_the_least_quality_is_a_setting_too(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MIN_QUALITY", "0.4")
    for name, option, least in (("a", (), 0.4), ("b", ("--min-quality", "0"), None)):
        result = run(tmp_path / name, "--format", "jsonl", *option)
        assert result.exit_code == 0
        recipe = read_manifest(tmp_path / name).document["recipe"]
        assert recipe["min_quality"] == least


def test_json_is_the_manifest(run, tmp_path):
    result = run(tmp_path / "out", "--format", "jsonl", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["manifest"] == read_manifest(tmp_path / "out").document
    assert (document["pushed"], document["firebase"]) == (None, None)


def test_provenance_comes_from_a_file(run, tmp_path):
    file = tmp_path / "sources.json"
    file.write_text(json.dumps({PERSONAL.source: {"licence": "CC0-1.0"}}), encoding="utf-8")
    assert run(tmp_path / "out", "--format", "jsonl", "--provenance", file).exit_code == 0
    manifest = read_manifest(tmp_path / "out")
    assert manifest.document["statistics"]["sources"]["mail"]["licence"] == "CC0-1.0"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "an object of sources"),
        ("{", "not JSON"),
        ('{"mail": {"license": "MIT"}}', "an object with licence, attribution, url"),
        ('{"mail": {"licence": 4}}', "licence is a string, not int"),
        (None, "No such file"),
    ],
)
def test_a_provenance_file_that_cannot_be_read_is_told(run, tmp_path, text, problem):
    file = tmp_path / "s.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    result = run(tmp_path / "out", "--provenance", file)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--private"], "--private is about --push"),
        (["--push", "nobody"], "OWNER/NAME is needed"),
        (["--push", "a/b", "--format", "jsonl"], "needs --format hf"),
        (["--firebase", "https://database.example"], "needs FIREBASE_TOKEN"),
        (["--format", "csv"], "csv"),
        (["--min-quality", "2"], "min-quality"),
    ],
)
def test_what_cannot_be_is_refused_at_once(run, tmp_path, arguments, problem):
    result = run(tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()


def test_what_is_not_redacted_is_sent_nowhere(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PRIVACY_REDACT", "false")
    for arguments in (["--push", "a/b"], ["--firebase", "http://localhost:9"]):
        result = run(tmp_path / "out", *arguments)
        assert result.exit_code == 2
        assert "is not sent anywhere" in " ".join(result.stderr.split())


def test_a_push_without_a_token_says_how_to_get_one(run, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    result = run(tmp_path / "out", "--push", "a/b")
    assert result.exit_code == 2
    assert "set HF_TOKEN" in result.stderr


def test_a_failure_of_firebase_is_status_1_and_keeps_the_dataset(run, tmp_path, monkeypatch):
    monkeypatch.setattr("cgp.dataset.firebase._FIRST_WAIT", 0.0)
    result = run(tmp_path / "out", "--format", "jsonl", "--firebase", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "did not take the dataset" in " ".join(result.stderr.split())
    assert read_manifest(tmp_path / "out") is not None


def test_a_dataset_is_not_replaced_by_what_is_left_of_its_store(run, tmp_path, monkeypatch):
    # Prepare: of four exported conversations two leave the store, without a trace
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    monkeypatch.setenv("DATABASE_URL", url)
    fill(url, list(conversations())[:5])
    export_it = (tmp_path / "out", "--format", "jsonl")
    assert run(*export_it).exit_code == 0
    before = (tmp_path / "out" / "dataset.json").read_bytes()
    with closing(Store(url)) as store:
        ids = store.recent_conversation_ids(9)
        store.delete(ids[1:4])

    # Execute
    refused = run(*export_it)
    kept = (tmp_path / "out" / "dataset.json").read_bytes()
    replaced = run(*export_it, "--overwrite")

    # Assert
    assert refused.exit_code == 2
    said = " ".join(refused.stderr.split())
    assert "holds a dataset of 4 conversations, and the store only 2" in said
    assert "--overwrite" in said
    assert kept == before
    assert replaced.exit_code == 0
    left = read_manifest(tmp_path / "out").conversations
    assert f"it replaces a dataset of 4: {4 - left} fewer now" in replaced.stderr


def test_a_dataset_follows_what_was_forgotten_and_says_how_many_fewer(run, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    monkeypatch.setenv("DATABASE_URL", url)
    fill(url, list(conversations())[:5], waiting=0)
    export_it = (tmp_path / "out", "--format", "jsonl")
    first = run(*export_it)
    assert "replaces" not in first.stderr
    with closing(Store(url)) as store:
        store.forget(store.recent_conversation_ids(3))
    second = run(*export_it)
    assert second.exit_code == 0
    assert "it replaces a dataset of 5: 3 fewer now" in second.stderr
    assert "replaces" not in run(*export_it).stderr
