"""The mixture that stands: the accepted experts of a ledger, each loaded when a window needs it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial

from cgp.experts.block import GATE, TENSORS, Block, Kind
from cgp.experts.gate import Gate
from cgp.experts.ledger import Ledger, mixture_id
from cgp.experts.mixture import Layer, Member, Mixture
from cgp.experts.network import Network
from cgp.experts.tensors import read_gate, read_network, read_router

MOST_LOADED = 64


class Networks:
    """Networks of blocks in memory: the last used ones, ``capacity`` at a time."""

    def __init__(self, ledger: Ledger, capacity: int = MOST_LOADED) -> None:
        self._ledger = ledger
        self._most = capacity
        self._loaded: OrderedDict[str, Network] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> Network:
        """Return the network of a block.

        Raises:
            DamagedLedgerError: if its file is damaged.
        """
        with self._lock:
            # The lock also keeps two threads from reading the same file.
            network = self._loaded.get(digest)
            if network is None:
                network = self._loaded[digest] = self._read(digest)
                if len(self._loaded) > self._most:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(digest)
            return network

    def digests(self) -> tuple[str, ...]:
        """Return the digests of the blocks whose networks are in memory."""
        with self._lock:
            return tuple(self._loaded)

    def _read(self, digest: str) -> Network:
        block = self._ledger.block(digest)
        data = self._ledger.blobs.get(block.payload(TENSORS).digest)
        return read_network(data, block.architecture, block.name)


def layers_of(ledger: Ledger, heads: Mapping[str, str], networks: Networks) -> tuple[Layer, ...]:
    """Return the layers that some heads make, experts by name.

    A router's gates stand in place of its experts' own. Nothing but gates is loaded.
    """
    blocks = {name: ledger.block(digest) for name, digest in heads.items()}
    # A router was measured with all its gates together, so it stands above them.
    routers: dict[str, dict[str, Gate]] = {
        block.layer: read_router(ledger.blobs.get(block.payload(TENSORS).digest), name)
        for name, block in blocks.items()
        if block.kind is Kind.ROUTER
    }
    members: dict[str, list[Member]] = {}
    for name, block in sorted(blocks.items()):
        if block.kind is Kind.EXPERT:
            gate = routers.get(block.layer, {}).get(name) or own_gate(ledger, block)
            member = Member(name, heads[name], gate, partial(networks.get, heads[name]))
            members.setdefault(block.layer, []).append(member)
    return tuple(
        Layer(name, top_k, tuple(members.get(name, ())))
        for name, top_k in sorted(ledger.specification.layers.items())
    )


def own_gate(ledger: Ledger, block: Block) -> Gate:
    """Return the gate that an expert's block brings."""
    return read_gate(ledger.blobs.get(block.payload(GATE).digest), block.name)


def standing_mixture(ledger: Ledger, networks: Networks) -> Mixture:
    """Return the mixture of the heads as they stand."""
    heads = ledger.heads()
    return Mixture(layers_of(ledger, heads, networks), f"experts.{mixture_id(heads)}")
