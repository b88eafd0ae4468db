"""A child that is asked to end does, or is killed."""

import asyncio
import signal
import sys

import pytest

from cgp.child_process import end

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
