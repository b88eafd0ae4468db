"""The miner as operators run it: a process with flags, a log and an exit status."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from miner.miner import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def flags(chain, wallets):
    """Return a function that gives the flags of a miner with a hotkey."""

    def flags(hotkey):
        named = {
            "--netuid": "18",
            "--subtensor.network": "local",
            "--subtensor.chain_file": str(chain.file),
            "--wallet.name": "cold",
            "--wallet.hotkey": hotkey,
            "--wallet.path": wallets["miner"].path,
            "--axon.host": "127.0.0.1",
            "--axon.port": "0",
        }
        return [word for pair in named.items() for word in pair]

    return flags


@pytest.fixture
def start(flags, tmp_path):
    """Return a function that starts ``python miner/miner.py`` from another folder."""
    processes = []

    def start(hotkey="miner", *more):
        environment = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "HOME"}}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "miner" / "miner.py"), *flags(hotkey), *more],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def line_with(process, text):
    """Read the log up to the line that has ``text``."""
    for line in process.stderr:
        message = json.loads(line)["message"]
        if text in message:
            return message
    raise AssertionError(f"the process ended without saying {text!r}")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_miner_cleanly(start, signum):
    process = start()
    started = line_with(process, "Mining on local, netuid 18")
    address = started.split("serving ")[1].split(",")[0]
    with urllib.request.urlopen(f"http://{address}/healthz", timeout=60) as reply:
        health = json.load(reply)
    assert (health["status"], health["uid"]) == ("ok", 1)
    assert health["annotator"].startswith("embedded/")
    process.send_signal(signum)
    assert line_with(process, "Stopped")
    assert process.wait(timeout=120) == 0


def test_health_is_served_before_the_chain_is_reached(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        port = free_port()
        process = start("miner", "--subtensor.network", endpoint, "--axon.port", str(port))
        health = health_with(endpoint, port, process)
    assert (health["code"], health["status"]) == (503, "starting")
    assert health["problems"][0]["remedy"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def health_with(text, port, process):
    """Return what the health page of a miner that is not ready says, once its reason has ``text``."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60)
        except urllib.error.HTTPError as error:
            health = json.load(error)
            if text in health["problems"][0]["reason"]:
                return health | {"code": error.code}
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("the process ended")


def test_a_miner_that_is_not_registered_says_so_and_fails(start):
    process = start("stranger")
    assert "not registered on netuid 18" in line_with(process, "Cannot start")
    assert process.wait(timeout=120) == 1


@pytest.mark.parametrize(
    ("hotkey", "more", "told"),
    [
        ("nobody", [], "no usable hotkey 'nobody' of wallet 'cold'"),
        ("miner", ["--subtensor.network", "finy"], "unknown network 'finy'"),
        ("miner", ["--netuid", "19"], "there is no subnet 19"),
        ("miner", ["--subtensor.chain_file", "/no/such/chain"], "/no/such/chain"),
        ("miner", ["--axon.host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        ("miner", ["--axon.external_ip", "here"], "'here' is not an IPv4 or IPv6 address"),
    ],
)
def test_what_keeps_a_miner_from_starting_is_said(
    flags, hotkey, more, told, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main([*flags(hotkey), *more]) == 1
    last = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert last["message"].startswith("Cannot start: ")
    assert told in last["message"]
