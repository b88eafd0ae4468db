"""What a neuron tells its operator: logging."""

from cgp.telemetry.logs import configure_logging

__all__ = ["configure_logging"]
