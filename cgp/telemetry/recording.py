"""A neuron's recorder, as its settings ask for it."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import Callable
from typing import Final

from cgp.config import Settings
from cgp.telemetry.duties import Duty
from cgp.telemetry.health import Health
from cgp.telemetry.recorder import LinesSink, Recorder, Sink
from cgp.telemetry.wandb_run import WandbSink, wandb_mode

logger = logging.getLogger(__name__)

RECORD_SECONDS: Final = 15.0
"""Interval at which the neuron's health is recorded."""


def make_recorder(settings: Settings, neuron: str, hotkey: str) -> Recorder:
    """Return the recorder of a neuron: JSON lines in ``DATA_DIR/telemetry`` always, wandb if
    wanted.
    """
    folder = settings.data_dir / "telemetry"
    name = f"{neuron}-{hotkey[:8]}"
    sinks: list[Sink] = [LinesSink(folder / f"{name}.jsonl")]
    mode = wandb_mode(settings)
    # Looked for, not imported: the import is slow, and the recorder's own thread does it.
    if mode is not None and importlib.util.find_spec("wandb") is None:
        logger.error("Weights & Biases needs the extra 'operator': run ./setup.sh")
    elif mode is not None:
        config = {
            "neuron": neuron,
            "hotkey": hotkey,
            "netuid": settings.netuid,
            "network": settings.subtensor.network,
            "llm": settings.llm.type,
        }
        sinks.append(WandbSink(settings, mode, name, config, folder / "wandb"))
        logger.info(
            "Measurements go to Weights & Biases, project %s (%s)", settings.wandb.project, mode
        )
    return Recorder(*sinks)


async def keep_recording(recorder: Recorder, duty: Duty, health: Callable[[], Health]) -> None:
    """Record a neuron's health for ever, and see whether records are taken."""
    while True:
        now = health()
        recorder.record(
            "health", ready=int(now.ready), problems=len(now.problems), dropped=recorder.dropped
        )
        if recorder.error:
            duty.note_failure(f"measurements are lost: {recorder.error}")
        else:
            duty.note_success()
        await asyncio.sleep(RECORD_SECONDS)
