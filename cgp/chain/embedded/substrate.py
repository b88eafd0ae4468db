"""The SDK's ``Substrate`` protocol above the embedded chain."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import bittensor as bt
from bittensor.settings import DEFAULT_ERA_PERIOD

from cgp.chain.embedded.accounts import EXISTENTIAL_DEPOSIT, fee_of
from cgp.chain.embedded.calls import CARRIER, offered
from cgp.chain.embedded.chain_state import ChainState
from cgp.chain.embedded.chain_thread import ChainThread
from cgp.chain.embedded.extrinsics import (
    ComposedCall,
    Extrinsic,
    InvalidExtrinsicError,
    sign,
)
from cgp.chain.embedded.ledger import Json, block_of, hash_of
from cgp.chain.embedded.not_offered import NotOffered
from cgp.chain.embedded.rejection import chain_error
from cgp.chain.embedded.runtime_reads import APIS
from cgp.chain.embedded.sdk_records import (
    event_record,
    extrinsic_record,
    header_record,
    result_record,
)

T = TypeVar("T")

SPEC_VERSION = 461
"""The runtime whose rules the embedded chain follows (docs/chain.md: which, and which not)."""
NONCE_ATTEMPTS = 8
"""Signings before giving up, where other processes sign with the same key at the same time."""
MAX_STREAMED = 1_000
"""Most headers sent at once; a listener that fell further behind (a laptop slept) goes on at the
head.
"""
MINIMUM_ERA = 1_000
"""Least blocks a signature stays valid. Every write makes a block, so the shield's era of 8 blocks
could pass between signing and inclusion while other processes write."""
_COMMIT = "commit_timelocked_mechanism_weights"


class EmbeddedSubstrate(NotOffered):
    """Any number of these, in any number of processes, may be open on one file.

    Args:
        path: the chain file, made by ``genesis``.
        now: the wall clock, in Unix seconds.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self.token_symbols: dict[int, str] = {}
        self._thread = ChainThread(path, now)
        self._sealed: dict[str, Extrinsic] = {}
        self._escrow: dict[str, dict[str, Any]] = {}

    # Lifecycle

    async def connect(self) -> None:
        """Open the file. Idempotent.

        Raises:
            ChainSetupError: if there is no chain in it.
        """
        if self._thread.is_open:
            return
        await self._thread.open()
        self.token_symbols = dict(await self.query_map("SubtensorModule", "TokenSymbol"))

    async def close(self) -> None:
        """Close the file. Idempotent."""
        await self._thread.close()

    # Reads

    def balance(self, rao: int, netuid: int = 0) -> bt.Balance:
        """Return an amount with its token's symbol."""
        return bt.Balance(int(rao), netuid, self.token_symbols.get(netuid) if netuid else None)

    async def block_hash(self, block: int | None = None) -> str:
        """Return a block's hash (default: the head's)."""
        head = await self._run(self._state.head)
        if block is not None and block > head:
            raise bt.ChainError(f"block {block} is not there yet; the head is {head}")
        return hash_of(self._genesis, head if block is None else block)

    async def block_number(self) -> int:
        """Return the head."""
        return await self._run(self._state.head)

    async def finalized_block_number(self) -> int:
        """Return the head: nothing is ever rolled back."""
        return await self.block_number()

    async def block_time(self) -> float:
        """Return the seconds a block takes."""
        return self._state.constants.block_seconds

    async def spec_version(self) -> int:
        """Return the version of the rules."""
        return SPEC_VERSION

    async def get_block(
        self, block_number: int | None = None, block_hash: str | None = None
    ) -> dict[str, Any] | None:
        """Return a block's header and extrinsics, None if it is not there yet."""
        head = await self.block_number()
        block = head if block_number is None else block_number
        if block_hash is not None:
            block = block_of(block_hash)
        if block > head:
            return None
        bodies = await self._run(self._state.extrinsics, block)
        extrinsics = [extrinsic_record(json.loads(body)) for body, _ in bodies]
        return {"header": header_record(self._genesis, block), "extrinsics": extrinsics}

    async def query(
        self,
        module: str,
        storage_function: str,
        params: list[Any] | None = None,
        block_hash: str | None = None,
    ) -> Json:
        """Return one storage value."""
        return (await self.query_batch(module, storage_function, [params or []], block_hash))[0]

    async def query_batch(
        self,
        module: str,
        storage_function: str,
        param_sets: list[list[Any]],
        block_hash: str | None = None,
    ) -> list[Any]:
        """Return the values of one storage item for several keys."""
        item = _item(module, storage_function)
        return await self._run(self._state.query, item, param_sets, _pin(block_hash))

    async def query_map(
        self,
        module: str,
        storage_function: str,
        params: list[Any] | None = None,
        block_hash: str | None = None,
    ) -> list[tuple[Any, Any]]:
        """Return (key, value) of everything under ``params``."""
        item = _item(module, storage_function)
        rows = await self._run(self._state.scan, item, params or [], _pin(block_hash))
        return [(key[0] if len(key) == 1 else key, value) for key, value in rows]

    async def map_has_entries(
        self, module: str, storage_function: str, params: list[Any], block_hash: str | None = None
    ) -> bool:
        """Tell whether there is anything under ``params``."""
        return bool(await self.query_map(module, storage_function, params, block_hash))

    async def runtime_call(
        self,
        api: str,
        method: str,
        params: list[Any] | dict[str, Any],
        block_hash: str | None = None,
    ) -> Json:
        """Return the answer of a runtime API."""
        function = APIS.get((api, method))
        if function is None:
            raise bt.ChainError(f"the embedded chain does not offer the runtime API {api}.{method}")
        arguments = list(params.values() if isinstance(params, Mapping) else params)
        return await self._run(self._state.call, function, arguments, _pin(block_hash))

    async def constant(self, module: str, name: str) -> Json:
        """Return a constant of a pallet."""
        constants: dict[tuple[str, str], int] = {
            ("Balances", "ExistentialDeposit"): EXISTENTIAL_DEPOSIT,
            ("Aura", "SlotDuration"): round(self._state.constants.block_seconds * 1000),
            ("SubtensorModule", "InitialStartCallDelay"): 0,
        }
        if (module, name) not in constants:
            raise bt.ChainError(f"the embedded chain does not have the constant {module}.{name}")
        return constants[module, name]

    async def blocks(self, *, finalized: bool = False) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG002
        """Yield the head's header, then every new one as time passes."""
        block = await self.block_number()
        # Four looks in a block, neither busy on fast chains nor late on slow ones.
        pause = min(max(self._state.constants.block_seconds / 4, 0.01), 1.0)
        yield {"header": header_record(self._genesis, block)}
        while True:
            head = await self.block_number()
            for new in range(max(block + 1, head - MAX_STREAMED + 1), head + 1):
                yield {"header": header_record(self._genesis, new)}
            block = head
            await asyncio.sleep(pause)

    async def events(self, block_hash: str | None = None) -> list[dict[str, Any]]:
        """Return one event per extrinsic of a block: whether it succeeded."""
        block = await self.block_number() if block_hash is None else block_of(block_hash)
        rows = await self._run(self._state.extrinsics, block)
        return [event_record(json.loads(receipt)) for _, receipt in rows]

    # Calls and fees

    async def compose(self, call: Iterable[Json]) -> ComposedCall:
        """Make a call ready to be signed."""
        module, function, params = call
        if not offered(module, function):
            raise bt.ChainError(f"the embedded chain does not offer the call {module}.{function}")
        return ComposedCall(module, function, dict(params))

    async def estimate_fee(self, call: ComposedCall, keypair: object) -> bt.Balance:  # noqa: ARG002 - the protocol's
        """Return the fee of a call."""
        return bt.Balance.from_rao(fee_of(call.module, call.function))

    async def estimate_weight(self, call: object, keypair: object) -> dict[str, int]:  # noqa: ARG002
        """Return the weight of a call: none, nothing is metered here."""
        return {"ref_time": 0, "proof_size": 0}

    async def account_next_index(self, address: str) -> int:
        """Return an account's next nonce."""
        nonce: int = (await self.query("System", "Account", [address]))["nonce"]
        return nonce

    # Writes

    @contextmanager
    def escrowed_weights(
        self, hotkey: str, uids: list[int], values: list[int], version_key: int
    ) -> Iterator[None]:
        """Hold the plaintext of the weights that ``hotkey`` commits within the block of code.

        The beacon that would decrypt them is on the internet; the chain reveals these when it is
        time.
        """
        self._escrow[hotkey] = {"uids": uids, "values": values, "version_key": version_key}
        try:
            yield
        finally:
            self._escrow.pop(hotkey, None)

    async def mev_next_key(self) -> bytes | None:
        """Return the shield's key: well formed, and without an owner, since the envelope is never
        opened.
        """
        return bytes(1184)

    async def sign_extrinsic(
        self, call: ComposedCall, keypair: bt.Signer, *, nonce: int, period: int
    ) -> tuple[bytes, str]:
        """Sign a call that a shielded carrier of the same signer will bring."""
        extrinsic = await self._sign(call, keypair, nonce, period)
        self._sealed[extrinsic.signer] = extrinsic
        return extrinsic.raw, extrinsic.digest

    async def find_extrinsic(
        self, extrinsic_hash: str, block_hash: str
    ) -> bt.ExtrinsicResult | None:
        """Return the outcome of an extrinsic, None if the block does not hold it."""
        receipt = await self._run(self._state.receipt, extrinsic_hash)
        if receipt is None or receipt.block != block_of(block_hash):
            return None
        return result_record(self._genesis, receipt)

    async def submit(
        self,
        call: ComposedCall,
        keypair: bt.Signer,
        *,
        nonce: int | None = None,
        period: int | None = DEFAULT_ERA_PERIOD,
        wait_for_inclusion: bool = True,  # noqa: ARG002 - inclusion is immediate
        wait_for_finalization: bool = True,  # noqa: ARG002 - and final
    ) -> bt.ExtrinsicResult:
        """Sign a call, include it in a new block, and return the outcome."""
        address: str = keypair.ss58_address
        # The carrier brings the call that was sealed for it, in the same block.
        inner = self._sealed.pop(address, None) if (call.module, call.function) == CARRIER else None
        escrow = self._escrow.get(address) if call.function == _COMMIT else None
        name = "Stale"
        for _ in range(NONCE_ATTEMPTS if nonce is None else 1):
            index = await self.account_next_index(address) if nonce is None else nonce
            outer = await self._sign(call, keypair, index, period, escrow)
            try:
                receipts = await self._run(self._state.submit, [outer, inner] if inner else [outer])
            except InvalidExtrinsicError as error:
                name = error.name
                # Another process signed with this key in between: sign again with the next nonce.
                if name != "Stale":
                    break
            else:
                return result_record(self._genesis, receipts[0])
        refusal = chain_error(name)
        return bt.ExtrinsicResult(success=False, message=refusal.message, error=refusal)

    async def submit_signed(
        self,
        extrinsic: Extrinsic,
        keypair: bt.Signer,  # noqa: ARG002 - the protocol's
        *,
        wait_for_inclusion: bool = True,  # noqa: ARG002
        wait_for_finalization: bool = True,  # noqa: ARG002
    ) -> bt.ExtrinsicResult:
        """Include an extrinsic that was signed before."""
        try:
            receipts = await self._run(self._state.submit, [extrinsic])
        except InvalidExtrinsicError as error:
            refusal = chain_error(error.name)
            return bt.ExtrinsicResult(success=False, message=refusal.message, error=refusal)
        return result_record(self._genesis, receipts[0])

    # Beyond the protocol

    async def advance(self, blocks: int) -> int:
        """Let blocks pass at once, with their epochs, and return the new head."""
        return await self._run(self._state.advance, blocks)

    async def stop_beacon(self) -> None:
        """Let no pulse of the random beacon come any more, so that no commit is revealed."""
        await self._run(self._state.stop_beacon)

    async def resume_beacon(self) -> None:
        """Bring the missing pulses of the beacon."""
        await self._run(self._state.resume_beacon)

    @property
    def _state(self) -> ChainState:
        return self._thread.state

    @property
    def _genesis(self) -> str:
        return self._state.constants.genesis

    async def _run(self, operation: Callable[..., T], *arguments: object) -> T:
        return await self._thread.run(operation, *arguments)

    async def _sign(
        self,
        call: ComposedCall,
        keypair: bt.Signer,
        nonce: int,
        period: int | None,
        escrow: dict[str, Any] | None = None,
    ) -> Extrinsic:
        head = await self.block_number()
        return await sign(
            call,
            keypair,
            genesis=self._genesis,
            nonce=nonce,
            expires=None if period is None else head + max(period, MINIMUM_ERA),
            escrow=escrow,
        )


def _item(module: str, name: str) -> str:
    return name if module == "SubtensorModule" else f"{module}.{name}"


def _pin(block_hash: str | None) -> int | None:
    return None if block_hash is None else block_of(block_hash)
