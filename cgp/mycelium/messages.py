"""Messages of the SPORE protocol, version 1: how nodes find groups, join, keep in step and leave.

All have the same fields; a field that a kind does not use is empty or 0. Heads travel apart, as
``cgp.mycelium.updates.Update``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from cgp.mycelium.errors import Fault, MessageRefusedError
from cgp.mycelium.updates import ADDRESS, DIGEST, GROUP_NAME, MAX_ROUND, SCHEMA_NAME
from cgp.mycelium.wire import (
    VERSION,
    Document,
    Signer,
    choice,
    require_fields,
    seal,
    text,
    unseal,
    whole,
)
from cgp.tagmodel.head import SCHEMA

LIFETIME_MS: Final = 60_000
"""Milliseconds after which a message is refused."""
SKEW_MS: Final = 30_000
"""Milliseconds by which another node's clock may be ahead."""
_NONCE: Final = re.compile(r"[0-9a-f]{16}")
_NO_DIGEST: Final = re.compile(rf"|{DIGEST.pattern}")
PLACE: Final = re.compile(r"|(?:nats|tls|ws|wss)://[A-Za-z0-9.:\[\]-]{1,200}")
"""Address of a group's NATS server, or nothing.

It is shown to people, never followed by a program: an announcement must not choose where we
connect. It has no place for a user's name and password.
"""


class Kind(StrEnum):
    """Kind of a message."""

    ANNOUNCE = "announce"
    """A group is there; sent to the lobby by one of its members."""
    REQUEST_JOIN = "request_join"
    """A node asks to join."""
    ACCEPT = "accept"
    """A member lets ``to`` in; ``nonce`` is that of the request."""
    REJECT = "reject"
    """A member refuses ``to``; ``reason`` says why."""
    ROUND = "round"
    """A member is there, and in this round."""
    REQUEST_MOVE = "request_move"
    """A node asks ``to`` for its group's head, and for the one that travels, if there is one."""
    LEAVE = "leave"
    """A member leaves its group."""
    RETIRE = "retire"
    """The last member leaves; the group is over."""


class RefusalReason(StrEnum):
    """Reason of a refusal to let a node in."""

    NONE = ""
    FULL = "full"
    NOT_WELCOME = "not_welcome"


_FIELDS: Final = frozenset(
    {
        *("kind", "version", "group", "round", "schema", "time_ms", "nonce", "to"),
        *("members", "loss_micro", "head", "place", "reason"),
    }
)


@dataclass(frozen=True, slots=True)
class NodeMessage:
    """One message. ``time_ms`` is in milliseconds of Unix time.

    ``members`` is the number of members of the group; in a ``round``, 1 if its sender has no update
    for it. ``loss_micro`` is the sender's held-out loss
    of the group's head in millionths, 0 where it has none; it is shown, never believed. ``head``
    names the group's head. ``place`` is the address of the group's NATS server. ``node`` is the
    signer, empty until the message is signed.
    """

    kind: Kind
    group: str
    round: int
    time_ms: int
    nonce: str
    to: str = ""
    members: int = 0
    loss_micro: int = 0
    head: str = ""
    place: str = ""
    reason: RefusalReason = RefusalReason.NONE
    schema: str = SCHEMA
    node: str = ""

    def sign(self, signer: Signer) -> bytes:
        """Return the message as its node signs and sends it."""
        return seal(
            {
                "kind": str(self.kind),
                "version": VERSION,
                "group": self.group,
                "round": self.round,
                "schema": self.schema,
                "time_ms": self.time_ms,
                "nonce": self.nonce,
                "to": self.to,
                "members": self.members,
                "loss_micro": self.loss_micro,
                "head": self.head,
                "place": self.place,
                "reason": str(self.reason),
            },
            signer,
        )

    def by(self, node: str) -> NodeMessage:
        """Return the message with its author."""
        return replace(self, node=node)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a message of another node.

        Raises:
            MessageRefusedError: with the fault's name.
        """
        return cls.of(unseal(data))

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a message whose signature is checked already. Raises as ``read``."""
        fields = document.fields
        require_fields(fields, _FIELDS)
        return cls(
            choice(fields, "kind", Kind),
            text(fields, "group", GROUP_NAME),
            whole(fields, "round", high=MAX_ROUND),
            whole(fields, "time_ms"),
            text(fields, "nonce", _NONCE),
            text(fields, "to", ADDRESS),
            whole(fields, "members"),
            whole(fields, "loss_micro"),
            text(fields, "head", _NO_DIGEST),
            text(fields, "place", PLACE),
            choice(fields, "reason", RefusalReason),
            text(fields, "schema", SCHEMA_NAME),
            document.node,
        )


def check_age(time_ms: int, now_ms: int) -> None:
    """Check that a message was made lately.

    Raises:
        MessageRefusedError: if it is too old, or from the future.
    """
    if not now_ms - LIFETIME_MS <= time_ms <= now_ms + SKEW_MS:
        raise MessageRefusedError(
            Fault.TOO_OLD,
            f"it was made {(now_ms - time_ms) / 1000:.0f} s ago by this machine's clock; a message"
            f" counts for {LIFETIME_MS // 1000} s, and clocks may differ by {SKEW_MS // 1000} s",
        )
