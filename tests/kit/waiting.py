"""A wait for something that happens in another process or thread."""

import time


def until(condition, seconds=240.0):
    """Wait until ``condition()`` is true; the limit is far above what a slow machine takes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
