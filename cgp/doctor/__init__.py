"""The doctor: looks for what keeps a neuron from working, before it starts or while it runs."""

from cgp.doctor.examine import examine
from cgp.doctor.findings import Examination, Finding, Level, Role

__all__ = ["Examination", "Finding", "Level", "Role", "examine"]
