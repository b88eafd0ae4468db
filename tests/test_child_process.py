"""A child that is asked to end does, or is killed; one that is bound to its parent ends with it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cgp.child_process import end, ending_with_parent, start_apart

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
    " time.sleep(600)"
)
WILLING = "import time; print(1, flush=True); time.sleep(600)"


@pytest.mark.parametrize(
    ("program", "number"), [(WILLING, signal.SIGTERM), (STUBBORN, signal.SIGKILL)]
)
async def test_a_process_ends_by_itself_or_is_killed(program, number):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    await process.stdout.readline()
    await end(process, 60.0 if number is signal.SIGTERM else 0.1)
    assert process.returncode == -number
    await end(process, 1.0)  # one that has ended stays so


async def test_a_child_apart_is_of_another_group_so_ctrl_c_does_not_reach_it(tmp_path):
    with (tmp_path / "log").open("wb") as log:
        process = await start_apart(sys.executable, "-c", WILLING, log=log)
    try:
        assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
    finally:
        await end(process, 60.0)


BEARING = """
import asyncio, os, signal, sys
from cgp.child_process import start_apart

async def work():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
    print(1, flush=True)
    statuses = []
    with open(os.devnull, "wb") as log:
        for _ in range(20):
            started = [start_apart(sys.executable, "-S", "-c", sys.argv[1], log=log) for _ in range(2)]
            for child in await asyncio.gather(*started):
                statuses.append(await child.wait())
    print(statuses, signal.pthread_sigmask(signal.SIG_BLOCK, ()), flush=True)

asyncio.run(work())
"""
# Says how it began: with no signal blocked and Ctrl-C at its default, as any program does.
SOUND = """
import signal
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
raise SystemExit(7 if not blocked and signal.getsignal(signal.SIGINT) is signal.default_int_handler else 8)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let Ctrl-C through")
def test_ctrl_c_while_a_child_is_born_does_not_reach_it():
    # Prepare
    parent = subprocess.Popen(
        [sys.executable, "-c", BEARING, SOUND],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert parent.stdout.readline() == "1\n"

    # Execute: interrupt the whole group all the time
    while parent.poll() is None:
        os.killpg(parent.pid, signal.SIGINT)
        time.sleep(0.0002)

    # Assert
    assert parent.stdout.read() == f"{[7] * 40} set()\n"
    parent.stdout.close()


PARENT = """
import subprocess, sys, time
from cgp.child_process import ending_with_parent
child = subprocess.Popen(ending_with_parent(sys.executable, "-c", sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such signal")
def test_a_bound_child_ends_with_a_parent_that_is_killed():
    # Prepare: the child says that it runs, so that it is the command already
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, WILLING], stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "1\n"

    # Execute
    parent.kill()
    parent.wait()
    parent.stdout.close()

    # Assert
    until = time.monotonic() + 60
    while is_alive(child):
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems run the command itself")
def test_a_bound_child_is_the_very_command():
    plain = subprocess.run(["cat", "/proc/self/status"], check=True, capture_output=True, text=True)
    child = subprocess.Popen(
        ending_with_parent("cat", "/proc/self/status"), stdout=subprocess.PIPE, text=True
    )
    shown, _ = child.communicate()
    ignored = re.compile(r"SigIgn:\s+(\w+)")
    assert "Name:\tcat\n" in shown
    assert f"\nPid:\t{child.pid}\n" in shown
    assert f"\nPPid:\t{os.getpid()}\n" in shown
    assert ignored.search(shown)[1] == ignored.search(plain.stdout)[1]


def test_a_bound_child_gives_its_status_and_names_a_program_that_is_not_there(tmp_path):
    status = subprocess.run(
        ending_with_parent(sys.executable, "-c", "raise SystemExit(7)"), check=False
    ).returncode
    missing = subprocess.run(
        ending_with_parent(str(tmp_path / "nobody")), check=False, capture_output=True, text=True
    )
    assert status == 7
    assert missing.returncode == 1
    assert missing.stderr == f"{tmp_path / 'nobody'}: No such file or directory\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such signal")
def test_a_command_of_another_parent_does_not_begin():
    """A parent that ended before the child could be bound would never be missed."""
    command = [*ending_with_parent("echo", "it runs")]
    command[command.index(str(os.getpid()))] = "1"
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")
