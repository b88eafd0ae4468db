"""Backend ``llama_cpp``: a GGUF file, run by llama.cpp within the worker's own process.

The wheel ``xllamacpp`` (extra ``models``) is llama.cpp's server as a library. A model that crashes
ends its worker with it; ``cgp models serve`` and the backend ``openai`` keep the two apart.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from cgp.chat.errors import WorkerError
from cgp.extras import how_to_install
from cgp.jobs import Job, JobKind
from cgp.jobs.errors import JobFailedError

_QUIET: Final = 0
"""llama.cpp's level of logging: its lines at higher ones quote parts of prompts."""


@dataclass(frozen=True, slots=True)
class LlamaCppPlan:
    """Model file and sizes; ``context`` is in tokens, for each of ``slots`` jobs."""

    model: Path
    slots: int = 1
    context: int = 4096
    threads: int = 1


class LlamaCpp:
    """Answers from a model in this process.

    A stream is stopped at its next token where its job is closed. A whole answer is computed to its
    end, since the library tells nothing before it.

    Raises:
        WorkerError: if the wheel is not installed, or the file is not a model that it can run.
    """

    def __init__(self, plan: LlamaCppPlan) -> None:
        try:
            # Compiled, without types, and not installed everywhere.
            library: Any = import_module("xllamacpp")
        except ImportError as error:
            message = (
                f"the backend llama_cpp needs the package xllamacpp: {how_to_install('models')}"
            )
            raise WorkerError(message) from error
        parameters = library.CommonParams()
        parameters.model.path = str(plan.model)
        # The library listens at an address of its own; on loopback nobody from outside reaches it.
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.n_parallel = plan.slots
        parameters.n_ctx = plan.slots * plan.context
        parameters.cpuparams.n_threads = plan.threads
        parameters.cpuparams_batch.n_threads = plan.threads
        parameters.warmup = False
        parameters.verbosity = _QUIET
        self._name = plan.model.stem
        try:
            self._server: Any = library.Server(parameters)
        except RuntimeError as error:
            raise WorkerError(f"{plan.model.name} cannot be run: {error}") from error

    async def models(self) -> Mapping[JobKind, tuple[str, ...]]:
        """Return the name of the file."""
        return {JobKind.CHAT: (self._name,)}

    async def answer(self, job: Job) -> AsyncGenerator[Mapping[str, Any]]:
        """Yield the model's answer as it comes."""
        if job.kind is not JobKind.CHAT:
            raise JobFailedError({"status": 400, "message": f"this worker does no {job.kind}"})
        parts: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        stopping = threading.Event()

        def take(part: Mapping[str, Any]) -> bool:
            """Hand a part over; True asks the library to stop."""
            loop.call_soon_threadsafe(parts.put_nowait, part)
            return stopping.is_set()

        def run() -> None:
            try:
                whole = self._server.handle_chat_completions(dict(job.body), take)
                if isinstance(whole, dict):
                    take(whole)
            finally:
                loop.call_soon_threadsafe(parts.put_nowait, None)

        running = asyncio.ensure_future(asyncio.to_thread(run))
        try:
            while (part := await parts.get()) is not None:
                # The library's own name is the path of the file on this machine.
                yield {**part, "model": self._name}
            await running
        except (ValueError, RuntimeError) as error:
            raise JobFailedError({"status": 400, "message": str(error)[:500]}) from None
        finally:
            stopping.set()
            # The slot is free when the thread has ended, and its error was told above.
            await asyncio.gather(running, return_exceptions=True)

    async def close(self) -> None:
        """Give the model's memory back."""
        self._server = None
