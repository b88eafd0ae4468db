"""The command line as a whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cgp
from cgp.cli.app import app, app_commands

runner = CliRunner()
ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
# The command that the recipe shows how to add.
EXCEPTIONS = {("CONTRIBUTING.md", "words", "")}
GROUPS = {
    "store": {"list", "show", "forget", "state", "backup", "restore"},
    "scoring": {"score", "compare", "gold", "redteam", "plot"},
    "learn": {"model", "experts", "mycelium"},
    "models": {"list", "get", "gateway", "worker", "costs"},
}
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in DOCS))
# As the pages write commands: in code, after a prompt or a path, "cgp NAME" and perhaps another word.
NAMED = re.compile(r"(?:^|[`/\s])cgp ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")


def lines_of(page):
    """Return the lines of commands on a help page, of which each begins with a name."""
    return re.findall(r"^\W*([a-z][a-z-]+) {2,}\S", page, re.MULTILINE)


def test_the_help_page_has_under_25_lines_of_commands_and_every_group():
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    page = result.stdout.split("Commands")[1]
    names = lines_of(page)
    # Of the lines after the heading the last two end the frame and the page.
    assert len(names) <= len(page.rstrip().splitlines()[1:-1]) < 25
    assert GROUPS.keys() | {"localnet", "import", "tag", "search", "config"} <= set(names)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands_and_finds_each_with_and_without_its_name(group):
    result = runner.invoke(app, [group, "--help"])
    assert set(lines_of(result.stdout)) >= GROUPS[group]
    for name in GROUPS[group]:
        page = runner.invoke(app, [group, name, "--help"])
        assert page.exit_code == 0
        assert f"Usage: cgp {group} {name} " in page.stdout


def test_every_command_is_on_the_help_page_or_on_that_of_a_group():
    pages = [runner.invoke(app, [*words, "--help"]).stdout for words in ((), *zip(GROUPS))]
    listed = {name for page in pages for name in lines_of(page)}
    assert set(app_commands()) <= listed


@pytest.mark.parametrize("name", ["score", "redteam", "experts", "state", "gateway", "costs"])
def test_a_command_of_a_group_works_by_its_own_name_alone(name):
    result = runner.invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"Usage: cgp {name} " in result.stdout


def test_commands_that_the_pages_name_exist():
    pages = [(page, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES]
    named = {(page, *words) for page, text in pages for words in NAMED.findall(text)}
    assert len(named) > 60
    for page, name, part in named - EXCEPTIONS:
        assert name in app_commands() or name in GROUPS, f"{page}: cgp {name}"
        if part and name in {"scoring", "learn"}:
            assert part in GROUPS[name], f"{page}: cgp {name} {part}"


def test_a_name_that_is_nearly_one_is_suggested():
    assert "redteam" in runner.invoke(app, ["redtaem"]).stderr
    assert "backup" in runner.invoke(app, ["store", "bakcup"]).stderr


def test_the_version_is_the_package_version():
    assert runner.invoke(app, ["--version"]).stdout.strip() == f"cgp {cgp.__version__}"


def test_an_unknown_command_is_a_usage_error():
    assert runner.invoke(app, ["lcoalnet"]).exit_code == 2


def test_the_help_page_loads_no_command():
    code = (
        "import sys; from cgp.cli.app import app; app(['--help'], standalone_mode=False); "
        "heavy = {'numpy', 'pydantic', 'sqlalchemy', 'bittensor', 'cgp.config'}; "
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


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
    assert "AXON_PORT: " in done.stderr, "it was set by the variable"
    assert "Traceback" not in done.stderr
