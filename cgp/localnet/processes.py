"""Neurons as child processes: the very programs that operators start, with a log file each."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cgp.child_process import ending_with_parent
from cgp.durable_files import open_private, private_folder
from cgp.errors import CgpError

logger = logging.getLogger(__name__)

STOP_SECONDS = 20.0


class LocalnetError(
    CgpError, RuntimeError, code="localnet.stopped", remedy="see the log that the message names"
):
    """The local network cannot go on; the message says why and names the remedy."""


class NeuronProcess:
    """One running neuron, e.g. ``miner/miner.py``."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(
        cls, name: str, kind: str, flags: Sequence[str], env: Mapping[str, str], log: Path
    ) -> NeuronProcess:
        """Start the ``kind`` (``miner`` or ``validator``) with command-line flags."""
        return await cls.start_command(name, [sys.executable, str(_script(kind)), *flags], env, log)

    @classmethod
    async def start_command(
        cls, name: str, command: Sequence[str], env: Mapping[str, str], log: Path
    ) -> NeuronProcess:
        """Start any command of this project.

        It ends with this process, even where this process is killed (on Linux).
        """
        private_folder(log.parent)
        with os.fdopen(open_private(log, os.O_WRONLY | os.O_APPEND), "ab") as file:
            process = await asyncio.create_subprocess_exec(
                # Even a killed parent leaves no neuron behind.
                *ending_with_parent(*command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, **env},
            )
        return cls(name, process, log)

    async def wait(self) -> int:
        """Wait until the process has ended by itself; return its status."""
        return await self._process.wait()

    @property
    def running(self) -> bool:
        """True until the process has ended."""
        return self._process.returncode is None

    def check(self) -> None:
        """Raise if the process has ended.

        Raises:
            LocalnetError: with the last lines of its log.
        """
        if not self.running:
            raise LocalnetError(
                f"{self.name} ended with status {self._process.returncode}; the end of {self.log}:\n"
                f"{self.log_tail()}"
            )

    def log_tail(self, lines: int = 12) -> str:
        """Return the last lines of the log."""
        # A log can hold bytes of any kind: a model's error, cut in the middle of a character.
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        """Ask the process to finish."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)

    async def stop(self) -> None:
        """Wait until a process that was asked to finish has ended; kill it if it takes too long."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            logger.warning("%s did not stop within %.0f s: killed", self.name, STOP_SECONDS)
            self._process.kill()
            await self._process.wait()


def _script(kind: str) -> Path:
    """Return the path of ``miner/miner.py`` or ``validator/validator.py``."""
    spec = importlib.util.find_spec(kind)
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders:
        raise LocalnetError(f"the package {kind!r} is not installed")
    return Path(folders[0]) / f"{kind}.py"
