"""Measure the experts' ledger: storing (T4), looking up (T5), a long chain (T3), disk, memory.

python benchmarks/experts_ledger.py --blocks 1000 --chain 20000
"""

import argparse
import json
import resource
import sqlite3
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from bittensor.sp_core import Keypair

from cgp.experts.block import TENSORS, Block, Kind, Payload, sign
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.ledger import Ledger, State
from cgp.experts.ledger_check import check
from cgp.experts.network import LinearNetwork
from cgp.experts.rewards import settle
from cgp.experts.specification import Specification
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import expert_submission, submit
from cgp.tagmodel.head import INPUTS

KEY = Keypair.create_from_uri("//Operator")


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=1000)
    parser.add_argument("--chain", type=int, default=20_000)
    arguments = parser.parse_args()
    specification = Specification({"source": 1}, (KEY.ss58_address,))
    with tempfile.TemporaryDirectory() as folder:
        with Ledger.create(Path(folder) / "ledger", specification, KEY) as ledger:
            report = storing(ledger, arguments.blocks, Path(folder) / "ledger")
        with Ledger.create(Path(folder) / "short", specification, KEY) as ledger:
            report["submit_ms_empty"] = submitting(ledger)["submit_ms"]
        with Ledger.create(Path(folder) / "chain", specification, KEY) as ledger:
            report |= chain(ledger, arguments.chain)
        with Ledger.create(Path(folder) / "lineage", specification, KEY) as ledger:
            report |= lineage(ledger, arguments.chain)
        report["most_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(report, indent=2))


def storing(ledger: Ledger, blocks: int, folder: Path) -> dict[str, float]:
    """Return milliseconds of storing 4 MB with few and many blocks, of a look-up, and disk use."""
    random = np.random.default_rng(0)
    report: dict[str, float] = {}
    size = 4_000_000
    before = _disk(folder)
    report |= _put_medians(ledger, random, size, "10_blocks")
    report["disk_per_byte"] = round((_disk(folder) - before) / (10 * size), 4)
    for number in range(blocks):
        _put(ledger, random.bytes(100), f"source.small{number}")
    report |= _put_medians(ledger, random, size, f"{blocks}_blocks")
    times = []
    for _ in range(200):
        started = time.perf_counter()
        ledger.head("source.small1")
        ledger.records(name="source.small1")
        times.append(time.perf_counter() - started)
    report["look_up_ms"] = round(1000 * statistics.median(times), 3)
    return report


def chain(ledger: Ledger, length: int) -> dict[str, float]:
    """Return seconds of checking a chain of this length."""
    digest = ledger.genesis.digest
    template = Block(Kind.DATASET, "link", KEY.ss58_address, 0, (digest,))
    rows = []
    # Written straight into the index: a transaction for each of so many would take minutes.
    for number in range(length):
        block = replace(template, created_at=number, parents=(digest,))
        signature = sign(block, KEY)
        names = [_plain(ledger, data) for data in (block.manifest(), signature)]
        rows.append((block.digest, block.kind, block.name, block.signer, names[1], "stored", 0))
        digest = block.digest
    ledger.transact(
        lambda connection: connection.executemany(
            "INSERT INTO blocks (digest, kind, name, signer, signature, state, epoch)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    )
    started, processor = time.perf_counter(), time.process_time()
    report = check(ledger)
    return {
        "chain": report.blocks,
        "chain_faults": len(report.faults),
        "fsck_seconds": round(time.perf_counter() - started, 2),
        "fsck_processor_seconds": round(time.process_time() - processor, 2),
        "open_ms": _open_ms(ledger.folder),
        **submitting(ledger),
    }


def submitting(ledger: Ledger) -> dict[str, float]:
    """Return milliseconds of handing an expert in."""
    random = np.random.default_rng(0)
    gate = Gate(np.zeros(GATE_INPUTS + 1, dtype=np.float32))
    times = []
    for number in range(20):
        network = LinearNetwork({"w": random.normal(size=INPUTS), "b": np.zeros(1)})
        started = time.perf_counter()
        submission = expert_submission(ledger, f"source.e{number}", network, gate, KEY)
        submit(ledger, submission, lambda _: True)
        times.append(time.perf_counter() - started)
    return {"submit_ms": round(1000 * statistics.median(times), 1)}


def lineage(ledger: Ledger, length: int) -> dict[str, float]:
    """Return seconds of settling an epoch where a head has this many earlier versions."""
    genesis, digest = ledger.genesis.digest, None
    payload = Payload.of(TENSORS, b"same")
    rows, votes = [], []
    for number in range(length):
        parents = (genesis, *([digest] if digest else []))
        block = Block(
            Kind.EXPERT, "source.long", KEY.ss58_address, number, parents, digest, "linear", (payload,)
        )  # fmt: skip
        _plain(ledger, block.manifest())
        digest = block.digest
        rows.append((digest, block.kind, block.name, block.signer, "", "accepted", "m", 0))
        votes.append((digest, KEY.ss58_address, "m", digest, 1, 5_000, 500_000))

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO blocks (digest, kind, name, signer, signature, state, reason, epoch)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.executemany("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?)", votes)
        connection.execute("INSERT INTO heads VALUES ('source.long', ?)", (digest,))

    ledger.transact(write)
    started = time.perf_counter()
    amounts = settle(ledger, ledger.epoch() - 1).amounts
    return {
        "versions": length,
        "settle_seconds": round(time.perf_counter() - started, 2),
        "settle_paid": sum(amounts.values()),
    }


def _open_ms(folder: Path) -> float:
    started = time.perf_counter()
    with Ledger.open(folder) as ledger:
        standing_mixture(ledger, Networks(ledger))
    return round(1000 * (time.perf_counter() - started), 1)


def _plain(ledger: Ledger, data: bytes) -> str:
    payload = Payload.of("", data)
    ledger.blobs.path(payload.digest).write_bytes(data)
    return payload.digest


def _put(ledger: Ledger, data: bytes, name: str) -> tuple[float, float]:
    """Store an expert; return the seconds and those of the processor."""
    payload = Payload.of(TENSORS, data)
    genesis = ledger.genesis.digest
    started, processor = time.perf_counter(), time.process_time()
    block = Block(Kind.EXPERT, name, KEY.ss58_address, 0, (genesis,), payloads=(payload,))
    ledger.add(block, sign(block, KEY), {payload.digest: data}, State.PENDING)
    return time.perf_counter() - started, time.process_time() - processor


def _put_medians(
    ledger: Ledger, random: np.random.Generator, size: int, label: str
) -> dict[str, float]:
    times = [_put(ledger, random.bytes(size), f"source.n{n}") for n in range(10)]
    return {
        f"put_4mb_{kind}_ms_{label}": round(1000 * statistics.median(values), 1)
        for kind, values in zip(("clock", "processor"), zip(*times, strict=True), strict=True)
    }


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
