"""Reads of a machine's genome: a registry of questions that people, programs and models may ask."""

from cgp.reads.genome import Genome, ReadError
from cgp.reads.registry import READS, Read

__all__ = ["READS", "Genome", "Read", "ReadError"]
