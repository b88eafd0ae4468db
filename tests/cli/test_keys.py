"""``cgp keys``: a key is shown once, works until it is revoked, and is kept as a hash."""

import json

import pytest
from typer.testing import CliRunner

from cgp.api.keys import ApiKeys
from cgp.cli.keys import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def invoke(*arguments):
        return CliRunner().invoke(app, list(arguments))

    return invoke


@pytest.fixture
def keys(run, tmp_path):
    store = ApiKeys(f"sqlite:///{tmp_path / 'data' / 'store.sqlite'}")
    store.create_key_table()
    yield store
    store.close()


def test_a_key_is_made_listed_and_revoked(run, keys, tmp_path):
    made = run("create", "podcasts", "--scope", "import", "--scope", "read", "--days", "7")
    assert made.exit_code == 0
    text = made.stdout.strip().splitlines()[-1]
    key = keys.key_of(text)
    assert key.scopes == ("import", "read")
    assert key.expires_at == pytest.approx(key.created_at + 7 * 86_400)
    secret = text.split("_", 2)[2]
    for file in (tmp_path / "data").iterdir():
        assert secret.encode() not in file.read_bytes()

    listed = run("list")
    assert key.id in listed.stdout
    assert "podcasts" in listed.stdout
    assert secret not in listed.stdout
    (described,) = json.loads(run("list", "--json").stdout)
    assert (described["id"], described["state"]) == (key.id, "active")

    assert run("revoke", key.id).exit_code == 0
    assert keys.key_of(text) is None
    assert json.loads(run("list", "--json").stdout)[0]["state"] == "revoked"


def test_a_key_is_for_importing_unless_said_otherwise(run, keys):
    text = run("create", "x").stdout.strip().splitlines()[-1]
    assert keys.key_of(text).scopes == ("import",)


def test_wrong_input_is_told_what_is_allowed(run):
    assert run("create", "x", "--scope", "everything").exit_code == 2
    nameless = run("create", " ")
    assert nameless.exit_code == 2
    assert "a key needs a name" in nameless.stderr
    unknown = run("revoke", "0123")
    assert unknown.exit_code == 1
    assert "no active key '0123'" in unknown.stderr
