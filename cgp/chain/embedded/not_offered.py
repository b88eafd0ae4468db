"""Operations of the SDK's ``Substrate`` protocol that the embedded chain does not have: each says
so.
"""

from __future__ import annotations

from typing import NoReturn

import bittensor as bt
from bittensor.settings import DEFAULT_ERA_PERIOD


class NotOffered:
    """Operations that need SCALE encoding or multisig accounts. Each raises
    ``bittensor.ChainError``.
    """

    async def decode_scale(self, type_string: str, data: object) -> NoReturn:  # noqa: ARG002 - the protocol's
        """Refuse: nothing here is SCALE-encoded."""
        _not_offered("SCALE decoding")

    async def prepare(
        self,
        call: object,  # noqa: ARG002 - the protocol's
        *,
        address: str,  # noqa: ARG002
        crypto_type: int = 1,  # noqa: ARG002
        nonce: int | None = None,  # noqa: ARG002
        period: int | None = DEFAULT_ERA_PERIOD,  # noqa: ARG002
        tip: int = 0,  # noqa: ARG002
        metadata_hash: bytes | None = None,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: hardware wallets sign SCALE payloads."""
        _not_offered("signing elsewhere (hardware and QR wallets)")

    async def submit_signature(
        self,
        unsigned: object,  # noqa: ARG002 - the protocol's
        signature: bytes | str,  # noqa: ARG002
        *,
        wait_for_inclusion: bool = True,  # noqa: ARG002
        wait_for_finalization: bool = True,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: see ``prepare``."""
        _not_offered("signing elsewhere (hardware and QR wallets)")

    def multisig_account(self, signatories: list[str], threshold: int) -> NoReturn:  # noqa: ARG002
        """Refuse: there are no multisig accounts here."""
        _not_offered("multisig accounts")

    async def submit_multisig(
        self,
        call: object,  # noqa: ARG002 - the protocol's
        keypair: object,  # noqa: ARG002
        multisig_account: object,  # noqa: ARG002
        *,
        wait_for_inclusion: bool = True,  # noqa: ARG002
        wait_for_finalization: bool = True,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: there are no multisig accounts here."""
        _not_offered("multisig accounts")


def _not_offered(feature: str) -> NoReturn:
    raise bt.ChainError(f"the embedded chain does not offer {feature}")
