"""Personal data: its kinds, and a find of it in a text."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """A kind of personal data. Where finds overlap, the kind named first here wins."""

    URL = "url"
    SECRET = "secret"  # noqa: S105 - the name of a kind: keys, tokens, passwords
    EMAIL = "email"
    BANK = "bank"
    CARD = "card"
    ID = "id"
    WALLET = "wallet"
    NETWORK = "network"
    PHONE = "phone"
    ADDRESS = "address"
    BIRTH = "birth"
    HANDLE = "handle"
    NAME = "name"


RANK = {kind: rank for rank, kind in enumerate(Kind)}


class Find(NamedTuple):
    """Personal data at ``text[start:stop]``."""

    start: int
    stop: int
    kind: Kind


def without_overlaps(finds: list[Find]) -> list[Find]:
    """Return the finds in order; overlapping ones become one of the kind that ranks first.

    Uniting, rather than choosing, leaves no part of any find behind.
    """
    if not finds:
        return []
    unions: list[Find] = []
    for find in sorted(finds):
        if unions and find.start < unions[-1].stop:
            last = unions[-1]
            kind = min(last.kind, find.kind, key=RANK.__getitem__)
            unions[-1] = Find(last.start, max(last.stop, find.stop), kind)
        else:
            unions.append(find)
    return unions
