"""Validators with access to the API: the subnet's, or the ones that the operator names."""

from __future__ import annotations

import asyncio
from typing import Protocol

import bittensor as bt
from bittensor.sp_core import Keypair

from cgp.caller_permits import require_permit
from cgp.chain import ChainAwayError
from cgp.chain.metagraph import Chain
from cgp.chain.watch import MetagraphWatch
from cgp.counts import counted
from cgp.signing import Refusal
from cgp.telemetry import Duty, DutyName, supervise


class Validators(Protocol):
    """Decides about a hotkey's access as a validator."""

    @property
    def in_words(self) -> str:
        """Who may call, for people."""
        ...

    def check(self, hotkey: str) -> None:
        """Return if ``hotkey`` may call; raise ``Refusal`` otherwise."""
        ...

    async def follow(self) -> None:
        """Keep up to date, for ever."""
        ...


class NamedValidators:
    """The validators that the operator names."""

    def __init__(self, hotkeys: frozenset[str]) -> None:
        self._hotkeys = hotkeys

    @property
    def in_words(self) -> str:
        """Their number."""
        return counted(len(self._hotkeys), "named hotkey") if self._hotkeys else "nobody"

    def check(self, hotkey: str) -> None:
        """Return if ``hotkey`` is one of them.

        Raises:
            Refusal: 403 if it is not.
        """
        if hotkey not in self._hotkeys:
            raise Refusal(403, "NotAllowed", "this hotkey is not on this API's list of validators")

    async def follow(self) -> None:
        """Wait for ever: the list does not change."""
        await asyncio.Event().wait()


class SubnetValidators:
    """The validators with a permit and enough stake (TAO), as the chain last said.

    While the chain is away the last good reading stays in force.
    """

    def __init__(self, chain: Chain, *, minimum_stake: float, refresh_seconds: float) -> None:
        self._watch = MetagraphWatch(chain)
        self._minimum_stake = minimum_stake
        self._refresh_seconds = refresh_seconds

    @property
    def in_words(self) -> str:
        """What they need."""
        return "the subnet's validators with a permit"

    def check(self, hotkey: str) -> None:
        """Return if ``hotkey`` may validate.

        Raises:
            Refusal: 403 if it may not, 503 before the metagraph was read.
        """
        require_permit(self._watch, hotkey, self._minimum_stake)

    async def refresh(self) -> None:
        """Read the metagraph; errors of the chain reach the caller."""
        await self._watch.refresh()

    async def follow(self) -> None:
        """Read the metagraph again and again."""
        duty = Duty(DutyName.SYNC, 2 * self._refresh_seconds, ChainAwayError.remedy)

        async def read() -> None:
            while True:
                # The first reading is made before the server starts, hence the pause first.
                await asyncio.sleep(self._refresh_seconds)
                await self.refresh()
                duty.note_success()

        await supervise(duty, read, defect=lambda error: not isinstance(error, bt.BittensorError))


def named_validators(text: str) -> NamedValidators:
    """Return the validators that a list of hotkeys with commas names.

    Raises:
        ValueError: if one of them is not a hotkey.
    """
    hotkeys = frozenset(part.strip() for part in text.split(",") if part.strip())
    for hotkey in hotkeys:
        try:
            Keypair(hotkey)
        except ValueError as error:
            raise ValueError(f"api.validators: {hotkey!r} is not a hotkey (SS58)") from error
    return NamedValidators(hotkeys)
