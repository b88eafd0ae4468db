"""One validator of ``soak.py``: the real one, with a clock, a chain and a model that can fail on demand.

Usage: ``python benchmarks/soak_validator.py CONTROL_FILE [flags of a validator]``. The control file is
JSON: ``clock`` (seconds ahead), ``chain`` (well, silent, away, refusing), ``model`` (well, dead).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.annotators.errors import BackendUnavailableError
from cgp.chain import Endpoint, PatientChain, open_chain, open_wallet
from cgp.chain.metagraph import Chain
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.scoring import default_rule
from cgp.telemetry import configure_logging
from validator.condition import Condition
from validator.health import serving_health
from validator.mirror import open_store
from validator.service import Validator
from validator.validator import _stop_on_signals


class Control:
    """What is broken now, read from a file that the harness replaces."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self._file.read_text(encoding="utf-8"))[name]

    def clock(self) -> int:
        """Return this validator's time in nanoseconds since the epoch."""
        return time.time_ns() + int(self["clock"] * 1e9)


class FailingChain:
    """A chain that is silent, or refuses, while the control says so."""

    def __init__(self, chain: Chain, control: Control) -> None:
        self._chain = chain
        self._control = control

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a Chain's
        found = getattr(self._chain, name)
        if not callable(found):
            return found

        async def call(*arguments: object) -> Any:  # noqa: ANN401 - whatever is passed on
            mood = self._control["chain"]
            if mood == "silent":
                await asyncio.Event().wait()
            if mood != "well":
                raise ConnectionRefusedError(f"the chain is {mood}")
            return await found(*arguments)

        return call


class FailingAnnotator(EmbeddedAnnotator):
    """The embedded annotator, behind a server that can be dead."""

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control

    async def annotate(self, *arguments: Any, **options: object) -> Any:  # noqa: ANN401 - whatever is passed on
        """Annotate, unless the model is dead."""
        if self._control["model"] == "dead":
            raise BackendUnavailableError("the model's server is gone")
        return await super().annotate(*arguments, **options)


async def validate(control: Control, settings: Settings) -> None:
    """Run the validator until it is asked to stop."""
    wallet = open_wallet(settings.wallet)
    condition = Condition(settings, wallet.hotkey.ss58_address)
    chosen = settings.validator
    _stop_on_signals(condition)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            serving_health(chosen.health_host, chosen.health_port, condition.health)
        )
        embedder = await asyncio.to_thread(default_embedder)
        store = await asyncio.to_thread(open_store, settings)
        stack.callback(store.close)
        real = await stack.enter_async_context(open_chain(settings, wallet))

        @asynccontextmanager
        async def connect() -> AsyncIterator[Any]:
            if control["chain"] == "away":
                raise ConnectionRefusedError("nobody listens")
            yield FailingChain(real, control)

        endpoints = [Endpoint("soak chain", connect)]
        seconds = settings.subtensor.call_seconds
        chain = await stack.enter_async_context(
            PatientChain(settings.netuid, real.hotkey, endpoints, seconds=seconds)
        )
        annotator = FailingAnnotator(control)
        stack.push_async_callback(annotator.close)
        validator = Validator(
            settings,
            wallet,
            chain,
            store,
            annotator,
            embedder,
            default_rule(embedder),
            condition=condition,
            clock=control.clock,
        )
        await validator.run()


if __name__ == "__main__":
    given = Settings.from_command_line(sys.argv[2:])
    configure_logging(given.log)
    uvloop.run(validate(Control(Path(sys.argv[1])), given))
