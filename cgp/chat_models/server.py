"""A server for a model of this machine: llama.cpp's binary, over the OpenAI API."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from cgp.chat_models.errors import ModelFileError
from cgp.extras import how_to_install

_END_SECONDS: Final = 5.0
_READY: Final = "serving at "
"""Beginning of the line that the wheel's server prints when it listens."""


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """Options of a server; ``context`` is in tokens, for each of ``slots`` requests."""

    model: Path
    host: str = "127.0.0.1"
    port: int = 8080
    context: int = 4096
    slots: int = 1
    threads: int = 0


def command(plan: ServerPlan) -> list[str]:
    """Return the command of the server: the system's ``llama-server``, or the wheel ``xllamacpp``.

    Raises:
        ModelFileError: if neither is there.
    """
    common = ["--host", plan.host, "--port", str(plan.port), "--threads", str(plan.threads)]
    binary = shutil.which("llama-server")
    if binary is not None:
        # The system's server shares one context among its slots; without threads it counts cores.
        words = [binary, "--model", str(plan.model), "--parallel", str(plan.slots)]
        words += ["--alias", plan.model.stem]
        words += ["--ctx-size", str(plan.context * plan.slots), *common[:4]]
        return words + (common[4:] if plan.threads else [])
    return wheel_command(plan)


def wheel_command(plan: ServerPlan) -> list[str]:
    """Return the command of the wheel's server.

    Raises:
        ModelFileError: if it is not installed.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelFileError(
            "no server for GGUF files here: install llama.cpp (llama-server), or the wheel with "
            f"{how_to_install('models')}"
        )
    module = [sys.executable, "-m", "cgp.chat_models.wheel_server", str(plan.model)]
    sizes = ["--context", str(plan.context), "--slots", str(plan.slots)]
    place = ["--host", plan.host, "--port", str(plan.port), "--threads", str(plan.threads)]
    return [*module, *sizes, *place]


class RunningServer(NamedTuple):
    """Address of a server, and the id of its process."""

    address: str
    process: int


@contextmanager
def running(plan: ServerPlan) -> Iterator[RunningServer]:
    """Run the wheel's server, and end it afterwards.

    Raises:
        ModelFileError: if it is not installed or does not start.
    """
    process = subprocess.Popen(  # noqa: S603 - our binary module
        wheel_command(plan),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(_READY):
            raise ModelFileError(f"the server did not start with {plan.model.name}: is it damaged?")
        yield RunningServer(line.removeprefix(_READY).strip(), process.pid)
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
