"""The bundled conversations as the index holds them, made once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from cgp import samples
from cgp.annotators.choose import open_annotator
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.indexing.rows import make_row
from cgp.windows import WindowPlan


@cache
def records():
    async def made():
        async with open_annotator(Settings()) as annotator:
            return tuple(
                [
                    await make_row(talk, annotator, default_embedder(), WindowPlan(), None)
                    for talk in samples.load()
                ]
            )

    # In a thread: the first to ask may be inside a running loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(made())).result()
