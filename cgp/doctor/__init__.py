"""The doctor: looks for obstacles to a neuron's work, before it starts or while it runs."""

from cgp.doctor.examine import examine
from cgp.doctor.findings import Examination, Finding, Level, Role

__all__ = ["Examination", "Finding", "Level", "Role", "examine"]
