"""The command line as a whole."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import cgp
from cgp.cli.app import app

runner = CliRunner()
COMMANDS = [
    "localnet",
    "tag",
    "score",
    "import",
    "serve",
    "keys",
    "redteam",
    "plot",
    "costs",
    "config",
]


def test_every_command_is_on_the_help_page():
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    assert [name for name in COMMANDS if f" {name} " not in result.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    result = runner.invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_the_version_is_the_package_version():
    assert runner.invoke(app, ["--version"]).stdout.strip() == f"cgp {cgp.__version__}"


def test_an_unknown_command_is_a_usage_error():
    assert runner.invoke(app, ["lcoalnet"]).exit_code == 2


def test_a_command_loads_only_what_it_needs():
    code = (
        "import sys; from cgp.cli.app import app; app(['config'], standalone_mode=False); "
        "print(sorted({'bittensor', 'sqlalchemy', 'wordllama'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_config_shows_what_is_in_force(monkeypatch):
    monkeypatch.setenv("AXON_PORT", "7777")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    result = runner.invoke(app, ["config"])
    assert "7777" in result.stdout
    assert "sk-secret" not in result.stdout


def test_a_setting_that_cannot_be_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from cgp.cli import main; main()", "config"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AXON_PORT": "ninety"},
    )
    assert done.returncode == 2
    assert "--axon.port" in done.stderr
    assert "Traceback" not in done.stderr
