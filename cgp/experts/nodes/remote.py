"""The mixture as the annotator uses it, computed by nodes."""

from __future__ import annotations

import asyncio

from cgp.arrays import Floats
from cgp.experts.mixture import Mixture
from cgp.experts.nodes.reading import DistributedReader, ExpertReading


class RemoteMixture:
    """A ``cgp.tagmodel.Addition`` over a reader of nodes. It keeps what was read, in order.

    The annotator works in a thread; ``loop`` is the event loop that the reader belongs to.
    """

    def __init__(
        self,
        mixture: Mixture,
        reader: DistributedReader,
        loop: asyncio.AbstractEventLoop,
        top_k: int | None = None,
    ) -> None:
        self.id = mixture.id
        self.readings: list[ExpertReading] = []
        self._mixture = mixture
        self._reader = reader
        self._loop = loop
        self._top_k = top_k

    def log_odds(self, inputs: Floats, language: str) -> Floats:
        """Return the experts' part of each candidate's log odds; waits for the nodes.

        Never call it in the loop's own thread.
        """
        work = self._reader.read(self._mixture, inputs, language, self._top_k)
        reading = asyncio.run_coroutine_threadsafe(work, self._loop).result()
        self.readings.append(reading)
        return reading.log_odds
