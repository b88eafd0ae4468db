"""From a task to an answer's body: a place in the queue, the annotation, the embeddings."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from cgp.annotators import Annotator
from cgp.embedders import Embedder, Vectors
from cgp.errors import CgpError
from cgp.metadata import Metadata
from cgp.protocol import TaskRequest, encode_answer, within_limits
from cgp.text import normal_form

LEAST_WAIT_SECONDS: Final = 0.2
"""A wait that a miner always allows: short beside a validator's deadline of some ten seconds."""

# Tags that the subnet's embedder, which runs in this process, embeds in about a millisecond.
_FEW_TAGS = 32

_CACHED_ANSWERS = 256


class QueueFullError(CgpError, RuntimeError, code="miner.queue_full", remedy="try again later"):
    """As many windows wait as the miner lets wait. ``seconds`` is when to come again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many windows wait here; come again in {seconds:g} s")
        self.seconds = seconds


class Places:
    """Places for windows: ``concurrency`` annotated at once, ``capacity`` waiting.

    A window that would wait for longer than an annotation takes is turned away as well: in an
    overload a long queue helps no caller, because every answer would come late. ``clock`` gives
    seconds.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        capacity: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.concurrency = concurrency
        self.capacity = capacity
        self.running = 0
        self.waiting = 0
        self._clock = clock
        self._free = asyncio.Semaphore(concurrency)
        self._mean_seconds: float | None = None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place, in order of arrival; a caller that gives up (cancellation) leaves the
        queue.

        Raises:
            QueueFullError: at once, if no place is free and ``capacity`` others wait, or so many
                that the wait would be too long.
        """
        self.require_room()
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        began = self._clock()
        try:
            # A failed annotation does not reach the next line: its time says nothing of a good
            # one's.
            yield
            self._remember(self._clock() - began)
        finally:
            self.running -= 1
            self._free.release()

    def require_room(self) -> None:
        """Return if a window would get a place, now or soon enough.

        Raises:
            QueueFullError: if not.
        """
        if self._free.locked() and self._is_full():
            raise QueueFullError(max(1.0, self._mean_seconds or 0.0))

    def _is_full(self) -> bool:
        if self.waiting >= self.capacity:
            return True
        if self._mean_seconds is None:
            return False
        # The time until the newcomer's turn: all who wait before it share the places.
        wait = (self.waiting + 1) * self._mean_seconds / self.concurrency
        # Annotations of milliseconds would leave no queue at all, hence the least wait.
        return wait > max(LEAST_WAIT_SECONDS, self._mean_seconds)

    def _remember(self, seconds: float) -> None:
        """Let the mean follow the time of annotations, over some ten of them."""
        mean = self._mean_seconds
        self._mean_seconds = seconds if mean is None else mean + (seconds - mean) / 10


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """An answer's body, how many tags it has, and whether the window was known already."""

    body: bytes
    tags: int
    from_cache: bool


class Answering:
    """Answers tasks with one annotator and one embedder; a window seen lately costs nothing."""

    def __init__(
        self, annotator: Annotator, embedder: Embedder, *, places: Places, max_tags: int
    ) -> None:
        self._annotator = annotator
        self._embedder = embedder
        self._places = places
        self._max_tags = max_tags
        self._known: OrderedDict[tuple[object, ...], tuple[Metadata, Vectors]] = OrderedDict()

    async def answer(self, task: TaskRequest) -> PreparedAnswer:
        """Return the answer to a task.

        Raises:
            QueueFullError: if too many windows wait.
            AnnotationError: if the annotator has no usable result.
        """
        key = self._key(task)
        entry = self._known.get(key)
        metadata, vectors = entry or await self._work(task)
        self._remember(key, metadata, vectors)
        body = encode_answer(task.task_id, metadata, vectors, self._embedder.id)
        return PreparedAnswer(body, len(metadata.tags), from_cache=entry is not None)

    async def _work(self, task: TaskRequest) -> tuple[Metadata, Vectors]:
        limit = self._most_tags(task)
        async with self._places.place():
            annotation = await self._annotator.annotate(
                task.window, max_tags=limit, purpose="window"
            )
            metadata = within_limits(annotation, max_tags=limit)
            names = [normal_form(tag.text) for tag in metadata.tags]
            vectors = await self._embed(names)
        return metadata, vectors

    async def _embed(self, names: list[str]) -> Vectors:
        """Embed tags; a few of them here, since changing to a thread takes longer than that."""
        if len(names) <= _FEW_TAGS:
            return self._embedder.embed(names)
        return await asyncio.to_thread(self._embedder.embed, names)

    def _most_tags(self, task: TaskRequest) -> int:
        return min(task.max_tags, self._max_tags)

    def _key(self, task: TaskRequest) -> tuple[object, ...]:
        """Return the key of the answer's cache: speakers, texts, language and the
        number of tags.
        """
        window = task.window
        speakers = tuple(turn.speaker for turn in window.turns)
        return window.content_hash, speakers, window.language, self._most_tags(task)

    def _remember(self, key: tuple[object, ...], metadata: Metadata, vectors: Vectors) -> None:
        self._known[key] = (metadata, vectors)
        # The last use counts, so that a window that several validators send stays.
        self._known.move_to_end(key)
        while len(self._known) > _CACHED_ANSWERS:
            self._known.popitem(last=False)
