"""Errors of Mycelium; each reason to refuse a message has a name."""

from __future__ import annotations

from enum import StrEnum

from cgp.errors import CgpError


class MyceliumError(CgpError, code="mycelium.failed", remedy="see docs/mycelium.md"):
    """Base of the errors of Mycelium."""


class TransportError(
    MyceliumError, code="mycelium.transport", remedy="the node sends again in its next round"
):
    """A message cannot be sent now."""


class NodeFileError(
    MyceliumError,
    OSError,
    code="mycelium.node_file",
    remedy="put a copy of the file in its place, or begin anew in another folder; a new node does not"
    " know what the old one spent of its budget of privacy",
):
    """A file of a node cannot be read."""


class FolderInUseError(
    MyceliumError,
    code="mycelium.folder_in_use",
    remedy="stop the other one, or give this one a folder of its own by --folder",
):
    """Another process runs the nodes of a folder."""


class Fault(StrEnum):
    """A reason for which a message or an update is refused."""

    TOO_LARGE = "too_large"
    NOT_CANONICAL = "not_canonical"
    WRONG_FIELDS = "wrong_fields"
    BAD_SIGNATURE = "bad_signature"
    TOO_OLD = "too_old"
    WRONG_SCHEMA = "wrong_schema"
    WRONG_SHAPE = "wrong_shape"
    NOT_FINITE = "not_finite"
    TOO_GREAT = "too_great"
    WRONG_WEIGHT = "wrong_weight"
    NOT_A_MEMBER = "not_a_member"
    WRONG_ROUND = "wrong_round"
    SECOND_UPDATE = "second_update"
    OUTLIER = "outlier"
    """A head far from all others."""
    APART = "apart"
    """One of a minority that pulls the head its own way."""


class MessageRefusedError(
    MyceliumError, ValueError, code="mycelium.refused", remedy="the message names what is allowed"
):
    """A message or an update is refused; ``fault`` names the reason."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(f"{fault}: {message}")
        self.fault = fault
