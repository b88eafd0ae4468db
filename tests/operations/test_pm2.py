"""Neurons under the real pm2, in a fresh clone, started as the README says."""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.validator.local_subnet import NETUID, make_subnet

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 400.0

pytestmark = pytest.mark.peers


@pytest.fixture
def subnet(tmp_path):
    return asyncio.run(make_subnet(tmp_path / "net", miners=1))


@pytest.fixture
def bare_clone(tmp_path):
    """Return a fresh clone."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture
def clone(bare_clone):
    """Return a fresh clone, set up: its ``.venv`` is the one that runs this test."""
    (bare_clone / ".venv").symlink_to(sys.prefix)
    return bare_clone


@pytest.fixture
def environment(tmp_path):
    """Return the environment of an operator: the machine's own Python on the path, and a home."""
    own = Path(sys.prefix) / "bin"
    path = [part for part in os.environ["PATH"].split(":") if Path(part).resolve() != own.resolve()]
    return {"PATH": ":".join(path), "HOME": str(tmp_path), "PM2_HOME": str(tmp_path / "pm2")}


@pytest.fixture
def pm2(bare_clone, environment):
    """Return a function that runs pm2 in the clone."""
    found = shutil.which("pm2")
    if found is None:
        pytest.skip("pm2 is not installed: ./run_tests.sh --peers installs it, given npm")

    def run(*arguments):
        done = subprocess.run(
            [found, *arguments],
            check=False,
            cwd=bare_clone,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield run
    run("kill")


def flags_of(subnet, wallet, **more):
    named = {
        "netuid": NETUID,
        "subtensor.network": "local",
        "subtensor.chain_file": subnet.folder / "chain.sqlite",
        "wallet.name": wallet,
        "wallet.hotkey": "default",
        "wallet.path": subnet.folder / "wallets",
        "data_dir": subnet.folder / "data",
    }
    return {name: str(value) for name, value in (named | more).items()}


def pid_of(pm2, name):
    (process,) = [p for p in json.loads(pm2("jlist")) if p["name"] == name]
    return process["pid"], process["pm2_env"]["status"]


def ready(port, seconds=PATIENCE):
    """Wait until a neuron says that it is ready (or that only miners are missing); return the answer."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            last = json.load(error)
        except OSError as error:
            last = error
        time.sleep(0.3)
    raise AssertionError(f"not ready within {seconds:g} s: {last}")


def a_life_with_pm2(pm2, name, port, logs):
    """Start is done: kill -9, restart, stop; each log line is JSON."""
    ready(port)
    pid, status = pid_of(pm2, name)
    assert status == "online"
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while pid_of(pm2, name)[0] in {pid, 0}:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    ready(port)
    pm2("restart", name)
    ready(port)
    pm2("stop", name)
    assert pid_of(pm2, name)[1] == "stopped"
    lines = (logs / f"{name}-error.log").read_text().splitlines()
    messages = [json.loads(line)["message"] for line in lines]
    assert any("netuid 18" in message for message in messages)
    assert "Stopped" in messages[-1]


def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def readme_form(neuron):
    """Return the words of the README's own line that starts a neuron with pm2, up to its flags."""
    text = (ROOT / "README.md").read_text().replace("\\\n", " ")
    line = re.search(rf"^pm2 (start {neuron}/{neuron}\.py .* --) ", text, re.MULTILINE)[1]
    return shlex.split(line)


def start_as_the_readme_says(pm2, subnet, name, port):
    more = (
        {"axon.host": "127.0.0.1", "axon.port": port}
        if name == "miner"
        else {"validator.health_port": port}
    )
    given = flags_of(subnet, "miner-0" if name == "miner" else "validator", **more)
    pm2(
        *readme_form(name),
        *(word for flag, value in given.items() for word in (f"--{flag}", value)),
    )
    ready(port)


def test_both_forms_of_the_readme_run_for_weeks(subnet, clone, pm2, tmp_path):
    ports = {"miner": free_port(), "validator": free_port()}
    for name, port in ports.items():
        start_as_the_readme_says(pm2, subnet, name, port)
    a_life_with_pm2(pm2, "validator", ports["validator"], tmp_path / "pm2" / "logs")
    a_life_with_pm2(pm2, "miner", ports["miner"], tmp_path / "pm2" / "logs")


def test_one_command_sets_a_fresh_clone_up(subnet, bare_clone, pm2, environment, tmp_path):
    """``./setup.sh`` as an operator runs it: it installs everything, from the package registry."""
    done = subprocess.run(
        [bare_clone / "setup.sh"],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cgp doctor" in done.stdout
    for package in ("wandb", "openai", "anthropic", "prometheus_client"):
        python = bare_clone / ".venv" / "bin" / "python"
        subprocess.run([python, "-c", f"import {package}"], check=True, capture_output=True)
    again = subprocess.run(
        [bare_clone / "setup.sh"], check=True, env=environment, capture_output=True, text=True
    )
    assert "Setting up" not in again.stderr, "it does nothing where nothing changed"
    port = free_port()
    start_as_the_readme_says(pm2, subnet, "miner", port)
    a_life_with_pm2(pm2, "miner", port, tmp_path / "pm2" / "logs")


def test_the_ecosystem_file_runs_with_settings_from_env(subnet, clone, pm2, tmp_path):
    port = free_port()
    settings = flags_of(subnet, "miner-0", **{"axon.host": "127.0.0.1", "axon.port": port})
    lines = [f"{flag.upper().replace('.', '_')}={value}" for flag, value in settings.items()]
    (clone / ".env").write_text("\n".join(lines) + "\n")
    pm2("start", "ecosystem.config.js", "--only", "miner")
    a_life_with_pm2(pm2, "miner", port, tmp_path / "pm2" / "logs")


def test_without_the_set_up_the_log_names_it(subnet, clone, pm2, tmp_path):
    (clone / ".venv").unlink()
    pm2(
        "start",
        "miner/miner.py",
        "--interpreter",
        "python3",
        # As an operator's pm2, it starts what ended again: of a program that ends at once pm2 may lose
        # the words.
        "--max-restarts",
        "5",
        "--",
        "--netuid",
        "18",
    )
    log = tmp_path / "pm2" / "logs" / "miner-error.log"
    deadline = time.monotonic() + PATIENCE
    while "setup.sh" not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert "Traceback" not in log.read_text()
