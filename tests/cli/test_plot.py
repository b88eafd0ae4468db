"""``cgp plot rewards``: a picture of what the store holds."""

import pytest
from typer.testing import CliRunner

from cgp.cli.app import app
from cgp.store import Store

runner = CliRunner()


def plot(*flags):
    return runner.invoke(app, ["plot", "rewards", *(str(flag) for flag in flags)])


def test_an_empty_store_is_said_to_be_empty(tmp_path):
    Store(f"sqlite:///{tmp_path / 'store.sqlite'}").close()
    result = plot("--store", tmp_path / "store.sqlite")
    assert result.exit_code == 1
    assert "no standings" in result.stderr


def test_a_missing_store_is_not_made(tmp_path):
    result = plot("--store", tmp_path / "nowhere.sqlite")
    assert result.exit_code == 2
    assert not (tmp_path / "nowhere.sqlite").exists()


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_standings_are_drawn(store_with_standings, tmp_path, ending):
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    picture = tmp_path / f"rewards.{ending}"
    result = plot("--store", store_with_standings, "-o", picture)
    assert result.exit_code == 0, result.stderr
    assert "2 standings" in result.stdout
    assert picture.stat().st_size > 1000


def test_an_unknown_ending_is_refused(store_with_standings, tmp_path):
    result = plot("--store", store_with_standings, "-o", tmp_path / "rewards.doc")
    assert result.exit_code == 2
    assert ".png" in result.stderr
