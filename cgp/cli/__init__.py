"""The ``cgp`` command line."""

from cgp.cli.app import main

__all__ = ["main"]
