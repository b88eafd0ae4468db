"""Ctrl-C of commands that serve over NATS: the whole process group is interrupted, as by a terminal."""

import os
import signal
import subprocess
import sys

import pytest

# Whole processes with a NATS server: too long for the short tests.
pytestmark = pytest.mark.peers

COMMAND = [sys.executable, "-c", "from cgp.cli import main; main()"]
SERVING = {
    "chat": (["chat"], "Chat page:"),
    "mycelium": (["mycelium", "up", "--nodes", "2", "--port", "0"], "NATS:"),
}


@pytest.mark.parametrize("name", SERVING)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_stopped_command_says_so_last_and_raises_no_alarm(tmp_path, name, number, status):
    arguments, ready = SERVING[name]
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "GATEWAY_PORT": "0",
        "NATS_PORT": "0",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        for line in process.stderr:
            if line.startswith(ready):
                break
        os.killpg(process.pid, number)
        _, rest = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == status, rest
    assert rest.splitlines()[-1] == "Stopped."
    assert "WARNING" not in rest
    assert "ERROR" not in rest
