"""Lines of the user's own documents work as they stand; the requirements bring the design's packages."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
DESIGN = {
    "anthropic",
    "bittensor",
    "faiss-cpu",
    "numpy",
    "openai",
    "pytest",
    "python-dotenv",
    "wandb",
}


def of_the_project(extras):
    """Return the project's own requirements with extras, as pyproject.toml names them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = [Requirement(line) for line in project["dependencies"]]
    waiting = list(extras)
    while waiting:
        for line in project["optional-dependencies"][waiting.pop()]:
            one = Requirement(line)
            if one.name == project["name"]:
                waiting += one.extras
            else:
                found.append(one)
    return found


def with_all_below(requirements):
    """Return the names of requirements and of all that they bring, as far as they are installed."""
    names, waiting = set(), list(requirements)
    while waiting:
        one = waiting.pop()
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if name in names:
            continue
        names.add(name)
        try:
            lines = requires(one.name) or []
        except PackageNotFoundError:
            continue
        below = map(Requirement, lines)
        waiting += [r for r in below if r.marker is None or r.marker.evaluate({"extra": ""})]
    return names


def test_every_package_of_the_design_comes_with_the_requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line and not line.startswith("#")]
    extras = re.fullmatch(r"-e \.\[(.*)\]", line).group(1).split(",")
    assert with_all_below(of_the_project(extras)) >= DESIGN


@pytest.fixture
def clone(tmp_path):
    """A clone that is set up: its environment's commands are those of the one that runs the tests."""
    folder = tmp_path / "clone"
    for name in ("scripts", "locked", "miner", "validator", "validators"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", "run_testnet.sh", "example.env", "env_example"):
        shutil.copy(ROOT / name, folder / name)
    commands = {
        "python": f'exec {sys.executable} "$@"',
        "python3": f'exec {sys.executable} "$@"',
        "cgp": f'exec {sys.executable} -c "from cgp.cli import main; main()" "$@"',
    }
    (folder / ".venv/bin").mkdir(parents=True)
    for name, line in commands.items():
        file = folder / ".venv/bin" / name
        file.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        file.chmod(0o755)
    # As a set-up with this extra notes it; the same state is not set up again.
    state = 'echo "$(cat pyproject.toml locked/*.txt | cksum) locked $PWD" > .venv/installed; echo operator >> .venv/installed'
    subprocess.run(["bash", "-c", state], cwd=folder, check=True)
    return folder


def types(clone, line):
    """Run a line as a person types it, with a clean home; return its status and all that it says."""
    environment = {
        "PATH": f"{clone / '.venv/bin'}:/usr/bin:/bin",
        "HOME": str(clone.parent),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, " ".join(said.split())


@pytest.mark.peers
def test_the_lines_of_the_users_own_documents(clone):
    # The settings, by both names of the example.
    for name in ("example.env", "env_example"):
        assert types(clone, f"cp {name} .env") == (0, "")

    # Without a role a miner is meant; what is missing is named, and nothing is set up again.
    status, said = types(clone, "bash run_testnet.sh")
    assert status != 0
    assert "No role given: a miner" in said
    assert "make one with btcli" in said
    assert "Setting up" not in said

    # The forwarder is run as it stands, and reads the network's name in capitals.
    status, said = types(clone, "./validators/validator.py --subtensor.network TEST")
    assert status != 0
    assert "make one with btcli" in said
