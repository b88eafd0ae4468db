"""The set-up's shell functions: they name what is missing, and start anew where one was interrupted."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path):
    """A folder with what the set-up reads; its pip is a Python program that only notes its calls."""
    for name in ("scripts", "locked"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "setup.sh"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def shell(folder, lines, **variables):
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail; source scripts/environment.sh; {lines}"],
        cwd=folder,
        env={**os.environ, "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


# Stands for the installation, which takes a minute and the network: the tests of the tier `peers` do it.
INSTALLED = '_install() { echo "$*" >> installs; }; '


def test_a_whole_set_up_is_done_once_for_each_state(clone):
    python = {"PYTHON": sys.executable}
    done = shell(clone, INSTALLED + "environment operator; environment operator", **python)
    assert done.returncode == 0, done.stderr
    assert (clone / "installs").read_text(encoding="utf-8") == "operator\n"
    assert not (clone / ".venv" / "setting-up").exists()
    assert done.stderr.count("Setting up .venv with the extra operator (once") == 1
    done = shell(clone, INSTALLED + "environment; environment dataset", **python)
    assert done.returncode == 0, done.stderr
    # A further extra is no set-up, and is said by its name alone.
    assert done.stderr == "Adding to .venv what dataset needs ...\n"
    assert (clone / "installs").read_text(encoding="utf-8") == "operator\ndataset operator\n"


def test_a_set_up_without_extras_is_done_once_too(clone):
    done = shell(clone, INSTALLED + "environment; environment", PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Setting up .venv (once; about a minute) ...\n"
    assert (clone / "installs").read_text(encoding="utf-8") == "\n"


@pytest.mark.peers  # makes two environments
def test_an_interrupted_set_up_is_begun_anew(clone):
    python = {"PYTHON": sys.executable}
    killed = shell(clone, "_install() { kill -9 $$; }; environment operator", **python)
    assert killed.returncode != 0
    assert (clone / ".venv" / "setting-up").exists()
    (clone / ".venv" / "half").write_text("a package that is half there", encoding="utf-8")
    again = shell(clone, INSTALLED + "environment operator", **python)
    assert again.returncode == 0, again.stderr
    assert "starting anew" in again.stderr
    assert not (clone / ".venv" / "half").exists()


def test_a_failed_installation_says_why_and_leaves_nothing_in_use(clone):
    done = shell(
        clone,
        '_install_all() { echo "ERROR: No matching distribution found for trams"; return 1; }; environment',
        PYTHON=sys.executable,
    )
    assert done.returncode == 1
    assert "No matching distribution found for trams" in done.stderr
    assert "hint: is the network there?" in done.stderr
    assert (clone / ".venv" / "setting-up").exists()


def test_an_unknown_extra_is_refused_with_those_that_there_are(clone):
    done = subprocess.run(
        ["bash", "setup.sh", "web", "wbe"],
        cwd=clone,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 2
    assert "error: the project has no extra wbe; nothing was installed" in done.stderr
    assert re.search(r"^  web +the pages of cgp serve", done.stderr, re.MULTILINE)
    assert done.stdout == ""
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("name", ["", "--help", "web,chat", "w.b", "*"])
def test_what_is_no_name_of_an_extra_is_refused(clone, name):
    done = shell(clone, f"_require_extras web '{name}'")
    assert done.returncode == 2
    assert f"no extra {name};" in done.stderr


def test_a_remembered_name_that_no_extra_has_is_left_behind(clone):
    (clone / ".venv").mkdir()
    (clone / ".venv" / "installed").write_text("state\noperator web wbe\n", encoding="utf-8")
    assert shell(clone, "_all_extras chat").stdout == "chat operator web"
    (clone / ".venv" / "installed").write_text("state\nwbe\n", encoding="utf-8")
    assert shell(clone, "_all_extras").stdout == ""


def test_the_extras_are_listed_in_the_documents_with_what_each_is_for(clone):
    lines = shell(clone, "_known_extras").stdout.splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = list(project["optional-dependencies"])
    assert [line.partition("\t")[0] for line in lines] == names
    assert all(line.partition("\t")[2] for line in lines)
    document = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = document.partition("\n## Extras\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| (.+) \|$", section, re.MULTILINE)
    assert ["\t".join(row) for row in rows] == lines


def test_an_interruption_is_no_failure(clone):
    # Prepare: an installation that ends in good order at Ctrl-C, as pip does
    lines = (
        "set -euo pipefail; source scripts/environment.sh; "
        "_install_all() ( trap 'exit 1' INT; touch begun; sleep 60 ); environment"
    )
    process = subprocess.Popen(
        # In the background of a script SIGINT would be ignored, and so would all that it starts.
        ["env", "--default-signal=INT", "bash", "-c", lines],
        cwd=clone,
        env={**os.environ, "PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (clone / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)

    # Execute: a Ctrl-C reaches the whole group
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=400)

    # Assert
    assert process.returncode == 130
    assert said.endswith("interrupted; the same command goes on with what was downloaded\n")
    assert "error" not in said
    assert "UNLOCKED" not in said
    assert (clone / ".venv" / "setting-up").exists()


def test_the_missing_package_of_debian_is_named(clone, tmp_path):
    # Prepare: a Python without ensurepip, as Debian's is without python3-venv
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "ensurepip.py").write_text("raise ImportError", encoding="utf-8")
    python = tmp_path / "python3"
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH={tmp_path}/shadow exec {sys.executable} "$@"\n', encoding="utf-8"
    )
    python.chmod(0o755)

    # Execute
    done = shell(clone, "environment operator", PYTHON=str(python))

    # Assert
    assert done.returncode == 1
    assert "-venv is missing" in done.stderr
    assert "sudo apt install python3-venv" in done.stderr
    assert not (clone / ".venv" / "installed").exists()


def test_an_old_python_is_named(clone):
    done = shell(clone, "environment", PYTHON="/bin/false")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_the_files_that_people_know_from_elsewhere(tmp_path):
    example = (ROOT / "example.env").read_text(encoding="utf-8")
    for name in ("example.env", "env_example"):
        subprocess.run(["cp", name, str(tmp_path / ".env")], cwd=ROOT, check=True)
        assert (tmp_path / ".env").read_text(encoding="utf-8") == example
    assert os.access(ROOT / "validators" / "validator.py", os.X_OK)
    done = subprocess.run(
        [sys.executable, str(ROOT / "validators" / "validator.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "--subtensor.network" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["LOCAL", "FINNEY", "TEST", "local"])
def test_networks_in_capitals(name):
    from cgp.config import Settings

    settings = Settings.from_command_line(["--subtensor.network", name])
    assert settings.subtensor.network == name.lower()
