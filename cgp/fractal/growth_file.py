"""The steps of a tree's growth as a JSON file, which the picture of the tree is drawn from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cgp.errors import CgpError
from cgp.fractal.growth import Growth, Reshape
from cgp.fractal.network import paths_of_a_tree

_VERSION = 1
# A tree grows by eight leaves; a file with more steps than this is none of ours.
_MOST_STEPS = 10_000
MAX_GROWTH_BYTES = 64_000_000


class GrowthFileError(
    CgpError, ValueError, code="fractal.growth", remedy="write it with cgp experts train --growth"
):
    """A file does not hold the growth of a tree."""


def growth_to_bytes(steps: Sequence[Growth]) -> bytes:
    """Return steps of growth as JSON."""
    document = {
        "version": _VERSION,
        "steps": [
            {
                "change": str(step.change),
                "node": step.node,
                "is_kept": step.is_kept,
                "nodes": list(step.nodes),
            }
            for step in steps
        ],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def growth_from_bytes(data: bytes, source: str) -> tuple[Growth, ...]:
    """Read the result of ``growth_to_bytes``.

    Raises:
        GrowthFileError: if it is no such file; the message names the step.
    """
    try:
        document = json.loads(data)
        version, entries = document["version"], document["steps"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GrowthFileError(f"{source} does not hold the growth of a tree: {error}") from error
    if version != _VERSION or not isinstance(entries, list) or len(entries) > _MOST_STEPS:
        raise GrowthFileError(
            f"{source} is not a growth of version {_VERSION} with at most {_MOST_STEPS:,} steps"
        )
    return tuple(_step(entry, f"{source}, step {n}") for n, entry in enumerate(entries, 1))


def _step(entry: Any, where: str) -> Growth:  # noqa: ANN401 - another author's JSON
    try:
        change, node = Reshape(entry["change"]), entry["node"]
        nodes = paths_of_a_tree(entry["nodes"])
        is_kept = entry["is_kept"]
    except (ValueError, KeyError, TypeError) as error:
        raise GrowthFileError(f"{where}: {error}") from error
    if not isinstance(is_kept, bool) or not isinstance(node, str) or node not in nodes:
        raise GrowthFileError(f"{where}: is_kept is true or false, and node one of nodes")
    return Growth(change, node, is_kept, nodes)
