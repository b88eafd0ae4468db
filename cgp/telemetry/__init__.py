"""Telemetry of a neuron for its operator: log, health, measurements."""

from cgp.telemetry.disk_room import disk_problems
from cgp.telemetry.duties import (
    Duties,
    Duty,
    DutyName,
    DutyReport,
    duty_details,
    first_cause,
    supervise,
)
from cgp.telemetry.health import Health, Problem
from cgp.telemetry.logs import configure_logging
from cgp.telemetry.metrics import (
    CONTENT_TYPE,
    NOT_INSTALLED,
    Sample,
    counter_samples,
    exposition,
    health_samples,
)
from cgp.telemetry.recorder import Recorder
from cgp.telemetry.recording import keep_recording, make_recorder

__all__ = [
    "CONTENT_TYPE",
    "NOT_INSTALLED",
    "Duties",
    "Duty",
    "DutyName",
    "DutyReport",
    "Health",
    "Problem",
    "Recorder",
    "Sample",
    "configure_logging",
    "counter_samples",
    "disk_problems",
    "duty_details",
    "exposition",
    "first_cause",
    "health_samples",
    "keep_recording",
    "make_recorder",
    "supervise",
]
