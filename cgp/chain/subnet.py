"""One hotkey's view of one subnet, through the SDK's client: the same on every network."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import bittensor as bt
from bittensor.intents.base import Intent
from bittensor.intents.weights import clip_to_max_weight, normalize
from bittensor.metagraph import MetagraphNeuron

from cgp.chain.demands import too_few_weights, version_key_remedy
from cgp.chain.errors import ChainSetupError
from cgp.chain.metagraph import Commitment, Metagraph, Neuron, SubnetRules, WeightsOutcome

logger = logging.getLogger(__name__)

U16 = 65_535
MAX_COMMITMENT = 128
"""Most bytes of a commitment's text."""
# The pool can refuse for a nonce that another process used just before: worth two more attempts.
RESUBMISSIONS = 2
_MODULE = "SubtensorModule"


class WeightsEscrow(Protocol):
    """A chain that cannot decrypt committed weights, and is told them beforehand (the embedded
    one).
    """

    def escrowed_weights(
        self, hotkey: str, uids: list[int], values: list[int], version_key: int
    ) -> AbstractContextManager[None]:
        """Hold the plaintext of the commits of ``hotkey`` within the context."""
        ...


class SubnetChain:
    """The ``Chain`` of a neuron. All that it signs is signed by ``wallet.hotkey``.

    Args:
        client: an open client of the SDK; its owner closes it.
        netuid: the subnet.
        wallet: whose hotkey this neuron is; the coldkey is not touched.
        escrow: where the plaintext of commits must be left, None on chains that need none.
    """

    def __init__(
        self,
        client: bt.Client,
        netuid: int,
        wallet: bt.Wallet,
        escrow: WeightsEscrow | None = None,
    ) -> None:
        self._client = client
        self._netuid = netuid
        self._wallet = wallet
        self._escrow = escrow
        self._hotkey: str = wallet.hotkey.ss58_address
        self._graph: Metagraph | None = None
        self._tempo = 0
        self._rules: SubnetRules | None = None
        self._rules_read_at = 0

    @property
    def netuid(self) -> int:
        """The subnet's number."""
        return self._netuid

    @property
    def hotkey(self) -> str:
        """This neuron's own hotkey (SS58)."""
        return self._hotkey

    @property
    def endpoint(self) -> str:
        """Where the chain is asked."""
        return str(self._client.endpoint)

    async def block(self) -> int:
        """Return the current block number."""
        return await self._client.block()

    async def runtime(self) -> int:
        """Return the version of the chain's runtime."""
        return await self._client.spec_version()

    async def metagraph(self) -> Metagraph:
        """Return the metagraph at the head; it is read once for each block.

        Raises:
            ChainSetupError: if the subnet is gone.
        """
        block = await self._client.block()
        # A block never changes: what was read at it stays right.
        if self._graph is None or self._graph.block != block:
            self._graph = await self._read_metagraph(block)
        return self._graph

    async def _read_metagraph(self, block: int) -> Metagraph:
        graph = await self._client.subnets.metagraph(self._netuid, block, commitments=False)
        if graph is None:
            raise ChainSetupError(f"there is no subnet {self._netuid} any more")
        self._tempo = graph.tempo
        return Metagraph(
            netuid=self._netuid,
            block=block,
            owner_hotkey=graph.owner_hotkey or None,
            neurons=tuple(_neuron(neuron) for neuron in graph.neurons),
            name=str(graph.name or ""),
            owner_coldkey=graph.owner_coldkey or None,
            tempo=int(graph.tempo or 0),
            epoch_age=int(graph.blocks_since_last_step or 0),
        )

    async def rules(self) -> SubnetRules:
        """Return the subnet's rules for weights, as they are now."""
        view = await self._client.at()

        async def read(item: str) -> int:
            return int(await view.query((_MODULE, item), [self._netuid]) or 0)

        key, minimum, limit, is_commit_reveal, period, _ = await asyncio.gather(
            read("WeightsVersionKey"),
            read("MinAllowedWeights"),
            read("WeightsSetRateLimit"),
            read("CommitRevealWeightsEnabled"),
            read("RevealPeriodEpochs"),
            # The newest item that the SDK needs for weights: a runtime without it is told here.
            view.query((_MODULE, "SubnetEpochConsensus"), [self._netuid]),
        )
        self._rules = SubnetRules(key, minimum, limit, period if is_commit_reveal else 0)
        self._rules_read_at = view.block
        return self._rules

    async def _recent_rules(self, block: int) -> SubnetRules:
        """Return the rules as they were read within the last tempo: owners change them rarely."""
        if self._rules is None or block - self._rules_read_at >= self._tempo:
            return await self.rules()
        return self._rules

    async def serve(self, ip: str, port: int) -> None:
        """Advertise an endpoint, unless the chain already shows it.

        Raises:
            bittensor.ChainError: if the chain refuses (not registered, address refused, too often).
        """
        axon = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
        neuron = (await self.metagraph()).by_hotkey.get(self._hotkey)
        if neuron is None:
            raise self._not_registered()
        # Advertising again would only spend the limit of the subnet.
        if neuron.axon == axon:
            return
        intent = bt.ServeAxon(netuid=self._netuid, ip=ip, port=port)
        (await self._execute(intent)).raise_for_failure()

    async def blocks_until_weights(self) -> int:
        """Return the number of blocks until this hotkey may set weights (0: now).

        Without a validator permit that is at least until the next epoch, which grants permits; an
        answer that never reaches 0 means that the stake is too small for one.

        Raises:
            bittensor.ChainError: NOT_REGISTERED, if the hotkey has no uid.
        """
        graph = await self.metagraph()
        neuron = graph.by_hotkey.get(self._hotkey)
        if neuron is None:
            raise self._not_registered()
        rules = await self._recent_rules(graph.block)
        # A last update of 0 means none yet: the chain then knows no limit.
        wait = (
            max(0, neuron.last_update + rules.rate_limit - graph.block) if neuron.last_update else 0
        )
        if neuron.validator_permit or graph.owner_hotkey == self._hotkey:
            return wait
        until_epoch = await self._client.epochs.blocks_until_next_epoch(self._netuid)
        # At least a block: 0 would mean that weights are taken now.
        return max(wait, int(until_epoch or 0), 1)

    async def set_weights(self, weights: Mapping[int, float], version_key: int) -> WeightsOutcome:
        """Set weights by uid (any positive scale), plain or commit-reveal as the subnet asks.

        Never raises for an answer of the chain: too early (``RATE_LIMITED``) is an ordinary
        outcome. Weights that are not finite or not above 0 are left out; larger ones than the
        subnet's limit are clipped to it.
        """
        positive = {uid: w for uid, w in weights.items() if math.isfinite(w) and w > 0}
        if not positive:
            code = bt.ErrorCode.INVALID_ARGUMENT.name
            return WeightsOutcome(False, code, "no weight is above 0: give some uid a weight")
        if too_few := await self._too_few(positive):
            return too_few
        intent = bt.SetWeights(netuid=self._netuid, weights=positive, version_key=version_key)
        try:
            with await self._escrow_of(positive, version_key):
                result = await self._execute(intent, retries=RESUBMISSIONS)
        except (bt.RpcConnectionError, bt.ConnectionNotReady):
            raise  # silence is not an answer
        except bt.BittensorError as error:
            return WeightsOutcome(False, message=f"the chain could not be asked: {error}")
        if result.success:
            return WeightsOutcome(
                True, message=f"weights of {len(positive)} uids: {result.message}"
            )
        return await self._refusal(result)

    async def _too_few(self, weights: Mapping[int, float]) -> WeightsOutcome | None:
        """Return the outcome where the subnet asks for more weights above 0 than there are.

        The chain counts zeros, and asks for no more weights than it has neurons; but the SDK leaves
        zeros out and refuses in the chain's stead. It exempts a single weight on oneself.
        """
        graph = self._graph or await self.metagraph()
        neuron = graph.by_hotkey.get(self._hotkey)
        if neuron is not None and list(weights) == [neuron.uid]:
            return None
        # A refusal must not rest on old rules: they are read again before one.
        if len(weights) >= (await self._recent_rules(graph.block)).minimum_weights:
            return None
        minimum = (await self.rules()).minimum_weights
        if len(weights) >= minimum:
            return None
        return WeightsOutcome(
            False, bt.ErrorCode.INVALID_ARGUMENT.name, too_few_weights(minimum, len(weights))
        )

    async def _refusal(self, result: bt.ExtrinsicResult) -> WeightsOutcome:
        error = result.error
        if error is None:
            return WeightsOutcome(False, message=result.message or "refused without a reason")
        remedy = error.remediation
        if error.name == "IncorrectWeightVersionKey":
            remedy = version_key_remedy((await self.rules()).version_key)
        name = f"{error.name}: " if error.name and error.name not in error.message else ""
        return WeightsOutcome(False, error.code.name, f"{name}{error.message} ({remedy})")

    async def weights_of(self, uid: int) -> Mapping[int, float]:
        """Return the revealed weights set by ``uid``, normalised to a sum of 1 (empty: none)."""
        row = await self._client.query((_MODULE, "Weights"), [self._netuid, uid]) or []
        total = sum(int(value) for _, value in row)
        return {int(target): int(value) / total for target, value in row if value} if total else {}

    async def commit(self, text: str) -> None:
        """Publish a short text as this hotkey's commitment, in place of its earlier one.

        Raises: bittensor.ChainError: if it has more than ``MAX_COMMITMENT`` bytes, or the chain
            refuses.
        """
        data = text.encode()
        if len(data) > MAX_COMMITMENT:
            raise bt.ChainError(
                f"a commitment has at most {MAX_COMMITMENT} bytes, not {len(data)}",
                code=bt.ErrorCode.INVALID_ARGUMENT,
            )
        # The chain's type of a field names its length; the SDK has no intent for this call.
        info = {"fields": [{f"Raw{len(data)}": f"0x{data.hex()}"}]}
        call = bt.calls.Commitments.set_commitment(self._netuid, info)
        result = await self._client.submit_call(call, self._wallet, signer="hotkey")
        result.raise_for_failure()

    async def commitment_of(self, hotkey: str) -> Commitment | None:
        """Return the commitment of a hotkey, None where it has none."""
        record = await self._client.read("commitment", netuid=self._netuid, hotkey_ss58=hotkey)
        return None if record is None else Commitment(record.data, record.block)

    async def wait_for_block(self, block: int) -> None:
        """Return once the chain's head is at least ``block``."""
        await self._client.wait_for_block(block)

    async def _execute(self, intent: Intent, *, retries: int = 0) -> bt.ExtrinsicResult:
        """Execute with one channel for errors: the SDK raises some refusals and returns others."""
        try:
            return await self._client.execute(intent, self._wallet, retries=retries)
        except bt.ChainError as error:
            return bt.ExtrinsicResult(success=False, message=str(error), error=error)

    async def _escrow_of(
        self, weights: Mapping[int, float], version_key: int
    ) -> AbstractContextManager[None]:
        if self._escrow is None:
            return nullcontext()
        uids, values = await self._as_submitted(weights)
        return self._escrow.escrowed_weights(self._hotkey, uids, values, version_key)

    async def _as_submitted(self, weights: Mapping[int, float]) -> tuple[list[int], list[int]]:
        """Return the SDK's form of ``weights``: clipped and in u16, by uid."""
        uids = sorted(weights)
        values = [float(weights[uid]) for uid in uids]
        limit = await self._client.query((_MODULE, "MaxWeightsLimit"), [self._netuid])
        own_uid = await self._client.query((_MODULE, "Uids"), [self._netuid, self._hotkey])
        if limit is not None and limit < U16 and uids != [own_uid]:
            values = clip_to_max_weight(values, limit / U16)
        return normalize(uids, values)

    def _not_registered(self) -> bt.ChainError:
        return bt.ChainError(
            f"hotkey {self._hotkey} is not registered on netuid {self._netuid}; register it with "
            f"`btcli subnets register --netuid {self._netuid}` (on the embedded chain "
            "`cgp localnet` does it)",
            code=bt.ErrorCode.NOT_REGISTERED,
        )


def _neuron(neuron: MetagraphNeuron) -> Neuron:
    return Neuron(
        uid=neuron.uid,
        hotkey=neuron.hotkey,
        coldkey=neuron.coldkey,
        axon=neuron.axon,
        validator_permit=neuron.validator_permit,
        stake=neuron.total_stake.rao / 10**9,
        incentive=neuron.incentive,
        last_update=neuron.last_update,
        registered_at=neuron.block_at_registration,
    )
