"""A fresh start: the question names all that is erased, and nothing else goes."""

import typer
from typer.testing import CliRunner

from cgp.cli.localnet import localnet
from cgp.localnet import Folder

MADE = ("chain.sqlite", "store.sqlite-wal", "index/catalogue", "wallets/owner", "logs/miner-1.log")


def test_a_fresh_start_says_what_it_erases_and_erases_no_more(tmp_path, monkeypatch):
    # Prepare
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    folder = Folder(tmp_path / "localnet")
    for name in (*MADE, "notes.txt"):
        (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / name).touch()
    app = typer.Typer()
    app.command()(localnet)

    # Execute: nobody can be asked
    result = CliRunner().invoke(app, ["--fresh"])

    # Assert
    assert result.exit_code == 2
    for word in ("chain", "store", "search index", "wallets", "logs", "names"):
        assert word in result.stderr
    assert all((folder.path / name).exists() for name in MADE)
    folder.clear()
    assert [path.name for path in folder.path.iterdir()] == ["notes.txt"]
