"""Ctrl-C of commands: one line says that they stopped, and no alarm comes before it."""

import os
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from cgp.cli import main; main()"]
SERVING = {
    "chat": (["chat"], "Chat page:"),
    "mycelium": (["mycelium", "up", "--nodes", "2", "--port", "0"], "NATS:"),
}


def test_ctrl_c_at_a_command_that_reads_its_input_is_answered_in_one_line(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(
        [*COMMAND, "tag", "-"], env=environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    # More than a pipe holds: when it is written, the command reads.
    process.stdin.write(b"Ada: Trams.\n" * 100_000)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=400)
    assert (process.returncode, out, err) == (130, b"", b"Stopped.\n")


# Whole processes with a NATS server, too long for the short tests. The whole process group is
# interrupted, as by a terminal.
@pytest.mark.peers
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
        _, rest = process.communicate(timeout=400)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == status, rest
    assert rest.splitlines()[-1] == "Stopped."
    # A slow machine may be told of something else, such as a late duty.
    alarms = ("connection is lost", "is started again", "unexpected EOF", "Traceback")
    assert not [alarm for alarm in alarms if alarm in rest], rest
    assert "ERROR" not in rest, rest
