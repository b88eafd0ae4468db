"""A node on loopback: the real runtime's metadata outside, the project's embedded chain inside.

Values are encoded here and decoded by the SDK; extrinsics arrive in their real bytes, are checked against
the real signing payload and decoded by the metadata, and then dispatched on the embedded chain.
"""

import collections
import json
from dataclasses import dataclass, field

from cgp.chain.embedded.accounts import charge_fee, fee_of
from cgp.chain.embedded.calls import dispatch, offered
from cgp.chain.embedded.epoch import catch_up
from cgp.chain.embedded.ledger import block_of, canonical, encode_key, hash_of
from cgp.chain.embedded.pool import refusal
from cgp.chain.embedded.rejection import RejectedError
from cgp.chain.embedded.substrate import EmbeddedSubstrate
from tests.chain.scale.encoding import Encoder, type_id
from tests.chain.scale.signed import InvalidError, birth_of, check_signature, parse, refused

VIRTUAL = {"BlocksSinceLastStep", "Burn", "SubnetEpochConsensus", "Timestamp.Now"}
"""Items that the embedded chain answers without having written them."""
FEE_RECORD = {"weight": {"ref_time": 1, "proof_size": 1}, "class": "Normal", "partial_fee": 10_000}
INFO = {"weight": {"ref_time": 1, "proof_size": 1}, "class": "Normal", "pays_fee": "Yes"}
ADAPTED = {
    "SubtensorModule.SubnetEpochConsensus": lambda value: {"Yuma": 0, "Null": 1}[value],
    "SubtensorModule.TokenSymbol": lambda value: value.encode(),
    "System.Account": lambda value: {
        "consumers": 0,
        "providers": 1,
        "sufficients": 0,
        **value,
        "data": {"flags": 0, **value["data"]},
    },
}
POOL_CODES = {
    "StakeAmountTooLow": 1,
    "RateLimitExceeded": 6,
    "HotKeyNotRegisteredInNetwork": 10,
    "InvalidIpAddress": 11,
    "ServingRateLimitExceeded": 12,
    "InvalidPort": 13,
    "InvalidRevealRound": 15,
    "BadRequest": 255,
}


@dataclass
class Record:
    """What a node was asked: requests by name, calls that it included, and its own faults."""

    requests: collections.Counter = field(default_factory=collections.Counter)
    calls: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    faults: list = field(default_factory=list)


class Node:
    """Answers JSON-RPC for one embedded chain, which must be connected."""

    def __init__(self, substrate: EmbeddedSubstrate, golden):
        self._chain = substrate
        self._golden = golden
        self._codec = golden.codec
        self._encoder = Encoder(golden.codec)
        self._genesis = substrate._state.constants.genesis
        self._pallets = golden.codec.metadata_ir().pallets
        self._entries = {}
        for pallet in self._pallets:
            for item in pallet.storage:
                entry = self._codec.storage_entry(pallet.name, item.name)
                self._entries[self._codec.storage_key(entry, [])[:32]] = entry
        self.record = Record()

    async def head(self):
        """Return the newest block."""
        return await self._chain.block_number()

    def hash_of(self, block):
        """Return a block's hash."""
        return hash_of(self._genesis, block)

    def header(self, block):
        """Return a block's header as a node sends it."""
        zero = "0x" + "00" * 32
        parent = hash_of(self._genesis, block - 1) if block else zero
        return {
            "number": hex(block),
            "parentHash": parent,
            "stateRoot": zero,
            "extrinsicsRoot": zero,
            "digest": {"logs": []},
        }

    async def answer(self, method, params):
        """Return the result of a request that is no subscription."""
        first, second = (*params, None, None)[:2]
        if method == "state_getRuntimeVersion":
            return self._version()
        if method == "chain_getBlockHash":
            head = await self.head()
            return self.hash_of(head if first is None else first) if (first or 0) <= head else None
        if method in ("chain_getHead", "chain_getFinalizedHead", "chain_getFinalisedHead"):
            return self.hash_of(await self.head())
        if method == "chain_getHeader":
            return self.header(await self.head() if first is None else block_of(first))
        if method == "chain_getBlock":
            return await self._block(await self.head() if first is None else block_of(first))
        if method in ("state_getStorage", "state_getStorageAt"):
            return await self._storage(first, second)
        if method == "state_queryStorageAt":
            changes = [[key, await self._storage(key, second)] for key in first]
            return [{"block": second or self.hash_of(await self.head()), "changes": changes}]
        if method == "state_getKeysPaged":
            return await self._keys(*(*params, None, None)[:4])
        if method == "state_call":
            return await self._call(*(*params, None)[:3])
        if method in ("account_nextIndex", "system_accountNextIndex"):
            return (await self._chain.query("System", "Account", [first]))["nonce"]
        if method == "author_submitExtrinsic":
            return (await self.submit(first))[0]
        if method == "rpc_methods":
            return {"methods": []}
        raise InvalidError(-32601, f"Method not found: {method}")

    def _version(self):
        return {
            "specName": "node-subtensor",
            "implName": "node-subtensor",
            "specVersion": self._golden.spec_version,
            "implVersion": 1,
            "authoringVersion": 1,
            "transactionVersion": self._golden.transaction_version,
            "apis": [],
            "stateVersion": 1,
        }

    async def _block(self, block):
        rows = await self._chain._run(self._chain._state.extrinsics, block)
        bodies = [json.loads(body) for body, _ in rows]
        raws = ["0x" + body["raw"] for body in bodies if "raw" in body]
        return {
            "block": {"header": self.header(block), "extrinsics": raws},
            "justifications": None,
        }

    async def _storage(self, key_hex, at):
        key = bytes.fromhex(key_hex[2:])
        entry = self._entries[key[:32]]
        name = f"{entry.pallet}.{entry.name}"
        if name == "System.Events":
            return "0x" + (await self._events(at)).hex()
        params = (
            self._codec.decode_storage_key_params(entry, key, fixed=0) if entry.param_types else []
        )
        item = entry.name if entry.pallet == "SubtensorModule" else name
        if item not in VIRTUAL and not await self._written(item, params, at):
            return None  # the SDK takes the default from the metadata
        (value,) = await self._chain.query_batch(entry.pallet, entry.name, [params], at)
        if value is None:
            return None
        value = ADAPTED.get(name, lambda same: same)(value)
        return "0x" + self._encoder.encode(type_id(entry.value_type), value, name).hex()

    async def _written(self, item, params, at):
        block = None if at is None else block_of(at)

        def look():
            return self._chain._state._view(block)._text(item, encode_key(tuple(params)))

        return await self._chain._run(look) is not None

    async def _keys(self, prefix_hex, count, start, at):
        prefix = bytes.fromhex(prefix_hex[2:])
        entry = self._entries[prefix[:32]]
        fixed = self._fixed_params(entry, prefix)
        rows = await self._chain.query_map(entry.pallet, entry.name, fixed, at)
        rests = [key if isinstance(key, list | tuple) else [key] for key, _ in rows]
        keys = sorted(self._codec.storage_key(entry, [*fixed, *rest]) for rest in rests)
        begin = bytes.fromhex(start[2:]) if start else prefix
        return ["0x" + key.hex() for key in keys if key > begin][:count]

    def _fixed_params(self, entry, prefix):
        """Return the leading parameters that a prefix fixes."""
        params, at = [], 32
        for hasher, kind in zip(entry.param_hashers, entry.param_types, strict=True):
            if at >= len(prefix):
                break
            at += {"Identity": 0, "Blake2_128Concat": 16, "Twox64Concat": 8}[hasher]
            number = type_id(kind)
            size = len(self._encoder.encode(number, self._encoder.zero(number), entry.name))
            params.append(self._codec.decode(kind, prefix[at : at + size]))
            at += size
        return params

    async def _call(self, method, data_hex, at):
        if method == "Metadata_metadata_at_version":
            return "0x" + self._golden.opaque.hex()
        apis = self._codec.runtime_api_map
        api = next(name for name in apis if method.startswith(f"{name}_"))
        function = method.removeprefix(f"{api}_")
        definition = apis[api][function]
        if method == "TransactionPaymentApi_query_info":
            value = FEE_RECORD
        else:
            params = self._decoded(definition["inputs"], bytes.fromhex(data_hex.removeprefix("0x")))
            value = await self._chain.runtime_call(api, function, params, at)
        raw = self._encoder.encode(type_id(definition["output"]), value, method)
        self._codec.decode(definition["output"], raw)
        return "0x" + raw.hex()

    def _decoded(self, inputs, data):
        params = []
        for _, kind in inputs:
            number = type_id(kind)
            size = len(self._encoder.encode(number, self._encoder.zero(number), kind))
            params.append(self._codec.decode(kind, data[:size]))
            data = data[size:]
        return params

    async def submit(self, data_hex):
        """Check an extrinsic, and include it in a block of its own; return its hash and the block.

        Raises:
            InvalidError: if the pool refuses it.
        """
        signed = parse(bytes.fromhex(data_hex.removeprefix("0x")))
        birth = birth_of(signed.era, await self.head())
        versions = (self._golden.spec_version, self._golden.transaction_version)
        implicit = b"".join(version.to_bytes(4, "little") for version in versions)
        for block in (0, birth):
            implicit += bytes.fromhex(self.hash_of(block)[2:])
        check_signature(signed, implicit + b"\0")
        decoded = self._codec.decode_call(signed.call)
        module, function = decoded["call_module"], decoded["call_function"]
        params = {one["name"]: one["value"] for one in decoded["call_args"]}
        if self._codec.compose_call(module, function, params).data != signed.call:
            self.record.faults.append(f"{module}.{function} does not encode back")
        if not offered(module, function):
            raise refused(f"not offered: {module}.{function}")
        block = await self._chain._run(self._include, signed, module, function, params)
        return signed.digest, block

    def _include(self, signed, module, function, params):
        ledger = self._chain._state._ledger
        with ledger.write() as draft:
            block = draft.block + 1
            catch_up(draft, block)
            draft.block = block
            account = draft.get("System.Account", signed.signer)
            if signed.nonce != account["nonce"]:
                late = signed.nonce < account["nonce"]
                raise refused(
                    "Transaction is outdated" if late else "Transaction will be valid in the future"
                )
            name = refusal(draft, signed.signer, module, function, params)
            if name is not None:
                self.record.refusals.append((f"{module}.{function}", name))
                raise refused(f"Custom error: {POOL_CODES[name]}")
            account["nonce"] += 1
            draft.put("System.Account", signed.signer, account)
            fee = charge_fee(draft, signed.signer, fee_of(module, function))
            error = ""
            try:
                with draft.attempt():
                    dispatch(draft, signed.signer, module, function, dict(params))
            except RejectedError as refusal_of_pallet:
                error = refusal_of_pallet.name
            body = canonical({"raw": signed.raw.hex(), "signer": signed.signer})
            receipt = canonical({"position": 0, "fee": fee, "error": error})
            draft.record(signed.digest, 0, body, receipt)
            ledger.seal(block)
        self.record.calls.append((f"{module}.{function}", params, error))
        return block

    async def _events(self, at):
        block = await self.head() if at is None else block_of(at)
        entry = self._codec.storage_entry("System", "Events")
        events = []
        rows = await self._chain._run(self._chain._state.extrinsics, block)
        for index, (body_text, receipt_text) in enumerate(rows):
            body, receipt = json.loads(body_text), json.loads(receipt_text)
            paid = {"who": body["signer"], "actual_fee": receipt["fee"], "tip": 0}
            ended = {"ExtrinsicSuccess": {"dispatch_info": INFO}}
            if receipt["error"]:
                failed = {"dispatch_error": self._dispatch_error(receipt["error"])}
                ended = {"ExtrinsicFailed": {**failed, "dispatch_info": INFO}}
            both = ({"TransactionPayment": {"TransactionFeePaid": paid}}, {"System": ended})
            phase = {"ApplyExtrinsic": index}
            events += [{"phase": phase, "event": event, "topics": []} for event in both]
        return self._encoder.encode(type_id(entry.value_type), events, "System.Events")

    def _dispatch_error(self, name):
        if name == "BadOrigin":
            return name
        for pallet in self._pallets:
            for error in pallet.errors:
                if error.name == name:
                    module = {"index": pallet.index, "error": [error.index, 0, 0, 0]}
                    return {"Module": module}
        self.record.faults.append(f"the runtime has no error {name}")
        return "CannotLookup"
