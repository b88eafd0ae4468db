"""Backends: the programs that answer jobs on a worker's machine."""
