"""What a neuron tells its operator: its log, its health, its measurements."""

from cgp.telemetry.duties import (
    Duties,
    Duty,
    DutyName,
    DutyReport,
    duty_details,
    first_cause,
    supervised,
)
from cgp.telemetry.health import Health, Problem
from cgp.telemetry.logs import configure_logging

__all__ = [
    "Duties",
    "Duty",
    "DutyName",
    "DutyReport",
    "Health",
    "Problem",
    "configure_logging",
    "duty_details",
    "first_cause",
    "supervised",
]
