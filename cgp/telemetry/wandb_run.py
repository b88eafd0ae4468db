"""Weights & Biases: a neuron's measurements as runs there, one for each day."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from cgp.config import Settings

logger = logging.getLogger(__name__)

Mode = Literal["online", "offline"]

RUN_SECONDS: Final = 86_400.0
"""A run grows slow and its pages heavy: after a day the next begins."""


def wandb_mode(settings: Settings) -> Mode | None:
    """Return ``online`` or ``offline``; None where Weights & Biases is not wanted."""
    wandb = settings.wandb
    if wandb.mode == "disabled":
        return None
    if wandb.mode is not None:
        return wandb.mode
    return "online" if wandb.api_key is not None else None


class WandbSink:
    """Sends records to Weights & Biases. ``clock`` gives seconds.

    Args:
        settings: project, entity, key.
        mode: ``online`` or ``offline`` (kept in ``folder`` for ``wandb sync``).
        name: name of the runs, such as ``validator-uid-3``.
        config: settings to show beside the run; no secrets.
        folder: where wandb keeps its files.
    """

    def __init__(
        self,
        settings: Settings,
        mode: Mode,
        name: str,
        config: Mapping[str, Any],
        folder: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings.wandb
        self._mode = mode
        self._name = name
        self._config = dict(config)
        self._folder = folder
        self._clock = clock
        self._run: Any = None
        self._began = 0.0

    def take(self, record: Mapping[str, Any]) -> None:
        """Log one record, in a new run where the present one is a day old."""
        if self._run is None or self._clock() - self._began > RUN_SECONDS:
            self.close()
            self._begin()
        kind = record["kind"]
        numbers = {f"{kind}/{key}": value for key, value in _flat(record) if key != "kind"}
        self._run.log(numbers)

    def close(self) -> None:
        """End the run."""
        if self._run is not None:
            self._run.finish(quiet=True)
            self._run = None

    def _begin(self) -> None:
        import wandb

        if self._settings.api_key is not None and self._mode == "online":
            # Not verified: a server that is away must not hold up the records.
            wandb.login(key=self._settings.api_key.get_secret_value(), verify=False)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=self._settings.project,
            entity=self._settings.entity,
            name=f"{self._name}-{time.strftime('%Y%m%d-%H%M', time.gmtime())}",
            config=self._config,
            dir=str(self._folder),
            mode=self._mode,
            reinit="create_new",
            # Only measurements leave: neither the process's output, nor its code, nor facts of its
            # machine.
            settings=wandb.Settings(
                console="off", disable_git=True, save_code=False, x_disable_stats=True, silent=True
            ),
        )
        self._began = self._clock()


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return the numbers of a record by their path."""
    flat: list[tuple[str, Any]] = []
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{key}/")
        elif isinstance(value, (int, float)):
            flat.append((f"{prefix}{key}", value))
    return flat
