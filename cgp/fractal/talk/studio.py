"""The studio: one talk model that a person teaches, talks with, saves and loads; pages call it.

All work is done by the functions that the commands call too. Texts go in, texts come out.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from cgp.bounded_files import file_within
from cgp.conversation import Conversation
from cgp.durable_files import private_folder, write_whole
from cgp.embedders import Embedder
from cgp.encoders import Encoder
from cgp.fractal.talk.conversing import (
    LearnedParty,
    Line,
    Talk,
    TalkLimits,
    converse,
    talk_as_conversation,
)
from cgp.fractal.talk.errors import TalkError, TalkFileError
from cgp.fractal.talk.model import TalkModel, TalkReply
from cgp.fractal.talk.pairs import read_pairs
from cgp.fractal.talk.partner import PartnerAddress, partner
from cgp.fractal.talk.talk_file import (
    MAX_TALK_BYTES,
    SUFFIX,
    talk_from_bytes,
    talk_path,
    talk_to_bytes,
)
from cgp.fractal.talk.training import TalkPlan, train_talk
from cgp.privacy import STANDARD, RedactionPolicy

MOST_EPOCHS = 1000
MOST_SECONDS = 3600.0


class NoModelError(TalkError, code="talk.no_model", remedy="train one, or load one that was saved"):
    """The studio has no model yet."""


class Studio:
    """One model in use. ``folder`` holds what is saved; ``keep`` stores a conversation.

    ``policy`` frees what is learned of personal data.

    A training or a conversation that is under way goes on with the model that it began with.
    """

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        embedder: Embedder,
        keep: Callable[[Conversation], None],
        *,
        seed: int = 0,
        policy: RedactionPolicy = STANDARD,
    ) -> None:
        self._folder = folder
        self._encoder = encoder
        self._embedder = embedder
        self._keep = keep
        self._policy = policy
        self._random = np.random.default_rng(seed)
        self._model: TalkModel | None = None
        # Two trainings at once would take the whole machine, and one of them would be lost.
        self._training = threading.Lock()

    @property
    def model(self) -> TalkModel:
        """The model in use.

        Raises:
            NoModelError: if there is none.
        """
        if self._model is None:
            raise NoModelError("there is no model yet")
        return self._model

    def reply(self, message: str, temperature: float, earlier: Sequence[str] = ()) -> TalkReply:
        """Return the model's reply.

        Raises:
            NoModelError: if there is no model.
            EmptyMessageError: if the message has no word.
        """
        return self.model.reply(message, self._random, temperature=temperature, earlier=earlier)

    def train(self, data: bytes, source: str, epochs: int) -> Iterator[str]:
        """Learn a file of questions and answers; yield a line for each epoch as it ends.

        The model in use changes only when all went well.

        Raises:
            PairsError: if a row of the file is none.
            TalkError: if the epochs are not 1 to 1,000, or another training is under way.
        """
        if not 1 <= epochs <= MOST_EPOCHS:
            raise TalkError(f"epochs are 1 to {MOST_EPOCHS:,}: {epochs}")
        pairs = read_pairs(data, source)
        if not self._training.acquire(blocking=False):
            raise TalkError("another training is under way: wait for its end")
        try:
            yield f"{len(pairs)} questions with answers"
            yield from self._lines_of_training(
                lambda say: (
                    train_talk(
                        pairs,
                        self._encoder,
                        self._embedder,
                        TalkPlan(epochs=epochs, policy=self._policy),
                        lambda figures: say(figures.line()),
                    ).model
                )
            )
            yield f"learned; threshold {self.model.threshold:g}"
        finally:
            self._training.release()

    def _lines_of_training(
        self, run: Callable[[Callable[[str], None]], TalkModel]
    ) -> Iterator[str]:
        """Train in a thread and yield its lines as they come; raise its error."""
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        errors: list[Exception] = []

        def work() -> None:
            try:
                self._model = run(lines.put)
            except Exception as error:  # noqa: BLE001 - raised in the caller's thread below
                errors.append(error)
            finally:
                lines.put(None)

        thread = threading.Thread(target=work, name="talk-training", daemon=True)
        thread.start()
        while (line := lines.get()) is not None:
            yield line
        thread.join()
        if errors:
            raise errors[0]

    async def conversation(
        self, address: PartnerAddress, message: str, limits: TalkLimits, temperature: float
    ) -> AsyncIterator[str]:
        """Talk with a partner; yield each line, then how it ended. The conversation is kept.

        Raises:
            NoModelError: if there is no model.
            TalkError: if the length is not 1 to 3,600 seconds, or the first message is empty.
        """
        if not 1.0 <= limits.seconds <= MOST_SECONDS or limits.delay < 0.0:
            raise TalkError(f"a conversation lasts 1 to {MOST_SECONDS:g} seconds")
        ours = LearnedParty(self.model, self._random, temperature, "Talk model")
        names = (ours.name, address.model)
        lines: asyncio.Queue[Line | None] = asyncio.Queue()
        start = time.time()

        async def run() -> Talk:
            try:
                async with partner(address, limits.seconds) as party:
                    return await converse((ours, party), message, limits, lines.put_nowait)
            finally:
                lines.put_nowait(None)

        task = asyncio.create_task(run())
        try:
            while (line := await lines.get()) is not None:
                yield f"{names[line.speaker]}: {line.text}"
            talk = await task
        finally:
            # A reader who leaves ends the conversation too.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        record = talk_as_conversation(talk, start)
        if record is not None:
            await asyncio.to_thread(self._keep, record)
        detail = f" ({talk.detail})" if talk.detail else ""
        yield f"[ended: {talk.ending}{detail}{'; kept' if record else ''}]"

    def save(self, name: str) -> None:
        """Save the model under a name.

        Raises:
            NoModelError: if there is none.
            TalkFileError: if the name is not a plain one.
        """
        path = talk_path(self._folder, name)
        data = talk_to_bytes(self.model)
        private_folder(self._folder)
        write_whole(path, data)

    def load(self, name: str) -> None:
        """Use a saved model; the one in use stays if it cannot be read.

        Raises:
            TalkFileError: if there is none of the name, or the file is spoilt.
        """
        path = talk_path(self._folder, name)
        try:
            data = file_within(path, MAX_TALK_BYTES)
        except OSError as error:
            raise TalkFileError(f"no model {name!r} is saved: {error.strerror}") from error
        self._model = talk_from_bytes(data, path.name, self._encoder, self._embedder)

    def names(self) -> list[str]:
        """Return the names of saved models."""
        return sorted(path.stem for path in self._folder.glob(f"*{SUFFIX}"))
