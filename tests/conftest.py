"""Settings of the process that runs tests, before any library is loaded."""

import logging
import os
import signal
from pathlib import Path

# As the commands set it. Beside two test workers on two cores the threads of linear algebra wait
# for each other, which made a test of the annotator take six times its processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A run in the background of a script ignores Ctrl-C, and so would all processes that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from hypothesis import HealthCheck, settings

from cgp.telemetry.logs import QUIET_LIBRARIES

# Times of an example say more of the machine's load than of the code: no example fails for them.
settings.register_profile(
    "no deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def restored_logging():
    """Undo what a command or a neuron's ``main`` does to this process's logging.

    Else a test that reads the log sees other records after such a test than it sees alone.
    """
    loggers = [logging.getLogger(name) for name in (None, *QUIET_LIBRARIES)]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


# Rooms whose tests start whole processes and take seconds each.
LONG_ROOMS = ("localnet", "setup", "validator", "indexing", "dataset", "annotating", "stories")


def pytest_collection_modifyitems(items):
    """Begin with the long rooms, so that no test worker stands idle beside the last long file."""
    rooms = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(rooms).parts[0] not in LONG_ROOMS)
