"""Checks outside this process: the wallet, the chain, the clock, the model, the API."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import aiohttp
import bittensor as bt

from cgp.annotators import AnnotationError
from cgp.annotators.choose import open_annotator
from cgp.chain import (
    ChainAwayError,
    ChainMismatchError,
    ChainSetupError,
    Metagraph,
    Neuron,
    PatientChain,
    open_chain,
    open_wallet,
)
from cgp.chain.demands import (
    MINIMUM_REMEDY,
    late_version_key,
    too_few_miners,
    version_key_remedy,
)
from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.doctor.findings import Examination, Finding, Role, error, warning, well

CLOCK_SECONDS: Final = 1.5
"""Miners refuse requests that are more than 2 s ahead of their clocks."""

# The median of seven clocks stays right where three of them are wrong.
_ASKED_FOR_TIME = 7
# Two plain sentences with a plain subject: any model that is of use finds a tag in them.
_PROBE = Conversation(
    "doctor",
    "doctor",
    (Participant("Ada"), Participant("Grace")),
    (
        Turn(0, "The solar panels on the school roof produce more power than the school needs."),
        Turn(1, "Then let us sell the surplus to the grid."),
    ),
)


class WalletCheck(NamedTuple):
    """The wallet where there is a usable one, and the finding about it."""

    wallet: bt.Wallet | None
    finding: Finding


def check_wallet(case: Examination) -> WalletCheck:
    """Look for the hotkey."""
    settings = case.settings.wallet
    try:
        wallet = open_wallet(settings)
    except ChainSetupError as problem:
        remedy = "btcli wallet new-hotkey, or --wallet.name/--wallet.hotkey/--wallet.path"
        return WalletCheck(None, error("wallet", str(problem), remedy))
    place = f"{settings.name}/{settings.hotkey}: {wallet.hotkey.ss58_address}"
    return WalletCheck(wallet, well("wallet", place))


async def check_chain(case: Examination, wallet: bt.Wallet) -> list[Finding]:
    """Look at the endpoint, the subnet, and our place in it."""
    # The examination's own limit: a neuron's longer patience would keep a person waiting.
    settings = case.settings.model_copy(
        update={
            "subtensor": case.settings.subtensor.model_copy(update={"call_seconds": case.seconds})
        }
    )
    try:
        async with open_chain(settings, wallet) as chain:
            return await _look_around(case, chain)
    except ChainSetupError as problem:
        return [
            error(
                "subnet",
                str(problem),
                "set --subtensor.network and --netuid to where you registered",
            )
        ]
    except ChainMismatchError as problem:
        return [error("runtime", str(problem), problem.remedy)]
    except bt.BittensorError as problem:
        return [error("endpoint", str(problem), ChainAwayError.remedy)]


async def _look_around(case: Examination, chain: PatientChain) -> list[Finding]:
    began = time.monotonic()
    graph = await chain.metagraph()
    milliseconds = 1000 * (time.monotonic() - began)
    network = case.settings.subtensor.network
    findings = [
        well("endpoint", f"{chain.endpoint} answers in {milliseconds:.0f} ms, block {graph.block}"),
        well("runtime", f"version {await chain.runtime()}, read with SDK {bt.__version__}"),
        well(
            "subnet",
            f"{graph.netuid} of {network} is {graph.name!r}; owner hotkey {graph.owner_hotkey}, "
            f"coldkey {graph.owner_coldkey}",
        ),
    ]
    neuron = graph.by_hotkey.get(chain.hotkey)
    if neuron is None:
        findings.append(
            error(
                "registration",
                f"hotkey {chain.hotkey} is not registered on netuid {graph.netuid} of {network}",
                f"btcli -n {network} subnets register --netuid {graph.netuid}",
            )
        )
    else:
        findings.append(well("registration", f"uid {neuron.uid}"))
        findings += await _check_place(case, chain, graph, neuron)
    return [*findings, await _check_clock(case, chain.hotkey, graph)]


async def _check_place(
    case: Examination, chain: PatientChain, graph: Metagraph, neuron: Neuron
) -> list[Finding]:
    """Check the chain's permissions: permit and rules for weights, or the advertised address."""
    if case.role is Role.MINER:
        return [await _check_axon(case, neuron)]
    if neuron.validator_permit:
        findings = [well("permit", f"a permit, with {neuron.stake:g} TAO at stake")]
    else:
        text = f"no validator permit, with {neuron.stake:g} TAO at stake"
        findings = [
            error("permit", text, "stake more (btcli stake add), and wait for the next epoch")
        ]
    rules, ours = await chain.rules(), case.settings.validator.version_key
    version_key, minimum = rules.version_key, rules.minimum_weights
    if ours < version_key:
        findings.append(
            error(
                "version key", late_version_key(version_key, ours), version_key_remedy(version_key)
            )
        )
    else:
        findings.append(well("version key", f"{ours}; the subnet wants {version_key}"))
    miners = sum(n.axon is not None and n.hotkey != chain.hotkey for n in graph.neurons)
    if miners < minimum:
        text = too_few_miners(minimum, miners)
        findings.append(warning("minimum weights", text, MINIMUM_REMEDY))
    else:
        findings.append(well("minimum weights", f"{minimum}, with {miners} miners that serve"))
    return findings


async def _check_axon(case: Examination, neuron: Neuron) -> Finding:
    if neuron.axon is None:
        return well("axon", "not advertised yet: the miner does so when it starts")
    host, _, port = neuron.axon.rpartition(":")
    try:
        async with asyncio.timeout(min(5.0, case.seconds)):
            # Many routers do not lead a machine back to its own public address: silence is a
            # warning only.
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.close()
    except (OSError, TimeoutError):
        return warning(
            "axon",
            f"the advertised address {neuron.axon} does not answer from here",
            "start the miner; open the port in the firewall and the router; see --axon.external_ip",
        )
    return well("axon", f"{neuron.axon} takes connections")


async def _check_clock(case: Examination, hotkey: str, graph: Metagraph) -> Finding:
    """Compare our clock with the clocks of miners, by their answers' Date headers."""
    axons = [n.axon for n in graph.neurons if n.axon is not None and n.hotkey != hotkey]
    answers = await asyncio.gather(*(_offset(case, axon) for axon in axons[:_ASKED_FOR_TIME]))
    offsets = [offset for offset in answers if offset is not None]
    if not offsets:
        return warning(
            "clock",
            "no miner's clock could be read to compare ours with",
            "see that the machine keeps time: timedatectl",
        )
    # The median: one miner with a wrong clock must not accuse ours.
    middle = statistics.median(offsets)
    if abs(middle) > CLOCK_SECONDS:
        side = "ahead of" if middle > 0 else "behind"
        text = f"this machine's clock is {abs(middle):.1f} s {side} those of {len(offsets)} miners"
        return error("clock", text, "set it: timedatectl set-ntp true, or chrony")
    return well("clock", f"within {CLOCK_SECONDS:g} s of {len(offsets)} miners'")


async def _offset(case: Examination, axon: str) -> float | None:
    """Return the seconds by which our clock is ahead of a server's; None if unknown."""
    timeout = aiohttp.ClientTimeout(total=min(3.0, case.seconds))
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            # A miner's page belongs to a stranger: its redirect must not lead this machine
            # elsewhere.
            http.get(f"http://{axon}/healthz", allow_redirects=False) as reply,
        ):
            theirs = parsedate_to_datetime(reply.headers.get("Date", "")).timestamp()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None
    # A Date is cut to whole seconds, and servers write a new one each second: half a second on
    # average.
    return case.now() - theirs - 0.5


async def check_model(case: Examination) -> Finding:
    """Have the annotator annotate two sentences, once."""
    remedy = "check LLM_TYPE, LLM_MODEL, LLM_BASE_URL and the key in .env"
    began = time.monotonic()
    try:
        async with open_annotator(case.settings) as annotator:
            # The model's own limit may be longer: a slow model is not a broken one.
            async with asyncio.timeout(max(case.seconds, case.settings.llm.timeout_seconds)):
                metadata = await annotator.annotate(_PROBE, max_tags=5, purpose="doctor")
            name = annotator.name
    except AnnotationError as problem:
        return error("model", str(problem), remedy)
    except TimeoutError:
        return error("model", "no answer in time", remedy)
    seconds = time.monotonic() - began
    tags = ", ".join(tag.text for tag in metadata.tags[:3])
    if not metadata.tags:
        return error(
            "model", f"{name} finds no tag in a plain conversation", "choose a better model"
        )
    return well("model", f"{name}: {tags} ({seconds:.1f} s)")


async def check_api(settings: Settings, seconds: float) -> Sequence[Finding]:
    """Look at whether the CGP API answers, where one is named."""
    if settings.cgp_api_url is None:
        return ()
    url = settings.cgp_api_url.rstrip("/") + "/healthz"
    try:
        timeout = aiohttp.ClientTimeout(total=min(5.0, seconds))
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as reply:
            status = reply.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        why = str(problem) or type(problem).__name__
        return (
            error("api", f"{url}: {why}", "check CGP_API_URL, or whether cgp serve runs there"),
        )
    if status != 200:
        return (error("api", f"{url} says {status}", "see the log of cgp serve"),)
    return (well("api", f"{url} answers"),)
