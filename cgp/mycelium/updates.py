"""Updates: the head of the tag model that one node trained, as nodes send it to each other.

An update is one signed document of at most ``MAX_MESSAGE_BYTES``. It holds numbers and digests, and
no text of a conversation. It is the same on every transport, and can travel alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.wire import (
    MICRO,
    VERSION,
    Document,
    Signer,
    choice,
    digest_of,
    require_fields,
    seal,
    text,
    unseal,
    whole,
)
from cgp.tagmodel.head import INPUTS, SCHEMA, Head
from cgp.vector_text import vector_bytes, vector_to_bytes, vector_to_text, vectors_of_bytes

MAX_WEIGHT: Final = 1_000_000
"""Most windows that an update may claim to be trained on; groups cap it further."""
MAX_NUMBER: Final = 1000.0
"""Most size of one of the head's numbers: the inputs are bounded, so more is a fault."""
MAX_ROUND: Final = 10**9
"""Last round of a group: six years of five rounds a second."""
MAX_LINEAGE: Final = 8
MAX_SETTINGS: Final = 12
NO_GROUP: Final = "lobby"
"""The topic of all nodes. No group has this name: who gives up on a group leaves its topic."""
GROUP_NAME: Final = re.compile(rf"(?!{NO_GROUP}\Z)[a-z0-9][a-z0-9-]{{0,63}}")
SCHEMA_NAME: Final = re.compile(r"[0-9a-f]{16}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SETTING: Final = re.compile(r"[a-z][a-z_]{0,23}")
ADDRESS: Final = re.compile(r"|[1-9A-HJ-NP-Za-km-z]{40,60}")
"""An address (SS58) of a node, or nothing."""
_UNIT: Final = re.compile(r"none|node|window")
_HEAD: Final = re.compile(r"[A-Za-z0-9+/]{4,5336}={0,2}")
_FIELDS: Final = frozenset(
    {
        *("kind", "version", "group", "round", "schema", "head", "weight", "parent", "lineage"),
        *("settings", "privacy_unit", "rho_micro", "time_ms", "to"),
    }
)


class UpdateKind(StrEnum):
    """Use of a head that a node sends."""

    UPDATE = "update"
    """It counts in its group's round."""
    MOVE = "move"
    """A group's head, for the one node that asked for it."""
    TRAVEL = "travel"
    """A head that came from another group and was trained further, for the one node that asked."""


def digest_of_head(weights: NDArray[np.float32]) -> str:
    """Return the name of a head: SHA-256 (hex) of its numbers, little-endian float32."""
    return digest_of(vector_to_bytes(weights))


@dataclass(frozen=True)
class Update:
    """A node's head after its training in one round.

    ``head`` has shape ``(INPUTS + 1,)``, float32. ``weight`` is the number of windows that it was
    trained on. ``parent`` names the head that training began from, ``lineage`` earlier ones, the
    youngest first (digests of heads). ``settings`` are those that the head was trained with, in
    millionths. ``privacy_unit`` says whose share in the head the noise hides: ``none`` (no noise),
    ``window`` or ``node``; ``rho_micro`` bounds the zCDP of this one update, in millionths, 0
    without noise. ``time_ms`` is in milliseconds of Unix time. ``to`` is the receiver of a head
    that was asked for, empty for a round's. ``node`` is the signer's address, empty until it is
    signed.
    """

    group: str
    round: int
    head: NDArray[np.float32]
    weight: int
    parent: str
    time_ms: int
    lineage: tuple[str, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    privacy_unit: str = "none"
    rho_micro: int = 0
    kind: UpdateKind = UpdateKind.UPDATE
    to: str = ""
    schema: str = SCHEMA
    node: str = ""

    @property
    def digest(self) -> str:
        """Name of the head."""
        return digest_of_head(self.head)

    @property
    def rho(self) -> float:
        """The zCDP of this update at most."""
        return self.rho_micro / MICRO

    def as_head(self) -> Head:
        """Return the head; it is one of this release's schema, or ``ValueError``."""
        return Head(self.head, self.schema)

    def sign(self, signer: Signer) -> bytes:
        """Return the update as its node signs and sends it.

        Raises:
            ValueError: if it is too large.
        """
        return seal(
            {
                "kind": str(self.kind),
                "to": self.to,
                "version": VERSION,
                "group": self.group,
                "round": self.round,
                "schema": self.schema,
                "head": vector_to_text(self.head),
                "weight": self.weight,
                "parent": self.parent,
                "lineage": list(self.lineage),
                "settings": dict(self.settings),
                "privacy_unit": self.privacy_unit,
                "rho_micro": self.rho_micro,
                "time_ms": self.time_ms,
            },
            signer,
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read an update of another node: size, form and signature first, then each field.

        Raises:
            MessageRefusedError: with the fault's name.
        """
        return cls.of(unseal(data))

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read an update from a document whose signature is checked already. Raises as ``read``."""
        fields = document.fields
        require_fields(fields, _FIELDS)
        schema = text(fields, "schema", SCHEMA_NAME)
        if schema != SCHEMA:
            raise MessageRefusedError(Fault.WRONG_SCHEMA, f"{schema}: the schema here is {SCHEMA}")
        weight = fields["weight"]
        if not isinstance(weight, int) or isinstance(weight, bool) or not 1 <= weight <= MAX_WEIGHT:
            raise MessageRefusedError(Fault.WRONG_WEIGHT, f"a weight is 1 to {MAX_WEIGHT} windows")
        return cls(
            text(fields, "group", GROUP_NAME),
            whole(fields, "round", high=MAX_ROUND),
            weights_of_text(text(fields, "head", _HEAD)),
            weight,
            text(fields, "parent", DIGEST),
            whole(fields, "time_ms"),
            _lineage(fields["lineage"]),
            _settings(fields["settings"]),
            text(fields, "privacy_unit", _UNIT),
            whole(fields, "rho_micro"),
            choice(fields, "kind", UpdateKind),
            text(fields, "to", ADDRESS),
            schema,
            document.node,
        )


def weights_of_text(digits: str) -> NDArray[np.float32]:
    """Return the numbers of a head as it is on the wire.

    Raises:
        MessageRefusedError: if their count is another, or one is not finite or too great.
    """
    try:
        data = vector_bytes(digits, INPUTS + 1)
    except ValueError as error:
        raise MessageRefusedError(Fault.WRONG_SHAPE, f"the head: {error}") from error
    weights: NDArray[np.float32] = vectors_of_bytes([data], INPUTS + 1)[0]
    if not np.isfinite(weights).all():
        raise MessageRefusedError(Fault.NOT_FINITE, "a head's numbers are finite")
    if np.abs(weights).max() > MAX_NUMBER:
        raise MessageRefusedError(Fault.TOO_GREAT, f"a head's numbers are within {MAX_NUMBER:g}")
    return weights


def _lineage(value: object) -> tuple[str, ...]:
    if not (
        isinstance(value, list)
        and len(value) <= MAX_LINEAGE
        and all(isinstance(name, str) and DIGEST.fullmatch(name) for name in value)
    ):
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"lineage is a list of {MAX_LINEAGE} digests at most"
        )
    return tuple(value)


def _settings(value: object) -> Mapping[str, int]:
    if not isinstance(value, dict) or len(value) > MAX_SETTINGS:
        raise MessageRefusedError(
            Fault.WRONG_FIELDS, f"settings are {MAX_SETTINGS} numbers at most"
        )
    if not all(_SETTING.fullmatch(name) for name in value):
        raise MessageRefusedError(Fault.WRONG_FIELDS, f"settings are named {_SETTING.pattern}")
    settings: dict[str, Any] = value
    return {name: whole(settings, name) for name in settings}
