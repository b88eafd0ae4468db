"""Commitments: a few bytes that a registered hotkey publishes on the subnet (the Commitments
pallet).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cgp.chain.embedded.ledger import Draft, Json
from cgp.chain.embedded.rejection import RejectedError

MAX_FIELDS = 3
"""Most fields of a commitment."""
MAX_SPACE = 3_100
"""Most bytes that a hotkey may commit in an epoch."""
_LEAST_SPACE = 100
"""Bytes that a commitment counts for at least."""
_RAW = re.compile(r"Raw(\d{1,3})")
_MAX_RAW = 128


def set_commitment(
    draft: Draft, hotkey: str, *, netuid: int, info: Mapping[str, Sequence[Json]]
) -> None:
    """Publish a hotkey's commitment in place of its earlier one.

    Raises:
        RejectedError: if the hotkey is not registered, there are too many fields, or the hotkey has
            published too much in this epoch.
    """
    if draft.get("Uids", netuid, hotkey) is None:
        raise RejectedError("AccountNotAllowedCommit")
    fields = [_field(field) for field in info["fields"]]
    if len(fields) > MAX_FIELDS:
        raise RejectedError("TooManyFieldsInCommitmentInfo")
    epoch = draft.get("SubnetEpochIndex", netuid)
    usage = draft.get("Commitments.UsedSpaceOf", netuid, hotkey)
    used = usage["used_space"] if usage and usage["last_epoch"] == epoch else 0
    used += max(_LEAST_SPACE, 1 + sum(1 + _size(field) for field in fields))
    if used > MAX_SPACE:
        raise RejectedError("SpaceLimitExceeded")
    draft.put("Commitments.UsedSpaceOf", netuid, hotkey, {"last_epoch": epoch, "used_space": used})
    draft.put("Commitments.LastCommitment", netuid, hotkey, draft.block)
    draft.put(
        "Commitments.CommitmentOf", netuid, hotkey,
        {"deposit": 0, "block": draft.block, "info": {"fields": fields}},
    )  # fmt: skip


def _field(field: Json) -> dict[str, str]:
    """Return a field of raw bytes, as the chain shows it.

    Hashes and sealed fields of the pallet are not offered here.
    """
    # The SDK takes a field by itself, or alone in a list.
    if isinstance(field, list) and len(field) == 1:
        (field,) = field
    if isinstance(field, dict) and len(field) == 1:
        ((variant, value),) = field.items()
        match = _RAW.fullmatch(variant)
        # Bytes come as 0x-hex, as every call's parameters do.
        if match and isinstance(value, str) and re.fullmatch(r"0x([0-9a-f]{2})*", value):
            size = int(match[1])
            if size <= _MAX_RAW and len(value) == 2 + 2 * size:
                return {variant: value}
    raise RejectedError("CallFiltered")


def _size(field: Mapping[str, str]) -> int:
    (value,) = field.values()
    return (len(value) - 2) // 2
