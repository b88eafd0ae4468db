"""The tag model with the head that a node accepted: the model of the embedded annotator.

The node's file is looked at again after half a minute at most, so that a head that was accepted is
used without a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.arrays import Floats
from cgp.mycelium.errors import MyceliumError, NodeFileError
from cgp.mycelium.memory import MEMORY_FILE, head_of_bytes, rows_of
from cgp.tagmodel import Head, TagModel, TagModelError, shipped_model

LOOK_SECONDS: Final = 30.0
_QUERY: Final = (
    "SELECT digest, weights FROM heads JOIN facts ON value = digest WHERE name = 'own_head'"
)


class NodeHeadError(
    MyceliumError,
    code="mycelium.node_head",
    remedy="set MYCELIUM_NODE to the folder of a node of `cgp mycelium up`, or unset it",
):
    """The head of a node cannot be read."""


@dataclass(frozen=True)
class HeadChange:
    """A ``cgp.tagmodel.Addition``: the difference that a node's head makes to the released one."""

    digest: str
    head: Head
    release: Head

    @property
    def id(self) -> str:
        """Name that changes with the head."""
        return f"mycelium.{self.digest[:12]}"

    def log_odds(self, inputs: Floats, language: str) -> Floats:  # noqa: ARG002 - the protocol's
        """Return the difference for each candidate, shape ``(rows,)``."""
        return self.head.log_odds(inputs) - self.release.log_odds(inputs)


class NodeModel:
    """A ``cgp.tagmodel.ModelSource``: the released model with a node's head.

    ``clock`` gives seconds that only grow.

    Raises:
        NodeHeadError: if the folder is none of a node.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._path = folder / MEMORY_FILE
        if not self._path.is_file():
            raise NodeHeadError(f"{folder} holds no node's memory")
        self._clock = clock
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._looked_at = -look_seconds
        self._model = shipped_model()
        self._digest = ""

    def current(self) -> TagModel:
        """Return the model; the released one until the node has accepted a head."""
        with self._lock:
            now = self._clock()
            if now - self._looked_at >= self._look_seconds:
                self._look()
                # Only now: a file that cannot be read is an error at each call, not once in a
                # while.
                self._looked_at = now
            return self._model

    def _look(self) -> None:
        try:
            rows = rows_of(self._path, _QUERY)
            if rows and rows[0]["digest"] != self._digest:
                release = shipped_model()
                head = head_of_bytes(rows[0]["weights"])
                change = HeadChange(rows[0]["digest"], head, release.head)
                self._model, self._digest = release.with_addition(change), change.digest
        except NodeFileError as error:
            raise NodeHeadError(str(error)) from error
        except (TagModelError, ValueError) as error:
            raise NodeHeadError(f"{self._path}: {error}") from error
