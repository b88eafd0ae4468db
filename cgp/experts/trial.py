"""A trial of the whole way on one machine: genesis, three experts, verdicts, rewards, three nodes.

The windows are made up: numbers of which the truth is known, in which German candidates are wanted
for a reason that the released head does not know. So what is accepted here says nothing about real
conversations. Everything else is real: the ledger, the judge, processes, HTTP and NATS.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import numpy as np
from bittensor.sp_core import Keypair

from cgp.api.server import background_server
from cgp.arrays import Floats
from cgp.chat.gateway import LIMITS, Gateway
from cgp.child_process import ending_with_parent
from cgp.config import Settings
from cgp.experts.errors import ExpertsError, RefusedError
from cgp.experts.gate import GATE_INPUTS, Gate
from cgp.experts.judging import Judge, seal
from cgp.experts.ledger import Ledger
from cgp.experts.ledger_check import check
from cgp.experts.network import LinearNetwork, Network
from cgp.experts.nodes import Place
from cgp.experts.rewards import POOL, settle
from cgp.experts.serving import opened_experts
from cgp.experts.specification import Specification, released_base
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import expert_submission, submit
from cgp.experts.training import TrainingPlan
from cgp.experts.upgrade import train_expert
from cgp.experts.window_table import LabelledWindow, WindowTable
from cgp.tagmodel import shipped_model
from cgp.tagmodel.head import INPUTS, logistic

PROMPT: Final = (
    "Die Gezeitenturbine in der Meerenge braucht vor den Winterstürmen ein neues Getriebe."
)
NODES: Final = 3
_DAY: Final = 86_400
_ROWS: Final = 8
_COLUMNS: Final = slice(1, 21)
_EMPTY_COLUMNS: Final = slice(21, 41)
_NODE_SECONDS: Final = 90.0


class TrialError(ExpertsError, code="experts.trial", remedy="see the messages before this one"):
    """A step of the trial did not end as it should."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Fate of one submission: its name, its state or the reason of its refusal, and its gain in
    percent of the loss, None where a check refused it before it was measured.
    """

    name: str
    outcome: str
    gain_percent: float | None = None

    @property
    def in_words(self) -> str:
        """Outcome and gain for a person."""
        if self.gain_percent is None:
            return f"{self.outcome} (not measured)"
        return f"{self.outcome} ({self.gain_percent:+.2f} % of the loss)"


@dataclass
class TrialReport:
    """Results of a trial. ``answers`` are places by step; ``faults`` are those of fsck."""

    genesis: str = ""
    entries: list[Entry] = field(default_factory=list)
    shares: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def rewards_in_words(self) -> str:
        """Share of each account in the epoch's pool, for a person."""
        return ", ".join(f"{name} {share:.0%}" for name, share in self.shares.items()) or "none"


@dataclass
class _Clock:
    """The wall clock, and days that the trial lets pass."""

    days: int = 0

    def __call__(self) -> float:
        return time.time() + self.days * _DAY


async def run_trial(folder: Path, tell: Callable[[str], None], seed: int = 1) -> TrialReport:
    """Run the trial in an empty folder; ``tell`` hears what happens.

    Raises:
        TrialError: if a step does not end as it should.
    """
    report, clock = TrialReport(), _Clock()
    operator, author, other = (Keypair.create_from_seed(secrets.token_bytes(32)) for _ in range(3))
    specification = Specification(
        {"language": 1, "domain": 1}, (operator.ss58_address,), base=released_base()
    )
    with Ledger.create(folder / "ledger", specification, operator, clock) as ledger:
        report.genesis = ledger.genesis.digest
        tell(f"genesis {report.genesis}")
        await asyncio.to_thread(_submit_and_judge, ledger, report, (operator, author, other), seed)
        for entry in report.entries:
            tell(f"{entry.name}: {entry.in_words}")
        # An epoch is settled when it is over.
        clock.days += 1
        _settle(ledger, report, {author.ss58_address: "author", other.ss58_address: "other"})
        tell(f"rewards of the epoch: {report.rewards_in_words}")
        await _ask_nodes(folder, ledger, report, tell)
        report.faults = check(ledger).faults
    return report


def made_up_table(seed: int, windows: int, salt: str = "") -> WindowTable:
    """Return made-up windows, half of them German, which the released head gets wrong."""
    draws, head = np.random.default_rng(seed), shipped_model().head
    missing = np.zeros(INPUTS)
    missing[_COLUMNS] = np.random.default_rng(0).normal(size=20) * 0.4
    labelled = []
    for number in range(windows):
        language = "de" if number % 2 else "en"
        inputs = np.zeros((_ROWS, INPUTS))
        inputs[:, _COLUMNS] = draws.normal(size=(_ROWS, 20))
        inputs[:, _EMPTY_COLUMNS] = draws.normal(size=(_ROWS, 20))
        truth = head.log_odds(inputs) + (inputs @ missing if language == "de" else 0.0)
        credit = (draws.random(_ROWS) < logistic(truth)).astype(np.float64)
        origin = f"{seed}-{number // 2}"
        labelled.append(
            LabelledWindow.of(
                inputs, credit, np.ones(_ROWS), language=language, kind=language, origin=origin
            )
        )
    return WindowTable.of(labelled, salt)


def _submit_and_judge(
    ledger: Ledger, report: TrialReport, keys: tuple[Keypair, Keypair, Keypair], seed: int
) -> None:
    operator, author, other = keys
    head, networks = shipped_model().head, Networks(ledger)
    hold_out = made_up_table(seed + 1, 300, secrets.token_hex(16))
    seal(ledger, hold_out, operator)
    judge = Judge(head, hold_out, operator, networks)
    layers = standing_mixture(ledger, networks).layers
    learned = train_expert(
        head, layers, "language.german", "linear",
        table=made_up_table(seed, 400), plan=TrainingPlan(rate=0.05, seed=seed),
    ).pupils[-1]  # fmt: skip
    # It moves candidates by numbers that say nothing about what is wanted.
    noise = LinearNetwork({"w": _noise(seed), "b": np.zeros(1)})
    open_gate = Gate(np.append(np.zeros(GATE_INPUTS), 3.0).astype(np.float32))
    attempts: list[tuple[str, Network, Gate, Keypair]] = [
        ("language.german", learned.network, learned.frozen_gate(), author),
        ("domain.noise", noise, open_gate, other),
        # The accepted expert's tensors once more, under another name.
        ("domain.copy", learned.network, learned.frozen_gate(), other),
    ]
    for name, network, gate, key in attempts:
        submission = expert_submission(ledger, name, network, gate, key)
        try:
            record = submit(ledger, submission, lambda _: True)
        except RefusedError as error:
            report.entries.append(Entry(name, f"refused: {error.fault}"))
            continue
        outcome = judge.decide(ledger, record.digest)
        measured = outcome.measurement
        gain = 100 * measured.gain / measured.loss_before
        text = f"{outcome.record.state}: {measured.reason}"
        report.entries.append(Entry(name, text, round(gain, 2)))
    if not ledger.head("language.german"):
        raise TrialError(f"the good expert was not accepted: {report.entries}")


def _noise(seed: int) -> Floats:
    weights = np.zeros(INPUTS)
    weights[_EMPTY_COLUMNS] = np.random.default_rng(seed).normal(size=20) * 0.05
    return weights


def _settle(ledger: Ledger, report: TrialReport, names: dict[str, str]) -> None:
    epoch = ledger.epoch() - 1
    first, again = settle(ledger, epoch), settle(ledger, epoch)
    if again.is_new or again.amounts != first.amounts:
        raise TrialError("an epoch was paid twice")
    report.shares = {names[key]: amount / POOL for key, amount in first.amounts.items()}


async def _ask_nodes(
    folder: Path, ledger: Ledger, report: TrialReport, tell: Callable[[str], None]
) -> None:
    base = Settings(_env_file=None, data_dir=folder / "gateway")
    settings = base.model_copy(
        update={
            "nats": base.nats.model_copy(update={"port": 0}),
            "gateway": base.gateway.model_copy(update={"port": 0}),
        }
    )
    async with AsyncExitStack() as stack:
        opened = opened_experts(settings, ledger, lambda _: True, asks_for_keys=False)
        gateway = await stack.enter_async_context(opened)
        server = background_server(gateway.app, gateway.bound, limits=LIMITS)
        await stack.enter_async_context(server)
        # Processes of their own, so that they can be killed.
        processes = [
            await stack.enter_async_context(_node(folder, gateway, number))
            for number in range(NODES)
        ]
        await _until(gateway, NODES, "dial in")
        tell(f"{NODES} nodes have dialled in")
        http = await stack.enter_async_context(aiohttp.ClientSession())
        local = await _ask(http, f"{gateway.url}/chat")
        for step in ("three nodes", "two nodes", "one node", "no node"):
            answer = await _ask(http, f"{gateway.url}/chat/distributed")
            use = answer["expert_usage"]["language.german"]
            report.answers[step] = use["place"]
            if answer["tags"] != local["tags"]:
                raise TrialError(f"with {step} the tags are others than here")
            tell(f"{step}: {_computed(use)} in {use['ms']} ms, the same tags as here")
            if processes:
                # Two nodes are asked for an expert. The node that died before must be gone from the
                # list: with two dead ones on it, both tries could go to them, though a third lives.
                await _until(gateway, len(processes), "be there alone")
                # Killed without a word, as a machine that loses its power.
                process = processes.pop()
                process.send_signal(signal.SIGKILL)
                await process.wait()


def _computed(use: Mapping[str, Any]) -> str:
    if use["place"] == Place.NODE:
        return "computed by a node"
    return "no node answered, computed from this machine's own copy"


async def _ask(http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with http.post(url, json={"prompt": PROMPT}) as response:
        document: dict[str, Any] = await response.json()
        if response.status != 200:
            raise TrialError(f"{url} answers {response.status}: {document}")
        return document


@asynccontextmanager
async def _node(
    folder: Path, gateway: Gateway, number: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    name = f"node-{number + 1}"
    environment = {**os.environ, "DATA_DIR": str(folder / name), "LOG_LEVEL": "ERROR"}
    process = await asyncio.create_subprocess_exec(
        *ending_with_parent(
            sys.executable, "-c", "from cgp.cli import main; main()", "experts", "node",
            "--gateway", gateway.url, "--name", name, "--ledger", str(folder / "ledger"),
        ),
        env=environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _until(gateway: Gateway, count: int, aim: str) -> None:
    try:
        async with asyncio.timeout(_NODE_SECONDS):
            while len(gateway.desk.jobs.workers()) != count:  # noqa: ASYNC110 - the gateway tells no event
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TrialError(
            f"{count} nodes were to {aim}, and did not within {_NODE_SECONDS:g} s"
        ) from None
