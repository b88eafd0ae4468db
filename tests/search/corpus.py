"""The bundled conversations as the index holds them, made once for all processes that run tests."""

import asyncio
import atexit
import fcntl
import os
import pickle
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from cgp import samples
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.indexing.rows import make_row
from cgp.windows import WindowPlan

# The run's own name, the same in each process of it; a run in one process has none.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")


@cache
def records():
    if not RUN:
        return made()
    file = Path(tempfile.gettempdir(), f"cgp-test-corpus-{os.getuid()}-{RUN}")
    # The second process waits for the first: annotating takes ten seconds, of two on two cores more.
    with file.open("ab+") as shared:
        fcntl.flock(shared, fcntl.LOCK_EX)
        shared.seek(0)
        if data := shared.read():
            return pickle.loads(data)
        rows = made()
        shared.write(pickle.dumps(rows))
        atexit.register(file.unlink, missing_ok=True)
    return rows


def made():
    async def annotated():
        async with open_annotator(Settings()) as annotator:
            return tuple(
                [
                    await make_row(talk, annotator, default_embedder(), WindowPlan(), None)
                    for talk in samples.load()
                ]
            )

    # In a thread: the first to ask may be inside a running loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(annotated())).result()
